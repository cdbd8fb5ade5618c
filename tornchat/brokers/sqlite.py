"""Keeps events in a SQLite file: `sqlite:///name.db`, or `sqlite:////folder/name.db` with an absolute path.

One thread writes. What is published while it commits goes into the next commit (group commit), so throughput grows
with load. Delivery follows the commit, on the loop, in the order of the commits: nothing is heard that is not kept.
The newest events are also in memory, the **tail**; a listener that is farther behind reads pages of the file in
another thread until it has reached the tail, and from there joins in one step.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tornchat.brokers import MAX_ROOMS, Deliver, Kept, Receipt, Rooms, relayed
from tornchat.brokers._epochs import Epochs
from tornchat.brokers._lock import Lock
from tornchat.brokers._run import Run
from tornchat.brokers._schema import connect_to_read, explain
from tornchat.brokers._store import Limits, Said, Store
from tornchat.brokers._writer import Request, Writer
from tornchat.config import Config
from tornchat.errors import ConfigError, Unavailable
from tornchat.event import Event

TAIL_EVENTS = 2000
TAIL_BYTES = 4 * 1024 * 1024

Result = TypeVar("Result")


class SqliteBroker:
    """The loop's side; `Writer` is the thread's."""

    shared = False

    def __init__(self, path: Path, *, durability: str, limits: Limits, patience: float) -> None:
        self._path = path
        self._patience = patience
        self._lock = Lock(path)
        self._writer = Writer(self, path, durability, limits)
        self._reader = ThreadPoolExecutor(1, "sqlite-reader")
        self._reading: Store | None = None
        self._epochs = Epochs([])
        self._tail = Run()
        self._stopped = False
        self._problem: tuple[str, str] | None = None

    @property
    def cursor(self) -> str:
        return self._epochs.place_id(self._tail.last)

    @property
    def problem(self) -> str | None:
        return self._problem and self._problem[0]

    async def start(self, deliver: Deliver) -> None:
        self._deliver = deliver
        await self._lock.take(self._patience)
        try:
            await self._writer.start()
        except BaseException:
            self._lock.release()
            raise

    async def stop(self) -> None:
        if self._stopped:
            return
        self._stopped = True
        await self._in_reader(self._close_reading)  # first: only who may write folds the WAL into the file
        self._reader.shutdown()
        await self._writer.stop()
        self._lock.release()

    async def look(self) -> None:
        """See `Broker.look`."""
        self._epochs = Epochs(await self._read(Store.epochs))
        self._tail = Run(await self._read(Store.last) + 1)

    async def copy_to(self, path: Path) -> None:
        """A consistent copy, also beside a running server."""
        await self._read(Store.copy_to, path)

    async def publish(self, events: Sequence[Event], key: str | None = None) -> Sequence[Receipt]:
        return await self._keep(Said(events, key))

    async def _keep(self, said: Said) -> Sequence[Receipt]:
        answer: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        self._writer.put(Request(said, answer))
        try:
            return await answer
        finally:
            del answer  # it would hold its error, whose traceback holds this frame and the text, until the next gc

    async def relay(self, events: Sequence[Event]) -> None:
        self._deliver(relayed(events))

    async def lease(self, name: str, seconds: float) -> bool:
        return True

    async def save(self, name: str, data: bytes) -> None:
        await self._keep(Said([], None, (name, data)))

    async def saved(self, name: str) -> bytes | None:
        return await self._read(Store.saved, name)

    async def page(self, after: str, rooms: Rooms) -> Sequence[Event]:
        epochs = self._epochs
        sequence = epochs.sequence(after, self._tail.last)
        if sequence is None:
            return [Event("", "reset", {}, self.cursor)]
        while sequence < self._tail.first - 1:
            last = self._tail.last
            page = await self._read(Store.page, sequence, last, rooms, epochs)
            if self._epochs is not epochs:  # another file meanwhile
                return await self.page(after, rooms)
            if page:
                return page
            sequence = last
        return self._tail.after(sequence, rooms)

    async def before(self, rooms: Rooms, last: int | None = None) -> str:
        if last is None:
            # What retention has just taken from the file may still be in the tail, and `page` would give it.
            sequence = min(await self._read(Store.first), self._tail.first) - 1
        else:
            sequence = await self._read(Store.before, last, self._tail.last, rooms)
        return self._epochs.place_id(sequence)

    async def rooms(self) -> Mapping[str, Kept]:
        rows = await self._read(Store.rooms, MAX_ROOMS)
        return {room: Kept(count, self._epochs.event_id(last)) for room, count, last in rows}

    async def announce(self, listeners: Mapping[str, int]) -> Mapping[str, int]:
        return listeners

    # Called by the writer, on the loop.

    def opened(self, epochs: Epochs, last: int) -> None:
        """The file is open for writing; from here on its history is that of `epochs`."""
        self._problem = None
        if epochs is not self._epochs:
            self._epochs = epochs
            self._tail = Run(last + 1)
            self._reader.submit(self._close_reading)

    def committed(self, kept: list[Event], batch: list[Request], answers: list[list[Receipt]]) -> None:
        """A batch is kept: deliver it, and answer."""
        for event in kept:
            self._tail.append(event)
        while len(self._tail) > TAIL_EVENTS or self._tail.bytes > TAIL_BYTES:
            self._tail.pop_first()
        self._deliver(kept)
        for request, receipts in zip(batch, answers, strict=True):
            if not request.answer.done():
                request.answer.set_result(receipts)

    def trimmed(self, first: int) -> None:
        """Retention has removed what is before `first`."""
        while self._tail.first < first and len(self._tail):
            self._tail.pop_first()

    def failed(self, batch: list[Request], problem: tuple[str, str]) -> None:
        """A batch could not be kept; live listeners stay, and the writer goes on trying."""
        self._problem = problem
        self._reader.submit(self._close_reading)  # else SQLite keeps the writer's file open too, for its locks
        for request in batch:
            if not request.answer.done():
                request.answer.set_exception(Unavailable(*problem))

    async def _read(self, method: Callable[..., Result], *arguments: Any) -> Result:
        try:
            return await self._in_reader(self._read_now, method, *arguments)
        except (sqlite3.Error, OSError, ConfigError) as error:
            raise Unavailable(*explain(self._path, error)) from None

    async def _in_reader(self, function: Callable[..., Result], *arguments: Any) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._reader, function, *arguments)

    def _read_now(self, method: Callable[..., Result], *arguments: Any) -> Result:
        if self._reading is None:
            self._reading = Store(connect_to_read(self._path))
        try:
            return method(self._reading, *arguments)
        except sqlite3.Error:
            self._close_reading()
            raise

    def _close_reading(self) -> None:
        if self._reading is not None:
            self._reading.close()
            self._reading = None


def open(config: Config) -> SqliteBroker:
    """`sqlite:///name.db`.

    Raises:
        ConfigError: the URL names no file.
    """
    name = config.broker.removeprefix("sqlite://").removeprefix("/")
    if not name:
        raise ConfigError(f"broker = {config.broker!r} names no file", 'write "sqlite:///tornchat.db"')
    return SqliteBroker(
        Path(name),
        durability=config.durability,
        limits=Limits(config.history_age, config.history_count, config.history_bytes),
        patience=config.drain_seconds,
    )
