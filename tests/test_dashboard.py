"""The board over restarts: what was saved and what was kept since come to the same as all that was ever heard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.board.events import check, generic, gitlab_job, gitlab_job_hook, gitlab_pipeline, host, state
from tests.support import eventually
from tornchat.brokers import memory
from tornchat.config import Config
from tornchat.dashboard import SAVED, Dashboard
from tornchat.errors import Unavailable
from tornchat.event import Event
from tornchat.hub import Hub
from tornchat.server import make_hub

EVENTS: list[Event] = [
    generic("1", "running", 1, project="a"),
    gitlab_pipeline(9, "running", 2, [gitlab_job(1, "unit", "running", 2)]),
    generic("1", "failed", 3, project="a"),
    gitlab_job_hook(9, 1, "unit", "failed", 4),
    host("web1", "live", 5),
    gitlab_pipeline(9, "failed", 6, [gitlab_job(1, "unit", "failed", 6)]),
    check("shop", "down", 7),
    generic("2", "success", 8, project="a"),
    gitlab_pipeline(9, "success", 9, [gitlab_job(2, "unit", "success", 9)]),
    check("shop", "up", 10),
]


def in_room(event: Event) -> Event:
    return Event("ci", event.type, event.data)


@asynccontextmanager
async def started(config: Config) -> AsyncIterator[tuple[Hub, Dashboard]]:
    hub = make_hub(config)
    dashboard = Dashboard(hub)
    await hub.start()
    await dashboard.load()
    try:
        yield hub, dashboard
    finally:
        await hub.stop()


async def publish(hub: Hub, events: Sequence[Event]) -> None:
    for event in events:
        await hub.publish([in_room(event)])


@pytest.mark.parametrize("history_count", [1_000_000, 3])
@pytest.mark.parametrize("cut", range(len(EVENTS) + 1))
async def test_snapshot_and_tail_are_all(tmp_path: Path, cut: int, history_count: int) -> None:
    """A restart at any place, also where retention has taken what came before."""
    config = Config(broker=f"sqlite:///{tmp_path}/history.db", history_count=history_count)
    async with started(config) as (hub, dashboard):
        await publish(hub, EVENTS[:cut])
        await dashboard.save()
        await publish(hub, EVENTS[cut : cut + 3])
    async with started(config) as (hub, dashboard):
        await publish(hub, EVENTS[cut + 3 :])
        assert dashboard.board.state("") == {**state(map(in_room, EVENTS)), "at": ""}


async def test_without_a_snapshot_all_is_folded(tmp_path: Path) -> None:
    """A server that was killed before its first."""
    config = Config(broker=f"sqlite:///{tmp_path}/history.db")
    async with started(config) as (hub, _):
        await publish(hub, EVENTS)
    async with started(config) as (_, dashboard):
        assert dashboard.board.state("") == {**state(map(in_room, EVENTS)), "at": ""}


async def test_snapshot_of_another_version(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is folded anew from what is kept."""
    config = Config(broker=f"sqlite:///{tmp_path}/history.db")
    async with started(config) as (hub, dashboard):
        await publish(hub, EVENTS[:4])
        await hub.broker.save(SAVED, b"something else")
    async with started(config) as (_, dashboard):
        assert list(dashboard.board.state("")["projects"]) != []
    assert "another version" in caplog.text
    caplog.clear()


async def test_nothing_new_is_not_saved(hub: Hub) -> None:
    """A quiet server writes nothing."""
    dashboard = Dashboard(hub)
    await dashboard.load()
    with patch.object(hub.broker, "save", wraps=hub.broker.save) as save:
        for expected in (1, 1):
            await dashboard.save()
            assert save.call_count == expected
        await publish(hub, EVENTS[:1])
        await dashboard.save()
        await publish(hub, EVENTS[:1])
        await dashboard.save()
        assert save.call_count == 2


async def test_a_failed_save_is_tried_again(hub: Hub) -> None:
    """What could not be saved is still new."""
    dashboard = Dashboard(hub)
    await dashboard.load()
    with (
        patch.object(hub.broker, "save", side_effect=Unavailable("full", "make room")),
        pytest.raises(Unavailable),
    ):
        await dashboard.save()
    await dashboard.save()
    assert await hub.broker.saved(SAVED)


async def test_waits_for_a_broker_that_is_away(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody is shown half of a board."""
    dashboard = Dashboard(hub)
    with (
        patch("tornchat.dashboard.AGAIN_SECONDS", 0),
        patch.object(memory.MemoryBroker, "saved", side_effect=Unavailable("away", "try again")),
    ):
        loading = asyncio.create_task(dashboard.load())
        waiting = asyncio.create_task(dashboard.loaded())
        await eventually(lambda: "cannot be read yet" in caplog.text)
        assert not waiting.done()
    await loading
    await waiting
    caplog.clear()
