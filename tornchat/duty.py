"""What exactly one of all processes does: checks, scrapes, judging hosts, notifications, snapshots of the board.

Each asks the broker for the lease every few seconds. Who has it does the work; if it dies, another has it within
`LEASE_SECONDS`. What arrives elsewhere (a ping, what an agent wrote) is relayed to all, and used by the one.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from time import monotonic, time
from typing import Any

from tornchat.config import Config
from tornchat.dashboard import Dashboard
from tornchat.errors import Unavailable
from tornchat.event import Event, timestamp
from tornchat.hub import Hub
from tornchat.notify import Notifier
from tornchat.outbox import Outbox
from tornchat.transitions import Transitions
from tornchat.watch import own_host
from tornchat.watch.agents import Reading
from tornchat.watch.checker import Checker
from tornchat.watch.heartbeats import Heartbeats
from tornchat.watch.hosts import Hosts
from tornchat.watch.scrape import Scraper, Target

logger = logging.getLogger(__name__)

LEASE = "duty"
LEASE_SECONDS = 15.0
RENEW_SECONDS = 5.0
AGE_SECONDS = 2.0  # between looks for hosts that have fallen silent
SNAPSHOT_SECONDS = 60.0
OWN_HOST_SECONDS = 15.0
HOSTS = "hosts"  # the room
PING, READING = "_ping", "_reading"  # types of what is relayed to whoever is on duty


class Duty:
    """One for each process; of all, one is `active`."""

    def __init__(self, hub: Hub, dashboard: Dashboard, config: Config) -> None:
        self.active = False
        self._hub = hub
        self._dashboard = dashboard
        self._config = config
        self._targets = [Target.parse(text) for text in config.scrape]
        self._transitions = Transitions()
        self._outbox = Outbox(hub, HOSTS)
        self._tasks: list[asyncio.Task[None]] = []
        self._work = AsyncExitStack()
        self._hosts = Hosts()
        self._heartbeats = Heartbeats((), 0)
        self._notifier: Notifier | None = None
        hub.watch(self._notify, "run", "check", "host")
        hub.watch(self._hear_ping, PING)
        hub.watch(self._hear_readings, READING)

    def start(self) -> None:
        """Begin to ask for the lease."""
        works = [self._run()]
        if self._config.own_host:
            if own_host.available():
                works.append(self._watch_own_host())
            else:
                logger.warning("own_host needs psutil: pip install 'tornchat[dashboard]'")
        self._tasks = [_task(work) for work in works]

    async def stop(self) -> None:
        """Let another process have it."""
        await _cancelled(self._tasks)
        if self.active:
            await self._end()
            try:
                await self._dashboard.save()
                await self._hub.broker.lease(LEASE, 0)
            except Unavailable:
                pass  # it runs out

    async def _run(self) -> None:
        await self._dashboard.load()
        state = self._dashboard.board.state(timestamp())
        for event in _as_events(state):
            self._transitions.text(event)  # what is known already is no news
        until = 0.0
        while True:
            try:
                leased = await self._hub.broker.lease(LEASE, LEASE_SECONDS)
                until = monotonic() + LEASE_SECONDS if leased else 0.0
            except Unavailable:
                pass
            if monotonic() < until and not self.active:
                await self._begin()
            elif monotonic() >= until and self.active:
                await self._end()
            await asyncio.sleep(RENEW_SECONDS)

    async def _begin(self) -> None:
        config, now = self._config, time()
        state = self._dashboard.board.state(timestamp())
        self._hosts = Hosts.load(state["hosts"].values(), now)
        self._heartbeats = Heartbeats(config.checks, now, state["checks"])
        checker = Checker(config.checks, self._heartbeats, self._report_check, state["checks"])
        checker.start()
        self._work.push_async_callback(checker.stop)
        if config.notify_url:
            self._notifier = Notifier(config.notify_url)
            self._notifier.start()
            self._work.push_async_callback(self._notifier.stop, 1.0)
        works = [self._age(), self._snapshot(), self._outbox.run()]
        if self._targets:
            works.append(Scraper(self._targets, self._observe, self._cannot_scrape, config.scrape_interval).run())
        tasks = [_task(work) for work in works]
        self._work.push_async_callback(_cancelled, tasks)
        self.active = True

    async def _end(self) -> None:
        self.active = False
        self._notifier = None
        await self._work.aclose()
        self._outbox.clear()

    # What is heard, in each process.

    def _notify(self, event: Event) -> None:
        text = self._transitions.text(event)
        if text and self._notifier:
            self._notifier.notify(text)

    def _hear_ping(self, event: Event) -> None:
        report = self._heartbeats.ping(**event.data) if self.active else None
        if report:
            self._report_check(*report)

    def _hear_readings(self, event: Event) -> None:
        if self.active:
            self._observe(*map(Reading.load, event.data["readings"]))

    # What comes of it, on duty.

    def _report_check(self, data: Mapping[str, object], changed: bool) -> None:
        self._outbox.put("check", data, changed)

    def _observe(self, *readings: Reading) -> None:
        for data, kept in self._hosts.observe(readings, time()):
            self._outbox.put("host", data, kept)

    def _cannot_scrape(self, target: Target, error: str) -> None:
        logger.info("cannot scrape %s: %s", target.name, error)  # that it is silent shows on the board

    async def _age(self) -> None:
        while True:
            await asyncio.sleep(AGE_SECONDS)
            for data, kept in self._hosts.age(time()):
                self._outbox.put("host", data, kept)

    async def _snapshot(self) -> None:
        while True:
            try:
                await self._dashboard.save()
            except Unavailable as error:
                logger.warning("the board cannot be saved: %s", error)
            await asyncio.sleep(SNAPSHOT_SECONDS)

    # Of each machine one process tells of its host.

    async def _watch_own_host(self) -> None:
        lease = f"host:{socket.gethostname()}"
        while True:
            try:
                if await self._hub.broker.lease(lease, 2 * OWN_HOST_SECONDS):
                    await relay_readings(self._hub, [await asyncio.to_thread(own_host.reading, time())])
            except Unavailable:
                pass
            await asyncio.sleep(OWN_HOST_SECONDS)


async def relay_readings(hub: Hub, readings: Sequence[Reading]) -> None:
    """Hand what an agent said to whoever is on duty.

    Raises:
        Unavailable: other processes cannot be reached now.
    """
    await hub.relay([Event(HOSTS, READING, {"readings": [asdict(reading) for reading in readings]})])


async def relay_ping(hub: Hub, check: str, verb: str) -> None:
    """Hand a ping to whoever is on duty.

    Raises:
        Unavailable: other processes cannot be reached now.
    """
    await hub.relay([Event(HOSTS, PING, {"name": check, "verb": verb, "now": time()})])


def _as_events(state: Mapping[str, Any]) -> list[Event]:
    """What a board shows, as what could have been heard."""
    runs = [run for project in state["projects"].values() for run in reversed(project["pipelines"])]
    return [
        *(Event("", "run", run) for run in runs),
        *(Event("", "check", check) for check in state["checks"].values()),
        *(Event("", "host", host) for host in state["hosts"].values()),
    ]


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """One that tells if it ends by a mistake of ours."""
    task = asyncio.create_task(work)
    task.add_done_callback(_tell)
    return task


def _tell(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.error("uncaught on duty", exc_info=error)


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
