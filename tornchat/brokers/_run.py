"""A run of consecutive events in memory: the memory broker's history, and the tail of the others'."""

from __future__ import annotations

from collections import deque

from tornchat.brokers import Rooms
from tornchat.event import Event

PAGE_EVENTS = 500
PAGE_BYTES = 256 * 1024
OVERHEAD_BYTES = 500  # of Python objects, for each event


class Run:
    """Events by sequence, without holes: `first` to `last`, empty where last is first - 1."""

    def __init__(self, first: int = 1) -> None:
        self.first = first
        self.last = first - 1
        self.bytes = 0
        self._events: dict[int, Event] = {}
        self._sizes: deque[int] = deque()

    def __len__(self) -> int:
        return len(self._events)

    def __getitem__(self, sequence: int) -> Event:
        return self._events[sequence]

    def append(self, event: Event) -> None:
        """The next event."""
        self.last += 1
        self._events[self.last] = event
        self._sizes.append(size(event))
        self.bytes += self._sizes[-1]

    def pop_first(self) -> Event:
        """Forget the oldest event."""
        event = self._events.pop(self.first)
        self.first += 1
        self.bytes -= self._sizes.popleft()
        return event

    def after(self, sequence: int, rooms: Rooms) -> list[Event]:
        """A page of what comes after `sequence`, oldest first; empty at the end of the run only."""
        page: list[Event] = []
        page_bytes = 0
        for number in range(max(sequence + 1, self.first), self.last + 1):
            event = self._events[number]
            if rooms is None or event.room in rooms:
                page.append(event)
                page_bytes += size(event)
                if len(page) >= PAGE_EVENTS or page_bytes >= PAGE_BYTES:
                    break
        return page


def size(event: Event) -> int:
    """About how many bytes the event takes in memory."""
    texts = (value for value in event.data.values() if isinstance(value, str))
    return OVERHEAD_BYTES + sum(len(text.encode()) for text in texts)
