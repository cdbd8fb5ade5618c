"""`/hooks/<source>`: what a CI reports becomes events; `/hooks/deliveries`: what came of the last reports."""

from __future__ import annotations

import asyncio
from time import time

from tornchat import run, sources
from tornchat.config import Config
from tornchat.errors import Forbidden, NotFound, TornchatError
from tornchat.event import check_room, timestamp
from tornchat.handlers._access import check_token, is_trusted
from tornchat.handlers._base import BaseHandler

ROOM = "ci"
IN_THREAD_BYTES = 64 * 1024  # what is longer takes more than a millisecond to parse


class HooksHandler(BaseHandler):
    """Answers 204 to all that is authentic, known or not: a sender whose hook fails a few times switches it off."""

    @classmethod
    def max_body_bytes(cls, config: Config, rest: str) -> int:
        own = sources.named(rest).MAX_BODY_BYTES if rest in sources.names() else 0
        return max(config.max_body_bytes, own)

    async def get(self, name: str) -> None:
        if name != "deliveries":
            raise NotFound("a hook is only posted to", "POST it, or see /hooks/deliveries")
        check_token(self.request, self.config)
        self.finish({"deliveries": self.context.deliveries.newest_first()})

    async def post(self, name: str) -> None:
        if name not in sources.names():
            raise NotFound(f"there is no source {name[:40]!a}", f"use one of {', '.join(sources.names())}")
        note: dict[str, object] = {"source": name, "at": timestamp(), "bytes": len(self.request.body)}
        try:
            note |= await self._take(name)
        except TornchatError as error:
            note |= {"verdict": "refused", "status": error.status, "reason": str(error)}
            raise
        finally:
            await self.context.deliveries.note(note)
        self.set_status(204)

    async def _take(self, name: str) -> dict[str, object]:
        """Keep what it reports. Returns what to note of it."""
        headers, body, now = self.request.headers, self.request.body, time()
        room = check_room(self.get_query_argument("room", ROOM))
        source = sources.named(name)
        self._verify(name, source, now)
        # Gitea sends GitHub's headers too, and may be pointed here by one who thinks that it is one.
        parser = sources.named(sources.sender(headers) or name) if name == "github" else source
        in_thread = len(body) > IN_THREAD_BYTES
        parse = parser.parse
        delivery = await asyncio.to_thread(parse, headers, body, now) if in_thread else parse(headers, body, now)
        id = parser.delivery_id(headers)
        note: dict[str, object] = {"kind": delivery.kind, "id": id, "status": 204}
        if not delivery.runs:
            return note | {"verdict": "ignored", "reason": "this kind of event changes nothing here"}
        await self.context.dashboard.loaded()
        would_change = self.context.dashboard.board.would_change
        events = [event for each in delivery.runs if would_change(event := run.event(each, room))]
        if not events:
            return note | {"verdict": "repeated", "reason": "it says nothing new"}
        await self.hub.publish(events, f"hooks/{name}/{id}" if id else None)
        said = [f"{event.data['project']} {event.data['kind']} {event.data['status']}" for event in events]
        return note | {"verdict": "kept", "reason": ", ".join(said[:3])}

    def _verify(self, name: str, source: sources.Source, now: float) -> None:
        secrets = self.context.secrets[name]
        if secrets:
            source.verify(self.request.headers, self.request.body, secrets, now)
        elif not is_trusted(self.request, self.config):
            raise Forbidden(f"no secret of {name} is set here", f"set the option hook_secrets, such as {name}=…")


routes = [("/hooks/", HooksHandler)]
