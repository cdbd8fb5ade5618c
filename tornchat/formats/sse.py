"""Server-Sent Events, for a browser's EventSource (WHATWG HTML, 9.2).

A message carries no `event:`, so that `onmessage` hears it. JSON holds the data, so one `data:` line
always suffices; `clean()` keeps what could end a line out of it.
"""

from __future__ import annotations

from tornchat.event import Event

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = b":\n"  # a comment; without a blank line after it no event is dispatched


def encode(event: Event) -> bytes:
    """One block: `id`, `event` and `retry` where there are any, and the JSON object as `data`."""
    block = f"id: {event.id}\n" if event.id else ""
    if event.type != "message":
        block += f"event: {event.type}\n"
    if "retry" in event.data:
        block += f"retry: {event.data['retry']}\n"
    return f"{block}data: {event.json()}\n\n".encode(errors="replace")  # as in ndjson.py
