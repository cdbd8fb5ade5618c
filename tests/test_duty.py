"""What is on duty: checks, agents, notifications; one process. tests/faults/test_duty.py has several."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Any
from unittest.mock import patch

import pytest

from tests.board.events import generic
from tests.elsewhere import Elsewhere, answer
from tests.support import eventually
from tornchat import duty, outbox
from tornchat.config import Config
from tornchat.dashboard import Dashboard
from tornchat.duty import Duty, relay_ping, relay_readings
from tornchat.errors import Unavailable
from tornchat.event import Event
from tornchat.hub import Hub
from tornchat.server import make_hub
from tornchat.watch.agents import CpuTime, Disk, Reading, Traffic
from tornchat.watch.check import Check

PING = Check(name="backup", kind="heartbeat", token="a-token-of-a-nightly-job", period=3600)


class Desk:
    """A hub with its dashboard and duty, and what was delivered."""

    def __init__(self, config: Config) -> None:
        self.hub: Hub = make_hub(config)
        self.dashboard = Dashboard(self.hub)
        self.duty = Duty(self.hub, self.dashboard, config)
        self.heard: list[Event] = []
        self.hub.watch(self.heard.append, "run", "check", "host")

    def known(self, kind: str, name: str) -> dict[str, Any]:
        known: dict[str, Any] = self.dashboard.board.state("")[kind].get(name, {})
        return known


@asynccontextmanager
async def on_duty(config: Config) -> AsyncIterator[Desk]:
    desk = Desk(config)
    await desk.hub.start()
    desk.duty.start()
    await eventually(lambda: desk.duty.active)
    try:
        yield desk
    finally:
        await desk.duty.stop()
        await desk.hub.stop()


def http(server: Elsewhere, **fields: Any) -> Check:
    return Check(name="shop", kind="http", target=server.url(), interval=0.1, timeout=0.05, **fields)


async def test_check_goes_down_and_comes_back() -> None:
    """Each change of status is kept once; the results in between are live only."""
    async with Elsewhere(answer(200)) as server, on_duty(Config(checks=(http(server),))) as desk:
        await eventually(lambda: desk.known("checks", "shop").get("status") == "up")
        await server.stop()
        await eventually(lambda: desk.known("checks", "shop")["status"] == "down")
        await server.start()
        await eventually(lambda: desk.known("checks", "shop")["status"] == "up")
        kept = [event.data["status"] for event in desk.heard if event.type == "check" and event.id]
        assert kept == ["up", "pending", "down", "up"]
        assert any(event.type == "check" and not event.id for event in desk.heard)
        assert {event.room for event in desk.heard if event.type == "check"} == {"hosts"}


async def test_ping_and_readings_reach_it() -> None:
    """They may arrive at any process, as JSON has them."""
    reading = Reading("web1", "node_exporter", 5.0, {"cores": 2, "load5": 1.0})
    reading.cpu_time, reading.counted["eth0"] = CpuTime(1, 2), Traffic(3, 4)
    reading.disks["/"] = Disk("ext4", 100, 90, 10)
    async with on_duty(Config(checks=(PING,))) as desk:
        await relay_ping(desk.hub, "backup", "")
        await relay_ping(desk.hub, "nobody", "")
        await relay_readings(desk.hub, [reading])
        await eventually(lambda: desk.known("checks", "backup").get("status") == "up")
        await eventually(lambda: desk.known("hosts", "web1").get("disk") == 90)
    loaded = Reading.load(json.loads(json.dumps(asdict(reading))))
    assert loaded == reading


@pytest.mark.needs("prometheus-node-exporter")
@pytest.mark.slow
async def test_scraped_host(node_exporter: str) -> None:
    """A node_exporter that the file names becomes a host, with rates from its second scrape on."""
    async with on_duty(Config(scrape=(node_exporter,), scrape_interval=1)) as desk:
        await eventually(lambda: any("cpu" in h for h in desk.dashboard.board.state("")["hosts"].values()))
        [host] = desk.dashboard.board.state("")["hosts"].values()
        assert (host["state"], host["agent"]) == ("live", "node_exporter")


async def test_own_host() -> None:
    """One host to see, with nothing to set up."""
    async with on_duty(Config(own_host=True)) as desk:
        await eventually(lambda: desk.dashboard.board.state("")["hosts"])
        [host] = desk.dashboard.board.state("")["hosts"].values()
        assert host["agent"] == "tornchat"
        assert host["mem"] > 0


async def test_own_host_without_psutil(caplog: pytest.LogCaptureFixture) -> None:
    """The server runs, and says what to install."""
    with patch("tornchat.watch.own_host.available", return_value=False):
        async with on_duty(Config(own_host=True)):
            assert "pip install 'tornchat[dashboard]'" in caplog.text
            caplog.clear()


async def test_failure_and_recovery_are_told() -> None:
    """Each once; what was known at the start is no news."""
    async with Elsewhere(answer(200)) as receiver:
        async with on_duty(Config(notify_url=receiver.url("/secret"))) as desk:
            for id, status in (("1", "success"), ("2", "failed"), ("3", "failed"), ("4", "success")):
                await desk.hub.publish([replace(generic(id, status, int(id), ref="main"), room="ci")])
            await eventually(lambda: len(receiver.requests) == 2)
        assert [("failed" in str(r), "succeeds again" in str(r)) for r in receiver.requests] == [
            (True, False),
            (False, True),
        ]


async def test_what_is_known_is_no_news(tmp_path: Any) -> None:
    """A restart calls nobody."""
    async with Elsewhere(answer(200)) as receiver:
        config = Config(broker=f"sqlite:///{tmp_path}/history.db", notify_url=receiver.url())
        for number in (1, 2):
            async with on_duty(config) as desk:
                await desk.hub.publish([replace(generic(str(number), "failed", number, ref="main"), room="ci")])
                await eventually(lambda: len(receiver.requests) == 1)
        assert len(receiver.requests) == 1


async def test_a_change_is_not_lost_while_the_broker_is_away() -> None:
    """It is kept as soon as it can be; samples meanwhile are forgotten."""
    async with on_duty(Config(checks=(PING,))) as desk:
        with (
            patch.object(outbox, "AGAIN_SECONDS", 0.01),
            patch.object(desk.hub.broker, "publish", side_effect=Unavailable("full", "make room")) as refused,
        ):
            await relay_ping(desk.hub, "backup", "")
            await eventually(lambda: refused.call_count > 2)
            assert desk.known("checks", "backup") == {}
        await eventually(lambda: desk.known("checks", "backup").get("status") == "up")


async def test_lease_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loses it stops, and whoever gets it begins."""
    answers: list[Callable[[], bool]] = [lambda: True]
    asked = 0
    desk = Desk(Config(checks=(PING,)))

    async def lease(name: str, seconds: float) -> bool:
        nonlocal asked
        asked += 1
        return answers[0]()

    monkeypatch.setattr(desk.hub.broker, "lease", lease)
    monkeypatch.setattr(duty, "RENEW_SECONDS", 0.005)
    await desk.hub.start()
    desk.duty.start()
    await eventually(lambda: desk.duty.active)
    answers[0] = lambda: False
    await eventually(lambda: not desk.duty.active)
    await relay_ping(desk.hub, "backup", "")
    answers[0] = lambda: True
    await eventually(lambda: desk.duty.active)
    assert desk.known("checks", "backup") == {}, "it was not on duty"

    def away() -> bool:
        raise Unavailable("away", "try again")

    answers[0] = away
    before = asked
    await eventually(lambda: asked > before + 3)
    assert desk.duty.active, "a broker that is away for a moment ends nothing"
    monkeypatch.setattr(duty, "LEASE_SECONDS", 0.0)
    answers[0] = lambda: True
    await desk.duty.stop()
    await desk.hub.stop()
