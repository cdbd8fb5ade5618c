"""`/rooms`: where something is said, and who listens."""

from __future__ import annotations

from tornchat.brokers import Kept
from tornchat.handlers._base import BaseHandler

NOTHING = Kept(0, "")


class RoomsHandler(BaseHandler):
    """Of each room its listeners, of all processes that share the store, and what is kept."""

    async def get(self) -> None:
        kept = await self.hub.broker.rooms()
        listeners = await self.hub.listeners()
        rooms = {}
        for room in sorted(kept.keys() | listeners.keys()):
            messages, last_id = kept.get(room, NOTHING)
            rooms[room] = {"listeners": listeners.get(room, 0), "messages": messages, "last_id": last_id or None}
        self.finish({"rooms": rooms})

    head = get


routes = [("/rooms", RoomsHandler)]
