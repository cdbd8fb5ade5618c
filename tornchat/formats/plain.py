"""Text for a terminal: `name message`, one line each, to the byte what the Go tutorial's server sent.

A line that is not a message begins with `* `, which no name does. There are no ids: a plain listener can
begin in the past, but cannot resume exactly.
"""

from __future__ import annotations

from tornchat.event import Event

MEDIA_TYPE = "text/plain"
HEARTBEAT = b"\r\n"


def encode(event: Event) -> bytes:
    """One line, or nothing for `ready`."""
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
        case _:
            return b""
    return line.replace("\n", " ⏎ ").replace("\t", " ").encode() + b"\r\n"
