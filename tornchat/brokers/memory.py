"""Keeps the newest events in this process, bounded by count and by bytes; all is gone at its end.

Sequence numbers are consecutive, and an id is `<epoch>-<sequence>`. The epoch is drawn at random at
each start, so that an id of another life is recognised.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from tornchat.brokers import Deliver, Rooms
from tornchat.config import Config
from tornchat.event import Event

PAGE_EVENTS = 500
PAGE_BYTES = 256 * 1024
TRACKED_ROOMS = 10_000
OVERHEAD_BYTES = 500  # of Python objects, for each event


class MemoryBroker:
    """Delivers inside `publish`, so what it says is heard in one order and without a task."""

    def __init__(self, *, history_count: int, history_bytes: int) -> None:
        self._history_count = history_count
        self._history_bytes = history_bytes
        self._epoch = secrets.token_hex(6)
        self._events: dict[int, Event] = {}  # by sequence, without holes
        self._first = 1  # the oldest that is kept, or would be
        self._last = 0
        self._bytes = 0
        # Where something was removed: room → the last sequence removed, in the order of removal. When
        # it grows too long the oldest entry goes, and rooms that are not in it count as trimmed up to
        # there.
        self._removed: dict[str, int] = {}
        self._removed_elsewhere = 0

    @property
    def cursor(self) -> str:
        return self._id(self._last)

    async def start(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def stop(self) -> None:
        pass

    async def publish(self, events: Sequence[Event]) -> Sequence[Event]:
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        kept = [event.kept(self._id(self._last + n), at) for n, event in enumerate(events, start=1)]
        for event in kept:
            self._last += 1
            self._events[self._last] = event
            self._bytes += _size(event)
        while len(self._events) > self._history_count or self._bytes > self._history_bytes:
            self._remove_oldest()
        self._deliver(kept)
        return kept

    async def page(self, after: str, rooms: Rooms) -> Sequence[Event]:
        sequence = self._sequence(after)
        if sequence is None:
            return [Event("", "reset", {}, self.cursor)]
        page = []
        if sequence < self._first - 1 and self._may_have_lost(sequence, rooms):
            # With all rooms the holes can be counted; which of them were of some rooms is not known.
            missed = self._first - 1 - sequence if rooms is None else None
            page.append(Event("", "gap", {"missed": missed}, self._id(self._first - 1)))
        size = 0
        for number in range(max(sequence + 1, self._first), self._last + 1):
            event = self._events[number]
            if rooms is None or event.room in rooms:
                page.append(event)
                size += _size(event)
                if len(page) >= PAGE_EVENTS or size >= PAGE_BYTES:
                    break
        return page

    async def before(self, rooms: Rooms, last: int | None = None) -> str:
        if last is None:
            return self._id(self._first - 1)
        number = self._last
        while last > 0 and number >= self._first:
            last -= rooms is None or self._events[number].room in rooms
            number -= 1
        return self._id(number)

    def _id(self, sequence: int) -> str:
        return f"{self._epoch}-{sequence}"

    def _sequence(self, id: str) -> int | None:
        """The sequence in an id of this life that was given out; None for any other text."""
        epoch, _, digits = id.rpartition("-")
        if epoch != self._epoch or not digits.isdecimal():
            return None
        sequence = int(digits)
        return sequence if sequence <= self._last else None

    def _remove_oldest(self) -> None:
        event = self._events.pop(self._first)
        self._bytes -= _size(event)
        self._removed.pop(event.room, None)
        self._removed[event.room] = self._first
        self._first += 1
        if len(self._removed) > TRACKED_ROOMS:
            self._removed_elsewhere = self._removed.pop(next(iter(self._removed)))

    def _may_have_lost(self, sequence: int, rooms: Rooms) -> bool:
        if rooms is None:
            return True
        return any(self._removed.get(r, self._removed_elsewhere) > sequence for r in rooms)


def open(config: Config) -> MemoryBroker:
    """`memory://`: nothing to say about the place."""
    return MemoryBroker(history_count=config.history_count, history_bytes=config.history_bytes)


def _size(event: Event) -> int:
    texts = (value for value in event.data.values() if isinstance(value, str))
    return OVERHEAD_BYTES + sum(len(text.encode()) for text in texts)
