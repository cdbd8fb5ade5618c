"""Keeps events in Redis (or Valkey), for all processes and machines that share it.

`redis://host`, `rediss://host` with TLS, `unix:///path`; the rest of the URL is in redis-py's `from_url`.

Every event is an entry of one stream, so Redis gives one order to everybody. Each process has three connections:
one publishes, one follows the stream, one reads the past; no command is ever repeated. The newest events are also
in memory, the **tail**; a listener that is farther behind reads pages from Redis, never past what was delivered,
until it has reached the tail, and from there joins in one step.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import socket
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nlargest
from typing import Any

from tornchat.brokers import MAX_ROOMS, Deliver, Kept, Receipt, Rooms, relayed
from tornchat.brokers._redis import ERRORS, Command, Link, explain, script
from tornchat.brokers._redis_follower import EPOCHS, LIVE, META, Follower, entry, parsed, parsed_epochs
from tornchat.brokers._redis_publisher import Publisher
from tornchat.brokers._redis_scripts import LEASE, PAGE, PREFIX, PRESENCE, ROOMS, TRIM
from tornchat.brokers._run import PAGE_BYTES, PAGE_EVENTS
from tornchat.brokers._trimmed import TRACKED_ROOMS, Trimmed
from tornchat.config import Config
from tornchat.errors import ConfigError, Unavailable
from tornchat.event import Event, timestamp

logger = logging.getLogger(__name__)

READ_SECONDS = 5.0
PRESENCE_SECONDS = 30  # for which what a process announced counts
FAREWELL_SECONDS = 1.0
LIVE_EVENTS = 1000  # relayed and not kept, that a process which was away for a moment may yet read
TRIM_SECONDS = 1.0
TRIM_EVENTS = 500  # removed in one script, which holds Redis up for some milliseconds


class RedisBroker:
    """Puts the connections together."""

    shared = True

    def __init__(self, url: str, *, history_age: float, history_count: int, history_bytes: int) -> None:
        self._url = url
        self._limits = (history_count, history_bytes)
        self._history_age = history_age
        self._link = Link(url, seconds=READ_SECONDS)
        self._reading = asyncio.Lock()
        own = secrets.token_hex(4)
        self._process = f"{socket.gethostname()}:{os.getpid()}:{own}"  # among all that share this Redis
        self._tasks: list[asyncio.Task[Any]] = []

    @property
    def cursor(self) -> str:
        return self._follower.cursor

    @property
    def problem(self) -> str | None:
        problem = self._follower.problem or self._publisher.problem
        return problem and problem[0]

    async def start(self, deliver: Deliver) -> None:
        await self._begin(deliver)
        self._tasks = [
            asyncio.create_task(work) for work in (self._follower.run(), self._publisher.run(), self._trim())
        ]

    async def look(self) -> None:
        await self._begin(lambda events: None)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._read(script(PRESENCE, self._process, "", PRESENCE_SECONDS))
        except (TimeoutError, Unavailable):
            pass  # it fades
        await self._publisher.stop()
        await self._follower.stop()
        await self._link.close()

    async def publish(self, events: Sequence[Event], key: str | None = None) -> Sequence[Receipt]:
        return await self._publisher.publish(events, timestamp(), key)

    async def relay(self, events: Sequence[Event]) -> None:
        if events:
            head: Command = ("XADD", LIVE, "MAXLEN", "~", LIVE_EVENTS, "*")
            await self._read(*([*head, *entry(event, event.at)] for event in relayed(events)))

    async def lease(self, name: str, seconds: float) -> bool:
        [leased] = await self._read(script(LEASE, name, self._process, int(seconds * 1000)))
        return bool(leased)

    async def save(self, name: str, data: bytes) -> None:
        await self._read(("SET", f"{PREFIX}saved:{name}", data))

    async def saved(self, name: str) -> bytes | None:
        [data] = await self._read(("GET", f"{PREFIX}saved:{name}"))
        return data  # type: ignore[no-any-return]

    async def page(self, after: str, rooms: Rooms) -> Sequence[Event]:
        follower = self._follower
        while True:
            epochs, tail = follower.epochs, follower.tail
            sequence = epochs.sequence(after, tail.last)
            if sequence is None:
                if await self._is_ahead(after):
                    continue
                return [Event("", "reset", {}, self.cursor)]
            if sequence >= tail.first - 1:
                return tail.after(sequence, rooms)
            last = tail.last
            command = script(PAGE, sequence, last, PAGE_EVENTS, PAGE_BYTES, *(rooms or ()))
            [(first, elsewhere, removed, entries)] = await self._read(command)
            if follower.epochs is not epochs:  # another history meanwhile
                continue
            scores = {room.decode(): int(score) for room, score in zip(removed[::2], removed[1::2], strict=True)}
            page = Trimmed(scores, first, elsewhere).gap(sequence, rooms, epochs)
            for number, event in map(parsed, entries):
                page.append(event.kept(epochs.event_id(number), event.at))
            if page:
                return page
            after = epochs.place_id(last)

    async def before(self, rooms: Rooms, last: int | None = None) -> str:
        follower = self._follower
        [first] = await self._read(("HGET", META, "first"))
        oldest = int(first or 1) - 1
        if last is None:
            return follower.epochs.place_id(min(oldest, follower.tail.last))
        end = follower.tail.last
        if rooms is None:
            return follower.epochs.place_id(max(end - last, oldest))
        newest = [number for room in rooms for number in await self._newest(room, last + 1, end)]
        chosen = nlargest(last + 1, newest)
        place = chosen[last] if len(chosen) > last else oldest
        return follower.epochs.place_id(max(place, oldest) if last else end)

    async def rooms(self) -> Mapping[str, Kept]:
        epochs = self._follower.epochs
        [rows] = await self._read(script(ROOMS, MAX_ROOMS))
        return {room.decode(): Kept(count, epochs.event_id(int(last))) for room, last, count in rows}

    async def announce(self, listeners: Mapping[str, int]) -> Mapping[str, int]:
        [all] = await self._read(script(PRESENCE, self._process, json.dumps(listeners), PRESENCE_SECONDS))
        return sum(map(Counter, map(json.loads, all)), Counter())

    async def _is_ahead(self, id: str) -> bool:
        """Whether another process has given out an id that this one had not come to yet. It has when this returns.

        Raises:
            Unavailable: Redis does not answer, or nothing comes.
        """
        follower = self._follower
        [names, last] = await self._read(("LRANGE", EPOCHS, 0, -1), ("HGET", META, "last"))
        if not names or parsed_epochs(names).sequence(id, int(last or 0)) is None:
            return False
        try:
            async with asyncio.timeout(READ_SECONDS):
                while follower.epochs.sequence(id, follower.tail.last) is None:
                    await follower.progress()
        except TimeoutError:
            raise Unavailable("this process is behind what was said", "try again") from None
        return True

    async def _newest(self, room: str, count: int, last: int) -> list[int]:
        """The newest sequences of a room, at most `count`, up to `last`."""
        found: list[int] = []
        while len(found) < count:
            some = min(count - len(found), 1000)
            [entries] = await self._read(("XREVRANGE", f"{PREFIX}room:{room}", f"{last}-0", "-", "COUNT", some))
            found += (int(id.split(b"-")[0]) for id, _ in entries)
            if len(entries) < some:
                break
            last = found[-1] - 1
        return found

    async def _begin(self, deliver: Deliver) -> None:
        self._follower = Follower(self._url, deliver)
        self._publisher = Publisher(self._url, self._follower)
        await self._follower.start()

    async def _read(self, *commands: Command) -> list[Any]:
        """One reader at a time; what it asks is not asked again.

        Raises:
            Unavailable: Redis does not answer.
        """
        try:
            async with asyncio.timeout(READ_SECONDS), self._reading:
                return await self._link.call(*commands)
        except ERRORS as error:
            raise Unavailable(*explain(error)) from None

    async def _trim(self) -> None:
        """Retention; every process looks each second, and whoever finds something takes it."""
        while True:
            await asyncio.sleep(TRIM_SECONDS)
            count = TRIM_EVENTS
            try:
                while count == TRIM_EVENTS:
                    oldest = timestamp(-self._history_age) if self._history_age else ""
                    command = script(TRIM, *self._limits, oldest, TRIM_EVENTS, TRACKED_ROOMS)
                    [(first, count)] = await self._read(command)
                    self._follower.trimmed(first)
            except Unavailable:
                pass  # the other connections tell it
            except Exception:
                logger.exception("uncaught in retention")


def open(config: Config) -> RedisBroker:
    """`redis://host:6379/0`, with a password as `redis://:password@host`; the rest is in redis-py's `from_url`.

    Raises:
        ConfigError: the URL is malformed.
    """
    try:
        return RedisBroker(
            config.broker,
            history_age=config.history_age,
            history_count=config.history_count,
            history_bytes=config.history_bytes,
        )
    except (ValueError, TypeError) as error:
        raise ConfigError(f"broker is no URL of Redis ({error})", "write redis://host:6379/0") from None
