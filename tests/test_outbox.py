"""Changes and samples on their way; tests/test_duty.py shows them from check to board."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

from tests.support import eventually
from tornchat import outbox
from tornchat.errors import Unavailable
from tornchat.event import Event
from tornchat.hub import Hub
from tornchat.outbox import MOST, Outbox


async def test_changes_wait_and_samples_do_not(hub: Hub) -> None:
    """While the broker is away; then what waited comes in its order."""
    heard: list[Event] = []
    hub.watch(heard.append, "host")
    box = Outbox(hub, "hosts")
    running = asyncio.create_task(box.run())
    away = Unavailable("away", "try again")
    with (
        patch.object(outbox, "AGAIN_SECONDS", 0),
        patch.object(hub.broker, "relay", side_effect=away) as relay,
        patch.object(hub.broker, "publish", side_effect=away) as publish,
    ):
        for number, kept in enumerate((False, True, True)):
            box.put("host", {"number": number}, kept)
        await eventually(lambda: publish.call_count > 3)
        assert relay.call_count == 1
    await eventually(lambda: [event.data["number"] for event in heard] == [1, 2])
    box.put("host", {"number": 3}, False)
    await eventually(lambda: len(heard) == 3)
    assert [event.id != "" for event in heard] == [True, True, False]
    running.cancel()


async def test_bounded(hub: Hub) -> None:
    """The oldest go first; and all, where another process takes over."""
    box = Outbox(hub, "hosts")
    for number in range(MOST + 5):
        box.put("host", {"number": number}, True)
    heard: list[Event] = []
    hub.watch(heard.append, "host")
    running = asyncio.create_task(box.run())
    await eventually(lambda: len(heard) == MOST)
    assert heard[0].data["number"] == 5
    box.put("host", {}, True)
    box.clear()
    box.put("host", {"number": "last"}, True)
    await eventually(lambda: heard[-1].data == {"number": "last"})
    assert len(heard) == MOST + 1
    running.cancel()
