"""The board as this process knows it: folded from what is delivered, and at the start from what was saved.

A snapshot says up to which id it was folded. Whoever starts loads it and folds what was kept since, so the board is
that of all events, also of those that retention has taken meanwhile.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from collections.abc import Sequence

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
        hub.watchers.append(self._fold)

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
        snapshot = {"id": self._hub.broker.cursor, "board": self.board.snapshot()}
        try:
            text = json.dumps(snapshot, ensure_ascii=True)
            await self._hub.broker.save(SAVED, await asyncio.to_thread(zlib.compress, text.encode(), 1))
        except BaseException:
            self._changed = True
            raise

    async def _saved(self) -> tuple[Board, str]:
        data = await self._hub.broker.saved(SAVED)
        if data is not None:
            try:
                snapshot = json.loads(zlib.decompress(data))
                return Board.load(snapshot["board"]), snapshot["id"]
            except (ValueError, zlib.error, LookupError, TypeError, AttributeError):
                logger.warning("the saved board is of another version, and is folded anew")
        return Board(), await self._hub.broker.before(None)

    def _fold(self, events: Sequence[Event]) -> None:
        if self._ready.is_set():
            for event in events:
                if self.board.apply(event):
                    self._changed = True
