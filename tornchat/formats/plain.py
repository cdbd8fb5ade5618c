"""Text for a terminal: `name message`, one line each, to the byte what the Go tutorial's server sent.

A line that is not a message begins with `* `, which no name does. There are no ids: a plain listener can
begin in the past, but cannot resume exactly.
"""

from __future__ import annotations

from tornchat.event import Event, clean
from tornchat.formats import _lines

MEDIA_TYPE = "text/plain"
HEARTBEAT = b"\r\n"

_LINES = {"run": _lines.run, "host": _lines.host, "check": _lines.check}


def encode(event: Event) -> bytes:
    """One line; nothing for `ready`, for samples and for what has no line."""
    data = event.data
    match event.type:
        case "message":
            line = f"{data['name']} {data['message']}"
        case "gap":
            missed = "some" if data["missed"] is None else data["missed"]
            line = f"* gap: {missed} messages are no longer kept"
        case "reset":
            line = "* reset: the history that you ask for is not here; this is live from now on"
        case "bye":
            line = f"* bye: {data['reason']}"
        case "run" | "host" | "check":
            line = clean(_LINES[event.type](event))
            if not line:
                return b""
            line = f"* {line}"
        case _:
            return b""
    return line.replace("\n", " ⏎ ").replace("\t", " ").encode() + b"\r\n"
