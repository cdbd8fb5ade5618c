"""Runs the checks: one task for each that is attempted, and one that looks for silent heartbeats."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import uniform
from time import monotonic, time

from tornchat.fetch import tls_context
from tornchat.watch.check import Check, Result, State
from tornchat.watch.checks import http, tcp
from tornchat.watch.heartbeats import Heartbeats

logger = logging.getLogger(__name__)

ATTEMPTS: dict[str, Callable[[Check], Awaitable[Result]]] = {"http": http.attempt, "tcp": tcp.attempt}
FIRST_SECONDS = 10.0  # over which the first attempts are spread
JITTER = 0.1  # of an interval, so that checks that met once do not go on meeting
SILENCE_SECONDS = 1.0  # from one look for silent heartbeats to the next


class Checker:
    """Attempts each check at its interval, one at a time of each, and tells what came of it.

    Args:
        checks: with different names; heartbeats among them are left out.
        heartbeats: those that are looked at for silence.
        report: called in the loop with the data of a `check` event, and whether it is a change of status.
        last: the data of each check's last event, by name.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        heartbeats: Heartbeats,
        report: Callable[[dict[str, object], bool], None],
        last: Mapping[str, Mapping[str, object]] | None = None,
    ) -> None:
        tls_context()
        known = last or {}
        self._states = [State(c, known.get(c.name)) for c in checks if c.kind in ATTEMPTS]
        self._heartbeats = heartbeats
        self._report = report
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin, in the running loop; the first attempts come within 10 s or their interval."""
        create = asyncio.get_running_loop().create_task
        self._tasks = [create(self._watch(state)) for state in self._states]
        self._tasks.append(create(self._watch_silence()))

    async def stop(self) -> None:
        """End at once, also the attempts that are under way; nothing is reported after."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _watch(self, state: State) -> None:
        check = state.check
        await asyncio.sleep(uniform(0, min(check.interval, FIRST_SECONDS)))
        while True:
            began = monotonic()
            try:
                result = await ATTEMPTS[check.kind](check)
                self._report(*state.found(result, time()))
            except Exception:
                logger.exception("the check %a broke", check.name)  # a mistake of ours ends no check
            pause = check.interval * uniform(1 - JITTER, 1 + JITTER)
            await asyncio.sleep(max(0.0, began + pause - monotonic()))

    async def _watch_silence(self) -> None:
        while True:
            await asyncio.sleep(SILENCE_SECONDS)
            try:
                for report in self._heartbeats.due(time()):
                    self._report(*report)
            except Exception:
                logger.exception("the look for silent heartbeats broke")
