"""The thread that writes the SQLite file, and nobody else does.

It keeps going whatever happens to the file: after an error it closes it, and opens it anew with the next request,
or after a second of silence.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple, Protocol

from tornchat.brokers import Receipt
from tornchat.brokers._epochs import Epochs
from tornchat.brokers._schema import connect, explain
from tornchat.brokers._store import Limits, Said, Store
from tornchat.errors import ConfigError, Unavailable
from tornchat.event import Event

logger = logging.getLogger(__name__)

BATCH_REQUESTS = 1000  # in one commit
IDLE_SECONDS = 1.0  # between looks at what has become too old, or at a file that failed

ERRORS = (sqlite3.Error, OSError, ConfigError)


class Request(NamedTuple):
    """What one publisher waits for."""

    said: Said
    answer: asyncio.Future[list[Receipt]]


class Owner(Protocol):
    """Who is told, on the loop and in this order of things."""

    def opened(self, epochs: Epochs, last: int) -> None:
        """The file is open for writing; from here on its history is that of `epochs`."""

    def committed(self, kept: list[Event], batch: list[Request], answers: list[list[Receipt]]) -> None:
        """A batch is kept."""

    def trimmed(self, first: int) -> None:
        """Retention has removed what is before `first`."""

    def failed(self, batch: list[Request], problem: tuple[str, str]) -> None:
        """A batch could not be kept."""


class Writer:
    """Takes requests, commits all that wait at once, and tells its owner."""

    def __init__(self, owner: Owner, path: Path, durability: str, limits: Limits) -> None:
        self._owner = owner
        self._path = path
        self._durability = durability
        self._limits = limits
        self._requests: SimpleQueue[Request | None] = SimpleQueue()  # None is the end
        self._thread = Thread(target=self._run, name="sqlite-writer", daemon=True)
        self._store: Store | None = None
        self._epochs = Epochs([])
        self._last = 0  # the newest event that was delivered
        self._failing = False
        self._stopped = False

    async def start(self) -> None:
        """Open the file.

        Raises:
            ConfigError: it cannot be used.
        """
        self._loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = self._loop.create_future()
        self._thread.start()
        await self._ready

    async def stop(self) -> None:
        """Commit what waits, and close the file."""
        self._stopped = True
        if self._thread.is_alive():
            self._requests.put(None)
            await asyncio.to_thread(self._thread.join)

    def put(self, request: Request) -> None:
        """To be kept with the next commit."""
        if self._stopped:
            request.answer.set_exception(Unavailable("the server has stopped", "try again"))
        else:
            self._requests.put(request)

    # All below runs in the thread.

    def _run(self) -> None:
        try:
            self._open()
        except Exception as error:
            self._tell(self._ready.set_exception, ConfigError(*self._explain(error)))
            return
        self._tell(self._ready.set_result, None)
        try:
            while (batch := self._wait()) is not None:
                self._step(batch)
        finally:
            self._close()

    def _wait(self) -> list[Request] | None:
        """All that waits; empty after a second of silence; None at the end."""
        batch: list[Request] = []
        try:
            while len(batch) < BATCH_REQUESTS:
                request = self._requests.get(timeout=0 if batch else IDLE_SECONDS)
                if request is None:
                    if not batch:
                        return None
                    self._requests.put(None)  # the end again, after this batch
                    break
                batch.append(request)
        except Empty:
            pass
        return batch

    def _step(self, batch: list[Request]) -> None:
        """Keep a batch; then what can wait, until there is nothing or somebody speaks."""
        try:
            store = self._store or self._open()
            if not batch:
                store.checkpoint()
            else:
                kept, answers = store.append([request.said for request in batch], self._epochs)
                self._last += len(kept)
                self._tell(self._owner.committed, kept, batch, answers)
                batch = []  # answered, whatever comes
            if self._failing:
                logger.warning("%s works again", self._path)
                self._failing = False
            while True:
                first = store.trim(self._limits)
                if first is not None:
                    self._tell(self._owner.trimmed, first)
                if not (store.shrink() or first is not None) or not self._requests.empty():
                    break
        except Exception as error:
            self._close()
            self._report(batch, self._explain(error))

    def _open(self) -> Store:
        """Open the file, and go on with its history if it is the one that we know."""
        store = Store(connect(self._path, self._durability))
        try:
            epochs = store.epochs()
            known = bool(epochs) and Epochs(epochs) == self._epochs and store.last() >= self._last
            if not known:
                store.begin_epoch()
                self._epochs = Epochs(store.epochs())
                self._last = store.last()
            self._tell(self._owner.opened, self._epochs, self._last)
            # A commit may have succeeded although it was reported as failed: what it kept is told now.
            while page := store.page(self._last, store.last(), None, self._epochs):
                kept = [event for event in page if event.room]
                if not kept:
                    break
                self._last += len(kept)
                self._tell(self._owner.committed, kept, [], [])
        except BaseException:
            store.close()
            raise
        self._store = store
        return store

    def _close(self) -> None:
        if self._store is not None:
            try:
                self._store.close()
            except sqlite3.Error:
                pass  # it is closed because it failed
            self._store = None

    def _explain(self, error: Exception) -> tuple[str, str]:
        """What is wrong, and what to do. A mistake of ours must not end the thread: all would wait for it."""
        if isinstance(error, ERRORS):
            return explain(self._path, error)
        logger.error("uncaught while writing %s", self._path, exc_info=error)
        return "something broke in the server", "its log says what; try again"

    def _report(self, batch: list[Request], problem: tuple[str, str]) -> None:
        if not self._failing:
            logger.error("%s: %s", *problem)
            self._failing = True
        self._tell(self._owner.failed, batch, problem)

    def _tell(self, callback: Callable[..., object], *arguments: object) -> None:
        self._loop.call_soon_threadsafe(callback, *arguments)
