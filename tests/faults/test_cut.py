"""Listeners that are cut off anywhere, and come back: nothing is missing, nothing comes twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from httpx_sse import EventSource, aconnect_sse

from tests.support import Raw, ServerProcess, eventually, listening, ndjson, objects, post, say

CUTS = 200
NDJSON = "application/x-ndjson"


@pytest.fixture(params=["memory", "sqlite"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return "memory://" if request.param == "memory" else f"sqlite:///{tmp_path}/history.db"


@asynccontextmanager
async def speaking(port: int, total: int) -> AsyncIterator[None]:
    """Somebody says 0, 1, 2 … meanwhile, in bunches."""

    async def speak() -> None:
        for start in range(0, total, 5):
            await post(port, "/say", ndjson([str(n) for n in range(start, start + 5)]), NDJSON)

    task = asyncio.create_task(speak())
    try:
        yield
    finally:
        await task


def whole_sse(received: bytes) -> list[dict[str, Any]]:
    """The events of a stream that was cut anywhere: what follows the last blank line is none."""
    content = received[: received.rfind(b"\n\n") + 2]
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=content)
    events = [json.loads(event.data) | {"id": event.id} for event in EventSource(response).iter_sse()]
    return [event for event in events if event["id"]]


def whole_ndjson(received: bytes) -> list[dict[str, Any]]:
    return [event for event in objects(received) if "id" in event]


@pytest.mark.slow
@pytest.mark.timeout(seconds=120)
@pytest.mark.parametrize(("format", "parse"), [("sse", whole_sse), ("ndjson", whole_ndjson)])
async def test_cut_anywhere(
    start_server: Callable[..., ServerProcess],
    broker: str,
    format: str,
    parse: Callable[[bytes], list[dict[str, Any]]],
) -> None:
    """200 cuts at random bytes while somebody speaks; the pieces together are the history."""
    server = start_server(f"--broker={broker}")
    total = 3000
    heard: list[str] = []
    async with speaking(server.port, total):
        last_id = ""
        for _ in range(CUTS):
            headers = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
            listener = await Raw.get(server.port, f"/listen?format={format}&since=all", headers)
            await listener.until(b"\r\n\r\n")
            length = len(listener.received) + random.randrange(3000)
            while len(listener.received) < length and len(heard) < total:
                try:
                    listener.received += await asyncio.wait_for(listener.reader.read(512), 0.05)
                except TimeoutError:
                    break
            listener.received = listener.received[:length]
            random.choice([listener.close, listener.reset])()
            for event in parse(listener.body):
                assert event["type"] in ("ready", "message")
                if event["type"] == "message":
                    heard.append(event["message"])
                last_id = event["id"]
    async with listening(server.port, f"/listen?format={format}", f"Last-Event-ID: {last_id}\r\n") as listener:
        await say(server.port, "end")
        await listener.until(b'"end"}\n' + b"\n" * (format == "sse"))
        heard += [event["message"] for event in parse(listener.body) if event["type"] == "message"]
    assert heard == [*map(str, range(total)), "end"]


@pytest.mark.slow
@pytest.mark.timeout(seconds=120)
async def test_client_of_another_make(start_server: Callable[..., ServerProcess], broker: str) -> None:
    """httpx-sse, cut off 50 times by its own impatience, hears all once."""
    server = start_server(f"--broker={broker}")
    total = 1000
    heard: list[str] = []
    last_id = ""
    async with speaking(server.port, total), httpx.AsyncClient() as client:
        while len(heard) < total:
            headers = {"Last-Event-ID": last_id} if last_id else {}
            url = f"http://localhost:{server.port}/listen?since=all"
            patience = random.randrange(1, 40)
            async with aconnect_sse(client, "GET", url, headers=headers) as source:
                async for event in source.aiter_sse():
                    last_id = event.id
                    if event.event == "message":
                        heard.append(json.loads(event.data)["message"])
                        patience -= 1
                    if patience == 0 or len(heard) == total:
                        break
    assert heard == [*map(str, range(total))]


@pytest.mark.slow
@pytest.mark.timeout(seconds=120)
async def test_seam_under_load(start_server: Callable[..., ServerProcess], broker: str) -> None:
    """100 listeners join from the beginning while 2,000 messages a second are said: each hears all, once."""
    server = start_server(f"--broker={broker}")
    total = 8000
    await post(server.port, "/say", ndjson([str(n) for n in range(4000)]), NDJSON)

    async def speak() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for start in range(4000, total, 20):
            await post(server.port, "/say", ndjson([str(n) for n in range(start, start + 20)]), NDJSON)
            await asyncio.sleep(max(0, began + (start - 4000) / 2000 - loop.time()))
        await say(server.port, "end")

    async def listen() -> None:
        await asyncio.sleep(random.random() * 2)
        async with listening(server.port, "/listen?format=ndjson&since=all") as listener:
            await listener.until(b'"end"}\n', within=60)
            heard = [event["message"] for event in objects(listener.body) if event["type"] == "message"]
            assert heard == [*map(str, range(total)), "end"]

    await asyncio.gather(speak(), *(listen() for _ in range(100)))


async def test_graceful_stop_and_start(start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """What was acknowledged before SIGTERM is there after the next start, and ids go on being good."""
    options = [f"--broker=sqlite:///{tmp_path}/history.db"]
    server = start_server(*options)
    async with listening(server.port, "/listen?format=ndjson") as listener:
        says = [asyncio.create_task(say(server.port, str(n))) for n in range(100)]
        await eventually(lambda: any(task.done() for task in says))
        server.signal()
        done = await asyncio.gather(*says, return_exceptions=True)
        await listener.rest()
    assert await server.ended() == 0
    acknowledged = {answer["id"] for answer in done if isinstance(answer, dict)}
    heard = [event for event in objects(listener.body) if event["type"] == "message"]
    assert acknowledged <= {event["id"] for event in heard}
    server = start_server(*options)
    async with listening(server.port, f"/listen?format=ndjson&since={heard[0]['id']}") as again:
        await say(server.port, "end")
        await again.until(b'"end"}\n')
        rest = [event for event in objects(again.body) if event["type"] == "message"]
        assert rest[:-1] == heard[1:]
