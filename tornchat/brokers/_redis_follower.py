"""Reads what is kept in Redis, by whichever process it was said, and delivers it in Redis's order."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from typing import Any, NoReturn

from redis.exceptions import BusyLoadingError

from tornchat.brokers import Deliver
from tornchat.brokers._epochs import Epochs
from tornchat.brokers._redis import ERRORS, Link, explain, script, unanswered
from tornchat.brokers._redis_scripts import OPEN, PREFIX
from tornchat.brokers._run import Run
from tornchat.errors import ConfigError
from tornchat.event import Event

logger = logging.getLogger(__name__)

READ_EVENTS = 200
BLOCK_SECONDS = 1.0  # that a read waits in Redis for something new
ANSWER_SECONDS = 3.0  # after which a read that should have returned is given up
TAIL_EVENTS = 2000
TAIL_BYTES = 4 * 1024 * 1024
START_SECONDS = 10.0  # that a start waits for a Redis that is not there, or loads its data
AGAIN_SECONDS = (0.05, 1.0)  # until Redis is tried again: at first, and at the most

LOG = PREFIX + "log"
EPOCHS = PREFIX + "epochs"
META = PREFIX + "meta"
LIVE = PREFIX + "live"


class Follower:
    """Knows the history up to what it has delivered: its epochs, and its newest events (the tail)."""

    def __init__(self, url: str, deliver: Deliver) -> None:
        self._link = Link(url, seconds=ANSWER_SECONDS)
        self._deliver = deliver
        self._names: list[bytes] = []  # the epochs, as Redis has them
        self.epochs = Epochs([])
        self.tail = Run()
        self.run_id = ""  # of Redis, to which the epochs belong
        self.problem: tuple[str, str] | None = None
        self.breaks = 0  # how often the connection was lost
        self._live = b""  # the last that was relayed
        self._changed = False
        self._progress = asyncio.Event()

    @property
    def cursor(self) -> str:
        """The id of the newest event that was delivered."""
        return self.epochs.place_id(self.tail.last)

    @property
    def epoch(self) -> bytes:
        """The present one."""
        return self._names[-1]

    async def start(self) -> None:
        """Begin behind the newest event.

        Raises:
            ConfigError: Redis is not there, or will not have us.
        """
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while True:
            try:
                await self._open()
                self.problem = None
                return
            except ERRORS as error:
                problem = explain(error)
                patient = unanswered(error) or isinstance(error, BusyLoadingError)
                if not patient or asyncio.get_running_loop().time() > deadline:
                    raise ConfigError(*problem) from None
                if not self.problem:
                    logger.warning("waiting for Redis: %s", problem[0])
                self.problem = problem
            await asyncio.sleep(0.5)

    async def run(self) -> NoReturn:
        """Follow, for ever. Whatever happens to Redis, listeners stay, and go on when it is back."""
        wait, most = AGAIN_SECONDS
        while True:
            try:
                await self._open()
                if self.problem:
                    logger.warning("Redis works again")
                    self.problem = None
                wait = AGAIN_SECONDS[0]
                while not self._changed:
                    await self._read()
                self._changed = False
            except Exception as error:
                self.breaks += 1
                await self._link.close()
                if not isinstance(error, ERRORS):
                    logger.error("uncaught while following Redis", exc_info=error)
                if not self.problem:
                    logger.error("%s: %s", *explain(error))
                self.problem = explain(error)
                await asyncio.sleep(wait * random.uniform(0.5, 1))
                wait = min(2 * wait, most)

    async def stop(self) -> None:
        """Hang up."""
        await self._link.close()

    async def progress(self) -> None:
        """Wait until more is delivered, or another history begins."""
        await self._progress.wait()

    async def _open(self) -> None:
        """Find out which history Redis has, and whether it is that which we follow."""
        await self._link.open()
        newest = ("XREVRANGE", LIVE, "+", "-", "COUNT", 1)
        (names, last), live = await self._link.call(script(OPEN, Epochs.draw(), self._link.run), newest)
        self._live = self._live or (live[0][0] if live else b"0-0")
        if names != self._names:
            epochs = parsed_epochs(names)
            known = bool(self._names) and epochs.sequence(self.cursor, last) == self.tail.last
            self._names, self.epochs = names, epochs
            if not known:
                first = not self.run_id
                self.tail = Run(last + 1)
                if not first:
                    logger.error(
                        "Redis has lost what listeners had heard, or holds another history: they hear reset"
                    )
                    self._deliver([Event("", "reset", {}, self.cursor)])
        self.run_id = self._link.run
        self._progressed()

    async def _read(self) -> None:
        """Deliver what is new, once there is something, or see after a second that there is nothing.

        That the epoch is still the same is asked after the read: then what was read is of this epoch.
        """
        after = f"{self.tail.last}-0"  # always where we are: `$` would skip what came while we were away
        block = int(BLOCK_SECONDS * 1000)
        read = ("XREAD", "COUNT", READ_EVENTS, "BLOCK", block, "STREAMS", LOG, LIVE, after, self._live)
        streams, epoch = await self._link.call(read, ("LINDEX", EPOCHS, -1))
        if epoch != self.epoch:
            self._changed = True
            return
        for name, entries in streams or ():
            if name == LIVE.encode():
                self._live = entries[-1][0]
                self._deliver([parsed(entry)[1] for entry in entries])
            else:
                self._follow([parsed(entry) for entry in entries])

    def _follow(self, entries: list[tuple[int, Event]]) -> None:
        if entries[0][0] != self.tail.last + 1:  # we were away for longer than history lasts
            self.tail = Run(entries[0][0])
            self._deliver([Event("", "gap", {"missed": None}, self.cursor)])
        events = []
        for sequence, event in entries:
            event = event.kept(self.epochs.event_id(sequence), event.at)
            self.tail.append(event)
            events.append(event)
        self.trimmed(0)
        self._deliver(events)
        self._progressed()

    def _progressed(self) -> None:
        progress, self._progress = self._progress, asyncio.Event()
        progress.set()

    def trimmed(self, first: int) -> None:
        """Retention has removed what is before `first`."""
        tail = self.tail
        while len(tail) and (len(tail) > TAIL_EVENTS or tail.bytes > TAIL_BYTES or tail.first < first):
            tail.pop_first()


def parsed_epochs(names: list[bytes]) -> Epochs:
    """The epochs as Redis has them."""
    pairs = (name.decode().split(":") for name in names)
    return Epochs([(int(began), name) for began, name in pairs])


def entry(event: Event, at: str) -> list[str]:
    """The fields of the event's entry in a stream."""
    data = json.dumps(event.data, ensure_ascii=False)
    return ["room", event.room, "type", event.type, "at", at, "data", data]


def parsed(entry: Any) -> tuple[int, Event]:
    """The sequence, and the event without its id, that an entry of the log holds."""
    id, (_, room, _, type, _, at, _, data) = entry
    return int(id.split(b"-")[0]), Event(room.decode(), type.decode(), json.loads(data), at=at.decode())
