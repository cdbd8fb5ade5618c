"""Who comes and goes leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import random
from time import monotonic

import pytest
from tornado.queues import Queue

from tests.support import Raw, eventually, say
from tornchat.client import Client
from tornchat.handlers._base import Context
from tornchat.hub import Hub


def held() -> tuple[int, int, int]:
    """Tasks, descriptors, and queues and clients that live."""
    gc.collect()
    objects = sum(isinstance(o, Queue | Client) for o in gc.get_objects())
    return len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd")), objects


@pytest.mark.slow
async def test_a_thousand_come_and_go(port: int, hub: Hub, context: Context) -> None:
    """Politely, by RST, before the answer, in the middle of a header: no task, queue or descriptor stays."""
    await visit(port, "close")
    await eventually(lambda: not hub.clients)
    await eventually(lambda: held()[2] == 0)
    before = held()
    ways = ["close", "reset", "early", "half"] * 250
    random.shuffle(ways)
    for start in range(0, len(ways), 100):
        await asyncio.gather(*(visit(port, how) for how in ways[start : start + 100]))
        await say(port, "hi")
    await eventually(lambda: not hub.clients)
    await eventually(lambda: held() == before)
    assert (hub._feeds, hub._feeds_by_room, context.in_flight) == ({}, {}, set())


async def visit(port: int, how: str) -> None:
    """One listener's short life."""
    if how == "half":
        raw = await Raw.open(port)
        raw.writer.write(b"GET /listen HTTP/1.1\r\nHo")
    else:
        raw = await Raw.get(port, "/listen?format=sse&last=5", version="1.1")
    if how != "early":
        await asyncio.sleep(0)
    if how in ("close", "reset"):
        await raw.until(b"ready")
    raw.reset() if how == "reset" else raw.close()


async def test_ends_at_once_not_at_the_next_heartbeat(port: int, hub: Hub) -> None:
    """100 leave; within a moment none is in the shared set and no coroutine waits."""
    raws = [await Raw.get(port, "/listen") for _ in range(100)]
    for raw in raws:
        await raw.until(b"\r\n\r\n")
    assert len(hub.clients) == 100
    tasks = len(asyncio.all_tasks())
    began = monotonic()
    for raw in raws:
        raw.close()
    await eventually(lambda: not hub.clients)
    await eventually(lambda: len(asyncio.all_tasks()) <= tasks - 100)
    assert monotonic() - began < 10  # the heartbeat of plain text never comes
