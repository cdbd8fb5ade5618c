"""Sends what is said to Redis: all that has gathered while the last answer was awaited goes at once."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from tornchat.brokers import KEY_SECONDS, Receipt
from tornchat.brokers._redis import ERRORS, Link, explain, script, unanswered
from tornchat.brokers._redis_follower import Follower
from tornchat.brokers._redis_scripts import PUBLISH
from tornchat.errors import Unavailable
from tornchat.event import Event

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 0.9  # with the second for connecting, a speaker knows within two
PROBE_SECONDS = 1.0
BATCH_REQUESTS = 500  # in one script, which holds Redis up for some milliseconds
BATCH_BYTES = 1024 * 1024
MAX_WAITING_BYTES = 16 * 1024 * 1024

AGAIN = "the messages may have been kept; send them again with the same Idempotency-Key"
STOPPED = ("the server has stopped", AGAIN)


class Request(NamedTuple):
    """What one speaker waits for."""

    arguments: list[str]  # of PUBLISH
    size: int
    answer: asyncio.Future[list[Receipt]]


class Publisher:
    """All or none of each request are kept, and each is answered once, within two seconds."""

    def __init__(self, url: str, follower: Follower) -> None:
        self._link = Link(url, seconds=ANSWER_SECONDS)
        self._follower = follower
        self._waiting: list[Request] = []
        self._bytes = 0  # that wait
        self._breaks = 0
        self._wake = asyncio.Event()
        self._stopped = False
        self.problem: tuple[str, str] | None = None

    async def publish(self, events: Sequence[Event], at: str, key: str | None) -> list[Receipt]:
        """See `Broker.publish`."""
        if self._stopped:
            raise Unavailable(*STOPPED)
        arguments = [key or "", str(len(events))]
        for event in events:
            data = json.dumps(event.data, ensure_ascii=False)
            arguments += (event.room, event.type, event.at or at, data)
        size = sum(map(len, arguments))
        if self._bytes + size > MAX_WAITING_BYTES:
            raise Unavailable("Redis is slower than what is said", "try again")
        answer: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        self._waiting.append(Request(arguments, size, answer))
        self._bytes += size
        self._wake.set()
        try:
            return await answer
        finally:
            del answer  # it would hold its error, whose traceback holds this frame and the text, until the next gc

    async def run(self) -> NoReturn:
        """Send, for ever."""
        while True:
            try:
                async with asyncio.timeout(PROBE_SECONDS if self.problem else None):
                    await self._wake.wait()
            except TimeoutError:
                pass  # nobody speaks: an empty batch tells whether it works again
            self._wake.clear()
            batch = self._take()
            try:
                await self._send(batch)
            except asyncio.CancelledError:
                _refuse(batch, *STOPPED)
                raise
            except Exception as error:
                await self._link.close()
                if not isinstance(error, ERRORS):
                    logger.error("uncaught while publishing", exc_info=error)
                self._failed(explain(error))

    async def stop(self) -> None:
        """Hang up."""
        self._stopped = True
        _refuse(self._waiting, *STOPPED)
        await self._link.close()

    def _take(self) -> list[Request]:
        """The next that wait, so many as make one script."""
        size = count = 0
        for request in self._waiting:
            size += request.size
            if count and (size > BATCH_BYTES or count >= BATCH_REQUESTS):
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        if self._waiting:
            self._wake.set()
        self._bytes -= sum(request.size for request in batch)
        return batch

    async def _send(self, batch: list[Request]) -> None:
        follower = self._follower
        if self._breaks != follower.breaks:  # what cut its connection may have cut ours
            self._breaks = follower.breaks
            await self._link.close()
        try:
            await self._link.open()
        except ERRORS as error:
            _refuse(batch, *explain(error))
            raise
        if self._link.run != follower.run_id:  # its epoch is not open yet; the follower does that
            problem = follower.problem or ("Redis was restarted", "try again")
            _refuse(batch, *problem)
            return
        arguments = [argument for request in batch for argument in request.arguments]
        try:
            [answers] = await self._link.call(script(PUBLISH, follower.epoch, KEY_SECONDS, *arguments))
        except ERRORS as error:
            problem = explain(error)
            _refuse(batch, problem[0], AGAIN if unanswered(error) else problem[1])
            raise
        if answers is None:
            _refuse(batch, "Redis was wiped or exchanged", "try again")
            return
        if self.problem:
            logger.warning("Redis keeps messages again")
            self.problem = None
        for request, lines in zip(batch, answers, strict=True):
            if not request.answer.done():
                request.answer.set_result([self._receipt(line) for line in lines.decode().split("\n")])

    def _receipt(self, line: str) -> Receipt:
        sequence, room, at = line.split(" ")
        return Receipt(self._follower.epochs.event_id(int(sequence)), room, at)

    def _failed(self, problem: tuple[str, str]) -> None:
        """Nobody waits for what does not come: who is behind a failed batch is refused with it."""
        if not self.problem:
            logger.error("%s: %s", *problem)
        self.problem = problem
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        _refuse(waiting, *problem)


def _refuse(batch: list[Request], error: str, remedy: str) -> None:
    for request in batch:
        if not request.answer.done():
            request.answer.set_exception(Unavailable(error, remedy))
