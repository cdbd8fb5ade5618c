"""Keeps the newest events in this process, bounded by age, count and bytes; all is gone at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import monotonic

from tornchat.brokers import KEY_SECONDS, MAX_ROOMS, Deliver, Kept, Receipt, Rooms, relayed
from tornchat.brokers._epochs import Epochs
from tornchat.brokers._run import Run
from tornchat.brokers._trimmed import Trimmed
from tornchat.config import Config
from tornchat.errors import ConfigError
from tornchat.event import Event, timestamp

MAX_KEYS = 100_000  # of a day; the oldest go first


class MemoryBroker:
    """Delivers inside `publish`, so what it says is heard in one order and without a task."""

    shared = False

    def __init__(self, *, history_age: float, history_count: int, history_bytes: int) -> None:
        self._history_age = history_age
        self._history_count = history_count
        self._history_bytes = history_bytes
        self._epochs = Epochs([(0, Epochs.draw())])
        self._run = Run()
        self._trimmed = Trimmed()
        self._saved: dict[str, bytes] = {}
        self._rooms: dict[str, tuple[int, int]] = {}  # how many events, the last sequence; last spoken in last
        self._keys: dict[str, tuple[float, list[Receipt]]] = {}  # in the order of their first use

    @property
    def cursor(self) -> str:
        return self._epochs.place_id(self._run.last)

    @property
    def problem(self) -> None:
        return None

    async def start(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def look(self) -> None:
        raise ConfigError(
            "memory:// keeps nothing outside of the running server",
            "ask that: curl 'localhost:4000/listen?since=all&format=ndjson&room=*'",
        )

    async def stop(self) -> None:
        pass

    async def publish(self, events: Sequence[Event], key: str | None = None) -> Sequence[Receipt]:
        if key is not None:
            self._forget_keys()
            if key in self._keys:
                return self._keys[key][1]
        now = timestamp()
        kept = []
        for event in events:
            event = event.kept(self._epochs.event_id(self._run.last + 1), event.at or now)
            self._run.append(event)
            count, _ = self._rooms.pop(event.room, (0, 0))
            self._rooms[event.room] = (count + 1, self._run.last)
            kept.append(event)
        self._trim()
        self._deliver(kept)
        receipts = [Receipt(event.id, event.room, event.at) for event in kept]
        if key is not None:
            self._keys[key] = (monotonic(), receipts)
        return receipts

    async def relay(self, events: Sequence[Event]) -> None:
        self._deliver(relayed(events))

    async def lease(self, name: str, seconds: float) -> bool:
        return True

    async def save(self, name: str, data: bytes) -> None:
        self._saved[name] = data

    async def saved(self, name: str) -> bytes | None:
        return self._saved.get(name)

    async def page(self, after: str, rooms: Rooms) -> Sequence[Event]:
        self._trim()
        sequence = self._epochs.sequence(after, self._run.last)
        if sequence is None:
            return [Event("", "reset", {}, self.cursor)]
        return [*self._trimmed.gap(sequence, rooms, self._epochs), *self._run.after(sequence, rooms)]

    async def rooms(self) -> Mapping[str, Kept]:
        newest = list(self._rooms.items())[-MAX_ROOMS:]
        return {room: Kept(count, self._epochs.event_id(last)) for room, (count, last) in newest}

    async def announce(self, listeners: Mapping[str, int]) -> Mapping[str, int]:
        return listeners

    async def before(self, rooms: Rooms, last: int | None = None) -> str:
        if last is None:
            return self._epochs.place_id(self._run.first - 1)
        number = self._run.last
        while last > 0 and number >= self._run.first:
            last -= rooms is None or self._run[number].room in rooms
            number -= 1
        return self._epochs.place_id(number)

    def _trim(self) -> None:
        run = self._run
        oldest = timestamp(-self._history_age) if self._history_age else ""
        while len(run) and (
            len(run) > self._history_count or run.bytes > self._history_bytes or run[run.first].at < oldest
        ):
            room = run.pop_first().room
            self._trimmed.remove(room, run.first - 1)
            count, last = self._rooms[room]
            if count > 1:
                self._rooms[room] = (count - 1, last)
            else:
                del self._rooms[room]

    def _forget_keys(self) -> None:
        while self._keys:
            key, (used, _) = next(iter(self._keys.items()))
            if monotonic() - used < KEY_SECONDS and len(self._keys) < MAX_KEYS:
                break
            del self._keys[key]


def open(config: Config) -> MemoryBroker:
    """`memory://`: nothing to say about the place."""
    return MemoryBroker(
        history_age=config.history_age,
        history_count=config.history_count,
        history_bytes=config.history_bytes,
    )
