"""JSON from outside, read without trust: a field of another type than expected is as one that is absent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

from tornchat.errors import BadRequest
from tornchat.event import clean

MAX_TEXT = 200  # characters
MAX_URL = 2000  # characters; a longer one is dropped, as a link that is cut leads nowhere
MAX_FIELDS = 100  # of a form
_LOOKED_AT = 1000  # characters of a longer text in which its first line is sought
_LARGEST = 2**53 - 1  # the integers that JavaScript knows exactly

_LINK = re.compile(r"(https?://[^\s/?#@\\<>\"]+)(?:[/?#][^\s\\<>\"]*)?", re.IGNORECASE | re.ASCII)
_ADDRESS = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,63}")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d{1,9})?) ?(Z|UTC|[+-]\d\d:?\d\d)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = 365 * 86_400_000  # ms; Go's zero time and Unix' 0, in any time zone, mean that there is none
_LAST = 253_402_300_800_000  # ms; the year 10000


class Json:
    """A value, or what is where none is. Nothing here raises."""

    __slots__ = ("value",)

    def __init__(self, value: object = None) -> None:
        self.value = value

    def __getitem__(self, key: str) -> Json:
        """The member of an object."""
        return Json(self.value.get(key)) if isinstance(self.value, dict) else _NOTHING

    def __iter__(self) -> Iterator[Json]:
        """The items of an array."""
        return map(Json, self.value) if isinstance(self.value, list) else iter(())

    @property
    def line(self) -> str:
        """The first line of a text, cleaned and cut, or an integer as text."""
        if isinstance(self.value, int) and not isinstance(self.value, bool):
            return str(self.value) if abs(self.value) <= _LARGEST else ""
        return _cut(_first_line(self.value)) if isinstance(self.value, str) else ""

    @property
    def prose(self) -> str:
        """As `line`, without e-mail addresses: for what people write, and for people."""
        return _cut(_ADDRESS.sub("[e-mail]", _first_line(self.value))) if isinstance(self.value, str) else ""

    @property
    def link(self) -> str:
        """A URL that may become a link: http or https, without a user and a password."""
        text = self.value.strip() if isinstance(self.value, str) and len(self.value) <= MAX_URL else ""
        return text if text.isprintable() and _LINK.fullmatch(text) else ""

    @property
    def whole(self) -> int:
        """A positive integer; 0 where there is none."""
        number = self._number() or 0
        return int(number) if number == int(number) else 0

    @property
    def seconds(self) -> float | None:
        """A duration, to the millisecond."""
        number = self._number()
        return None if number is None else round(number, 3)

    @property
    def moment(self) -> int | None:
        """A time in ms since 1970. A text is ISO 8601 or as Ruby prints it, UTC where it has no zone; a number
        counts seconds, or ms where it would be past the year 5000.
        """
        number = self._number()
        if number is not None:
            ms = int(number if number >= 1e11 else number * 1000)
        elif isinstance(self.value, str) and (match := _TIME.fullmatch(self.value.strip())):
            day, time, zone = match.groups("Z")
            try:
                parsed = datetime.fromisoformat(f"{day}T{time}{'Z' if zone == 'UTC' else zone}")
            except ValueError:
                return None
            ms = (parsed - _EPOCH) // timedelta(milliseconds=1)
        else:
            return None
        return ms if _FIRST < ms < _LAST else None

    def _number(self) -> float | None:
        """A number that is not negative, also in a text, as forms have it."""
        value = self.value
        if isinstance(value, str) and _NUMBER.fullmatch(value):
            return float(value) if "." in value else int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
            return value
        return None


_NOTHING = Json()


def origin_of(link: str) -> str:
    """Scheme and host of a link."""
    match = _LINK.fullmatch(link)
    return match[1] if match else ""


def document(body: bytes) -> Json:
    """The JSON of a body.

    Raises:
        BadRequest: it is none.
    """
    try:
        return Json(json.loads(body.decode()))
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8", "send UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON", "send application/json") from None


def form(body: bytes) -> dict[str, str]:
    """The fields of a form; of several of a name the last.

    Raises:
        BadRequest: it is no UTF-8, or has too many fields.
    """
    try:
        return {name: values[-1] for name, values in parse_qs(body.decode(), max_num_fields=MAX_FIELDS).items()}
    except ValueError:
        raise BadRequest("the body is no form", f"send UTF-8 and at most {MAX_FIELDS} fields") from None


def is_form(headers: Mapping[str, str]) -> bool:
    """Whether the body is a form, as its headers say."""
    return headers.get("Content-Type", "").lower().startswith("application/x-www-form-urlencoded")


def payload(headers: Mapping[str, str], body: bytes) -> bytes:
    """The JSON text of a webhook that is sent as it is, or as the field `payload` of a form.

    Raises:
        BadRequest: a form that cannot be read.
    """
    return form(body).get("payload", "").encode() if is_form(headers) else body


def _first_line(text: str) -> str:
    line, _, _ = clean(text[:_LOOKED_AT].strip()).strip().partition("\n")
    return " ".join(line.split())


def _cut(line: str) -> str:
    return line if len(line) <= MAX_TEXT else line[: MAX_TEXT - 1] + "…"
