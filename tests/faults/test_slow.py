"""A reader that stops costs others nothing, and does not stay."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import Raw, ServerProcess, eventually, listening, ndjson, objects, post, say
from tornchat.hub import Hub

NDJSON = "application/x-ndjson"
pytestmark = pytest.mark.slow


def pause(raw: Raw) -> None:
    """Stop to read, as a stopped process does."""
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]


async def flood(port: int, kilobytes: int) -> None:
    """Say so much, in steps that a reader keeps up with."""
    for _ in range(kilobytes // 50):
        assert await post(port, "/say", ndjson(["x" * 1000] * 50), NDJSON) == (200, b"ok.")


async def test_slow_reader_is_closed_at_the_bound(port: int, hub: Hub) -> None:
    """The others hear everything; the slow one is gone, with the reason in the log."""
    async with listening(port, "/listen?format=ndjson") as quick:
        slow = await Raw.get(port, "/listen?format=ndjson")
        await slow.until(b"ready")
        pause(slow)
        assert len(hub.clients) == 2
        hearing = asyncio.create_task(quick.until(b'"end"', within=30))
        await flood(port, 6000)
        await say(port, "end")
        await hearing
        assert quick.body.count(b"x" * 1000) == 6000
        await eventually(lambda: len(hub.clients) == 1)
        assert [c.closed for c in hub.clients] == [None]
        slow.close()


async def test_slow_reader_that_wakes_hears_bye_and_resumes(port: int, hub: Hub) -> None:
    """It reads what the kernel held, then `bye: slow`; its last id brings it everything since."""
    slow = await Raw.get(port, "/listen?format=ndjson")
    await slow.until(b"ready")
    [client] = hub.clients
    pause(slow)
    total = 0
    while client.closed is None:
        await post(port, "/say", ndjson([f"{total + n}:{'x' * 1000}" for n in range(100)]), NDJSON)
        total += 100
        assert total < 10_000
    assert client.closed == "slow"
    slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
    await slow.rest()
    heard = objects(slow.body)
    assert (heard[-1]["type"], heard[-1]["reason"]) == ("bye", "slow")
    last_id = heard[-2]["id"]

    async with listening(port, "/listen?format=ndjson", f"Last-Event-ID: {last_id}\r\n") as again:
        await again.until(f'"{total - 1}:x'.encode())
        await again.until(b"\n")
        numbers = [int(e["message"].split(":")[0]) for e in heard + objects(again.body) if e["type"] == "message"]
        assert numbers == list(range(total))
    slow.close()


@pytest.mark.options(write_timeout=0.2)
async def test_hanging_write_is_cut(port: int, hub: Hub) -> None:
    """A write that hangs longer than `write_timeout` ends the stream, though the bound is far."""
    slow = await Raw.get(port, "/listen")
    await slow.until(b"\r\n\r\n")
    pause(slow)
    [client] = hub.clients
    while client.flush_began is None or client.backlog == 0:
        await flood(port, 50)
        assert client.closed in (None, "slow")
    await eventually(lambda: not hub.clients)
    assert client.closed == "slow"
    slow.close()


@pytest.mark.options(write_timeout=0.2, history_bytes=100_000_000)
async def test_reader_that_stops_while_it_replays_is_cut(port: int, hub: Hub) -> None:
    """Catching up is timed like everything else."""
    await flood(port, 8000)
    slow = await Raw.open(port)
    pause(slow)
    slow.writer.write(b"GET /listen?since=all HTTP/1.0\r\nHost: localhost\r\n\r\n")
    await eventually(lambda: hub.clients)
    [client] = hub.clients
    await eventually(lambda: not hub.clients)
    assert client.closed == "slow"
    slow.close()


async def test_kernel_holds_little_for_a_reader_that_stopped(port: int, hub: Hub) -> None:
    """Without the small SO_SNDBUF it would take 4 MB before a write hangs."""
    slow = await Raw.get(port, "/listen")
    await slow.until(b"\r\n\r\n")
    pause(slow)
    [client] = hub.clients
    kilobytes = 0
    while client.backlog < 200_000 and client.closed is None:
        await flood(port, 50)
        kilobytes += 50
    # What the reader's own side takes (its receive buffer) is not ours to bound; with the default send
    # buffer this was 4200 and more.
    assert kilobytes < 2500
    slow.close()


@pytest.mark.needs("curl")
async def test_stopped_curl(start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """200 listeners, one of them a curl that is stopped: it is closed, the server stays small, and the
    others hear everything.
    """
    server = start_server("--history-count=10")
    curl = subprocess.Popen(["curl", "-sN", f"localhost:{server.port}/listen"], stdout=subprocess.PIPE)
    server.wait_for_log("1 in all")
    os.kill(curl.pid, signal.SIGSTOP)
    listeners = [await Raw.get(server.port, "/listen?format=ndjson") for _ in range(199)]
    server.wait_for_log("200 in all")

    async def hear(raw: Raw) -> int:
        count = 0
        while b'"end"' not in raw.received:
            lines = (raw.received + await raw.reader.read(65536)).split(b"\n")
            raw.received = lines[-1] if b'"end"' not in lines[-2:][0] else b'"end"'
            count += sum(b'"message":"x' in line for line in lines[:-1])
        return count

    hearing = asyncio.gather(*map(hear, listeners))
    for _ in range(60):
        await flood(server.port, 50)
        await say(server.port, "x")
    await say(server.port, "end")
    counts = await asyncio.wait_for(hearing, 60)
    assert set(counts) == {60 * 51}
    server.wait_for_log("text/plain leaves")
    assert ": slow, 199 in all" in server.log.read_text()
    os.kill(curl.pid, signal.SIGCONT)
    curl.kill()
    curl.communicate()
    for raw in listeners:
        raw.close()
