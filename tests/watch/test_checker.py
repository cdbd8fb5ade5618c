"""The checks as they run: a server that goes down and comes back, and many at once."""

from __future__ import annotations

from time import time
from typing import Any

import pytest

from tests.elsewhere import Elsewhere, answer
from tests.support import eventually
from tornchat.watch.check import Check
from tornchat.watch.checker import Checker
from tornchat.watch.heartbeats import Heartbeats

OFTEN = 0.02  # seconds


class Reports(list[tuple[dict[str, object], bool]]):
    """What a checker has reported."""

    def __call__(self, data: dict[str, object], changed: bool) -> None:
        self.append((data, changed))

    def kept(self) -> list[object]:
        """The statuses that were changes."""
        return [data["status"] for data, changed in self if changed]


def http(url: str, **fields: Any) -> Check:
    return Check(name="shop", kind="http", target=url, **({"interval": OFTEN, "timeout": 5.0} | fields))


def checker(*checks: Check, report: Any, **last: dict[str, object]) -> Checker:
    return Checker(checks, Heartbeats(checks, time(), last), report, last)


async def test_server_goes_down_and_comes_back() -> None:
    """Down after 3 failures, up after 2 successes, and exactly one kept event for each change."""
    reports = Reports()
    async with Elsewhere(answer(200)) as server:
        runs = checker(http(server.url()), report=reports)
        runs.start()
        await eventually(lambda: len(reports) >= 3)
        await server.stop()
        await eventually(lambda: "down" in reports.kept())
        await server.start()
        await eventually(lambda: reports.kept().count("up") == 2)
        await eventually(lambda: reports[-1][1] is False)
        await runs.stop()
    assert reports.kept() == ["up", "pending", "down", "up"]
    statuses = [data["status"] for data, _ in reports]
    assert statuses[statuses.index("pending") :].index("down") == 2
    errors = [data.get("error") for data, _ in reports]
    assert errors.count("well again, 1 of 2 times") == 1
    assert "connection refused" in errors


async def test_no_check_overlaps_itself() -> None:
    """A server that hangs is not asked again before it was given up."""
    reports = Reports()
    async with Elsewhere(None) as server:
        runs = checker(http(server.url(), timeout=0.1), report=reports)
        runs.start()
        await eventually(lambda: "down" in reports.kept())
        await runs.stop()
        assert server.most_open == 1
    assert {data["error"] for data, _ in reports} == {"no answer within 0.1 s"}


async def test_hundreds_do_not_start_at_once() -> None:
    """Their first attempts are spread over their interval, or ten seconds of it."""
    reports = Reports()
    async with Elsewhere(None) as server:
        target = f"127.0.0.1:{server.port}"
        checks = [Check(name=str(n), kind="tcp", target=target, interval=3600) for n in range(300)]
        runs = checker(*checks, report=reports)
        runs.start()
        await eventually(lambda: reports)
        assert len(reports) + server.open < 100
        await runs.stop()


async def test_stop_cuts_what_is_under_way() -> None:
    """A stop waits for nobody, and nothing is reported after it."""
    reports = Reports()
    async with Elsewhere(None) as server:
        runs = checker(http(server.url(), timeout=3600.0), report=reports)
        runs.start()
        await eventually(lambda: server.open)
        await runs.stop()
        await eventually(lambda: not server.open)
    assert reports == []


async def test_silent_heartbeat_is_reported() -> None:
    """It needs nobody to ask."""
    reports = Reports()
    beat = Check(name="backup", kind="heartbeat", token="x" * 16, period=0.01, grace=0.01)
    runs = checker(beat, report=reports)
    runs.start()
    await eventually(lambda: reports)
    await runs.stop()
    assert reports.kept() == ["down"]


async def test_goes_on_where_it_was() -> None:
    """A restart is no change."""
    reports = Reports()
    async with Elsewhere(answer(200)) as server:
        last: dict[str, object] = {"kind": "http", "status": "up", "since": "2026-01-01T00:00:00.000Z"}
        runs = checker(http(server.url()), report=reports, shop=last)
        runs.start()
        await eventually(lambda: reports)
        await runs.stop()
    assert (reports[0][0]["since"], reports[0][1]) == ("2026-01-01T00:00:00.000Z", False)


async def test_mistake_of_the_caller_ends_no_check(caplog: pytest.LogCaptureFixture) -> None:
    """It is in the log, and the next attempt comes all the same."""
    calls = []

    def report(data: dict[str, object], changed: bool) -> None:
        calls.append(data["check"])
        raise KeyError("a mistake")

    beat = Check(name="backup", kind="heartbeat", token="x" * 16, period=0.01, grace=0.01)
    async with Elsewhere(answer(200)) as server:
        runs = checker(http(server.url()), beat, report=report)
        runs.start()
        await eventually(lambda: calls.count("shop") > 1 and calls.count("backup") == 1)
        await runs.stop()
    assert "the check 'shop' broke" in caplog.text
    assert "KeyError: 'a mistake'" in caplog.text
    caplog.clear()


def test_on_uvloop() -> None:
    """The loop on which the server runs where it is installed has transports of its own."""
    uvloop = pytest.importorskip("uvloop")
    uvloop.run(test_server_goes_down_and_comes_back())
    uvloop.run(test_stop_cuts_what_is_under_way())
