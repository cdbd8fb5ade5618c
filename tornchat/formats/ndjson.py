"""One JSON object a line, for programs (`jq`, a script, another server)."""

from __future__ import annotations

from tornchat.event import Event

MEDIA_TYPE = "application/x-ndjson"
HEARTBEAT = b'{"type":"heartbeat"}\n'


def encode(event: Event) -> bytes:
    """The event's object and a LF."""
    return event.json().encode(errors="replace") + b"\n"  # JSON of another version may spell half a character
