"""The board as this process knows it: folded from what is delivered, and at the start from what was saved.

A snapshot says up to which id it was folded. Whoever starts loads it and folds what was kept since, so the board is
that of all events, also of those that retention has taken meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Mapping
from typing import Any

from tornchat.board import Board
from tornchat.errors import Unavailable
from tornchat.event import Event
from tornchat.hub import Hub

logger = logging.getLogger(__name__)

SAVED = "board"
AGAIN_SECONDS = 1.0


class Dashboard:
    """One for each process; all of them come to the same board."""

    def __init__(self, hub: Hub) -> None:
        self.board = Board()
        self._hub = hub
        self._ready = asyncio.Event()
        self._changed = True
        hub.watch(self._fold, "run", "host", "check")

    async def load(self) -> None:
        """Read what is saved and what was kept since; again, as long as the broker cannot be read."""
        while True:
            try:
                self.board, cursor = await self._saved()
                while events := await self._hub.broker.page(cursor, None):
                    for event in events:
                        self.board.apply(event)
                    cursor = events[-1].id
                break
            except Unavailable as error:
                logger.warning("the board cannot be read yet: %s", error)
                await asyncio.sleep(AGAIN_SECONDS)
        self._ready.set()  # in the same step as the empty page: from here on `_fold` does it

    async def loaded(self) -> None:
        """Wait until the board is complete."""
        await self._ready.wait()

    async def save(self) -> None:
        """Save a snapshot, if there is anything new.

        Raises:
            Unavailable: it cannot be saved now.
        """
        if not (self._ready.is_set() and self._changed):
            return
        self._changed = False
        cursor, snapshot = self._hub.broker.cursor, self.board.snapshot()
        try:
            await self._hub.broker.save(SAVED, await asyncio.to_thread(_packed, cursor, snapshot))
        except BaseException:
            self._changed = True
            raise

    async def _saved(self) -> tuple[Board, str]:
        data = await self._hub.broker.saved(SAVED)
        if data is not None:
            try:
                return _unpacked(data)
            except (ValueError, zlib.error, LookupError, TypeError, AttributeError):
                logger.warning("the saved board is of another version, and is folded anew")
        return Board(), await self._hub.broker.before(None)

    def _fold(self, event: Event) -> None:
        if self._ready.is_set() and self.board.apply(event):
            self._changed = True


def _packed(cursor: str, snapshot: Mapping[str, Any]) -> bytes:
    """The snapshot as lines: the id, then all parts by themselves. One of a thousand projects is 20 MB of JSON, and
    the loop would stand still while `json.dumps` makes it at once, in a thread too.
    """
    lines = [cursor]
    for kind, things in snapshot.items():
        lines += (json.dumps([kind, name, thing]) for name, thing in things.items())
    return zlib.compress("\n".join(lines).encode(), 1)


def _unpacked(data: bytes) -> tuple[Board, str]:
    cursor, *lines = zlib.decompress(data).decode().split("\n")
    snapshot: dict[str, dict[str, Any]] = {"projects": {}, "hosts": {}, "checks": {}}
    for kind, name, thing in map(json.loads, lines):
        snapshot[kind][name] = thing
    return Board.load(snapshot), cursor
