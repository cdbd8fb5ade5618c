"""`/say`: a form, a URL, a JSON object or many lines of NDJSON become messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from tornchat.errors import BadRequest, InvalidEvent, TooLarge, TornchatError, UnsupportedType
from tornchat.event import Event, message
from tornchat.handlers._base import BaseHandler

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FIELDS = ("message", "name", "room")
MAX_KEY_CHARACTERS = 255


class SayHandler(BaseHandler):
    """Answers `ok.` once the message is kept."""

    def prepare(self) -> None:
        super().prepare()
        # POST is checked by Tornado's cross_origin_protection. GET says something too, so that a
        # browser's address bar can; a page of another site could make a browser do it.
        if self.request.headers.get("Sec-Fetch-Site", "none") in ("cross-site", "same-site"):
            self.send_error(403)

    async def get(self) -> None:
        await self._publish([self._message(self._arguments())])

    async def post(self) -> None:
        content_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip()
        match content_type:
            case "application/x-ndjson":
                await self._publish(list(self._lines()), many=True)
            case "application/json":
                fields = _object(self.request.body)
                await self._publish([self._message(self._arguments() | fields)])
            case _:
                if self.request.body and content_type not in FORMS:
                    raise UnsupportedType(
                        f"the body is {ascii(content_type) if content_type else 'of no type'}",
                        "send a form, application/json or application/x-ndjson",
                    )
                await self._publish([self._message(self._arguments())])

    async def _publish(self, events: list[Event], *, many: bool = False) -> None:
        receipts = await self.hub.publish(events, self._idempotency_key())
        if "json" not in self.request.headers.get("Accept", "").lower():
            self.write("ok.")
            return
        answers = [receipt._asdict() for receipt in receipts]
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.write(json.dumps(answers if many else answers[0]))

    def _idempotency_key(self) -> str | None:
        """What the sender calls this request, so that it can send it again without saying it twice.

        draft-ietf-httpapi-idempotency-key-header has it in quotes, and everybody without.
        """
        key = self.request.headers.get("Idempotency-Key")
        if key is not None and not (0 < len(key) <= MAX_KEY_CHARACTERS and key.isprintable()):
            raise BadRequest(
                f"the Idempotency-Key is not 1 to {MAX_KEY_CHARACTERS} printable characters",
                "draw a UUID for each message",
            )
        return key

    def _arguments(self) -> dict[str, object]:
        """The fields that the query and the form give; of several the last counts."""
        return {field: self.get_argument(field, None, strip=False) for field in FIELDS}

    def _message(self, fields: Mapping[str, object]) -> Event:
        return message(fields, max_bytes=self.config.max_message_bytes)

    def _lines(self) -> Iterator[Event]:
        """The messages of an NDJSON body; the query's fields are defaults for each."""
        defaults = self._arguments()
        found = False
        for number, line in enumerate(self.request.body.split(b"\n"), start=1):
            if not line.strip():
                continue
            found = True
            try:
                yield self._message(defaults | _object(line))
            except (InvalidEvent, TooLarge, BadRequest) as error:
                raise _at_line(number, error) from None
        if not found:
            raise BadRequest("there is no line", "send one JSON object a line")


def _object(text: bytes) -> dict[str, object]:
    try:
        fields = json.loads(text.decode())
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8", "send UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON", 'send {"message": "…"}') from None
    if not isinstance(fields, dict):
        raise BadRequest("the JSON is no object", 'send {"message": "…"}')
    return fields


def _at_line(number: int, error: TornchatError) -> TornchatError:
    """The same error, saying in which line; nothing of the body has been kept."""
    return type(error)(f"line {number}: {error.error}", f"{error.remedy}; no line was kept")


routes = [("/say", SayHandler)]
