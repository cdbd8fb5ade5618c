"""The one thing that travels, and the rules for what it may hold.

Pure: no Tornado, no sockets. Every input (query, form, JSON, NDJSON) becomes an `Event` through
`message()`, so that a rule stands here once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from time import gmtime, strftime, time
from typing import Any

from tornchat.errors import InvalidEvent, TooLarge

DEFAULT_NAME = "anonymous"
DEFAULT_ROOM = "lobby"
ALL_ROOMS = "*"
MAX_NAME_CHARACTERS = 64

# C0 but TAB and LF, DEL and C1 (U+009B starts a terminal command as ESC [ does), the line and
# paragraph separators, the bidi embeddings, overrides and isolates, and lone surrogates, which JSON
# can spell and UTF-8 cannot.
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_ROOM = re.compile(r"[A-Za-z0-9._/-]{1,64}")
_ID = re.compile(r"[0-9a-z]{1,32}(-[0-9]{1,20}){1,2}")


@dataclass(frozen=True, slots=True)
class Event:
    """What is said in a room, or what the stream says of itself (`room` is then empty).

    The broker gives `id` and `at` (RFC 3339, UTC) when it keeps the event; both are empty before.
    """

    room: str
    type: str
    data: Mapping[str, Any]
    id: str = ""
    at: str = ""

    def kept(self, id: str, at: str) -> Event:
        """The same event as the broker has kept it."""
        return Event(self.room, self.type, self.data, id, at)

    def json(self) -> str:
        """One JSON object in one line: `id`, `room`, `type`, `at` where known, then the data."""
        head = {"id": self.id, "room": self.room, "type": self.type, "at": self.at}
        known = {key: value for key, value in head.items() if value}
        return json.dumps(known | dict(self.data), ensure_ascii=False, separators=(",", ":"))


def timestamp(seconds: float = 0) -> str:
    """The time `seconds` from now, as RFC 3339 in UTC with milliseconds; such texts sort by time."""
    return rfc3339(time() + seconds)


def rfc3339(seconds: float) -> str:
    """The moment `seconds` after the beginning of 1970, as `timestamp` says it."""
    whole, ms = divmod(round(seconds * 1000), 1000)
    return f"{_second(whole)}.{ms:03d}Z"


@lru_cache(maxsize=8)
def _second(seconds: int) -> str:
    return strftime("%Y-%m-%dT%H:%M:%S", gmtime(seconds))


def clean(text: str) -> str:
    """The text rule: LF and TAB stay, CRLF and CR become LF, what could forge a line, a field or a
    terminal command becomes U+FFFD. Everything else comes through unharmed.
    """
    if text.isprintable():  # nothing unsafe is; a look is a tenth of the work, and most text needs no more
        return text
    return _UNSAFE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def is_id(text: str) -> bool:
    """Whether `text` has the form of an event's id, so that it may be looked up and repeated."""
    return _ID.fullmatch(text) is not None


def check_room(room: str) -> str:
    """`room` itself.

    Raises:
        InvalidEvent: it is not 1 to 64 of letters, digits, `.`, `_`, `-`, `/`.
    """
    if _ROOM.fullmatch(room) is None:
        raise InvalidEvent(f"{_quote(room)} is not a room", "use 1 to 64 of A-Z, a-z, 0-9, '.', '_', '-' and '/'")
    return room


def message(fields: Mapping[str, object], *, max_bytes: int) -> Event:
    """The message that `fields` (`message`, `name`, `room`) ask for, not kept yet.

    A name or room that is missing, null or empty has its default; other fields are ignored.

    Args:
        max_bytes: the longest text that is let through, in bytes of UTF-8.

    Raises:
        InvalidEvent: a field is no text, the message is empty, the name or the room breaks its rule.
        TooLarge: the message is longer than `max_bytes`.
    """
    text = clean(_text(fields, "message"))
    if not text or text.isspace():
        raise InvalidEvent("message is missing or empty", "send some text as message=…")
    if len(text.encode()) > max_bytes:
        raise TooLarge(f"message is longer than {max_bytes} bytes", "send it in parts")
    name = clean(_text(fields, "name"))
    if not name or name.isspace():
        name = DEFAULT_NAME
    return Event(
        check_room(_text(fields, "room") or DEFAULT_ROOM),
        "message",
        {"name": _check_name(name), "message": text},
    )


def _check_name(name: str) -> str:
    if len(name) > MAX_NAME_CHARACTERS:
        raise InvalidEvent(f"name is longer than {MAX_NAME_CHARACTERS} characters", "send a shorter one")
    # In plain text a line that is not a message begins with "* ": a name may not look like it.
    if name[0] == "*" and (len(name) == 1 or name[1].isspace()):
        raise InvalidEvent("name begins with '* '", "lines of the server begin so; send another")
    return name


def _text(fields: Mapping[str, object], key: str) -> str:
    value = fields.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidEvent(f"{key} is not text", f'send it as a string: {{"{key}": "…"}}')
    return value


def _quote(text: str) -> str:
    """`text` short and safe enough to stand in an error."""
    return ascii(clean(text[:40]))
