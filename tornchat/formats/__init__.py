"""Event → bytes. A file here is its own registration.

Pure: no Tornado, no sockets. What each module must have is `Format`; what it must promise stands in
tests/formats/test_contract.py.
"""

from __future__ import annotations

from typing import Protocol, cast

from tornchat import plugins
from tornchat.event import Event

DEFAULT = "plain"


class Format(Protocol):
    """A module that turns events into what one kind of listener reads."""

    MEDIA_TYPE: str  # what a listener asks for by `Accept`, sent with a charset as Content-Type
    HEARTBEAT: bytes  # says that the stream is alive, and nothing else

    def encode(self, event: Event) -> bytes:
        """The event's bytes; empty where this format does not show such an event."""


def named(name: str) -> Format:
    """The format called `name`.

    Raises:
        BadRequest: there is none; the remedy lists those that there are.
    """
    return cast(Format, plugins.load(__name__, name))


def accepted(accept: str) -> Format:
    """The format that an `Accept` header likes best (RFC 9110, 12.5.1); plain where it names none."""
    known = {format.MEDIA_TYPE: format for format in map(named, plugins.names(__name__))}
    liked = sorted(map(_range, accept.split(",")), key=lambda pair: -pair[1])
    for media_type, quality in liked:
        if quality > 0 and media_type in known:
            return known[media_type]
    return named(DEFAULT)


def _range(text: str) -> tuple[str, float]:
    """One media range and its quality: 1 where it says none, 0 where it is no number."""
    media_type, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return media_type, float(quality)
    except ValueError:
        return media_type, 0.0
