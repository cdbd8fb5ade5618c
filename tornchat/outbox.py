"""What those on duty have found out, on its way to everybody: a change is kept, a sample is relayed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from tornchat.errors import Unavailable
from tornchat.event import Event
from tornchat.hub import Hub

MOST = 1000  # that wait for a broker which cannot keep them; the oldest go first
AGAIN_SECONDS = 1.0


class Found(NamedTuple):
    """One event, and whether it is a change."""

    event: Event
    kept: bool


class Outbox:
    """Sends in the order in which it was given. A change waits for the broker; a sample does not."""

    def __init__(self, hub: Hub, room: str) -> None:
        self._hub = hub
        self._room = room
        self._waiting: deque[Found] = deque(maxlen=MOST)
        self._wake = asyncio.Event()

    def put(self, type: str, data: Mapping[str, Any], kept: bool) -> None:
        """Never blocks."""
        self._waiting.append(Found(Event(self._room, type, data), kept))
        self._wake.set()

    def clear(self) -> None:
        """Forget what waits: another process finds it out anew."""
        self._waiting.clear()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                found = self._waiting.popleft()
                while not await self._is_sent(found):  # noqa: ASYNC110 the broker tells nobody that it is back
                    await asyncio.sleep(AGAIN_SECONDS)

    async def _is_sent(self, found: Found) -> bool:
        """Whether there is no more to be done about it."""
        try:
            if found.kept:
                await self._hub.publish([found.event])
            else:
                await self._hub.relay([found.event])
        except Unavailable:
            return not found.kept
        return True
