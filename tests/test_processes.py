"""Several processes on one port, as a person starts, kills and stops them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from tests.support import Raw, ServerProcess, eventually, listening, objects, say, tornchat

pytestmark = [pytest.mark.needs("redis-server"), pytest.mark.slow, pytest.mark.parametrize("engine", ["httptools"])]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer(aof=True) as server:
        yield server


def workers(server: ServerProcess) -> list[int]:
    """The processes that serve."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def alive(pid: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def test_one_port(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """Listeners are spread over the processes, and each hears what is said to any, in one order."""
    server = start_server("--processes=3", f"--broker={redis.url}")
    assert len(workers(server)) == 3
    listeners = [await Raw.get(server.port, "/listen?format=ndjson") for _ in range(30)]
    for listener in listeners:
        await listener.until(b'"ready"')
    for number in range(20):
        await say(server.port, str(number))
    for listener in listeners:
        await listener.until(b'"message":"19"}\n')
    server.signal()
    heard = {tuple(event["id"] for event in objects(await drained(listener))[1:-1]) for listener in listeners}
    assert len(heard) == 1
    assert len(heard.pop()) == 20
    assert await server.ended() == 0
    entered = Counter(
        line.split("[")[1].split("]")[0] for line in server.log.read_text().splitlines() if "enters" in line
    )
    assert len(entered) > 1, "one process got all of them"


async def drained(listener: Raw) -> bytes:
    await listener.rest()
    return listener.body


async def test_dead_worker_is_replaced(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """The others go on meanwhile."""
    server = start_server("--processes=2", f"--broker={redis.url}")
    first, second = workers(server)
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: len(workers(server)) == 2 and first not in workers(server))
    assert second in workers(server)
    assert "ended by SIGKILL; another starts in 0.2 s" in server.log.read_text()
    for _ in range(10):
        await say(server.port, "x")
    server.signal()
    assert await server.ended() == 0


async def test_dying_again_and_again(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """Each time it waits longer: a process that cannot live takes no machine down."""
    server = start_server("--processes=2", f"--broker={redis.url}")
    dead: set[int] = set()
    for _ in range(3):
        await eventually(lambda: len(workers(server)) == 2)
        victim = max(workers(server))
        os.kill(victim, signal.SIGKILL)
        dead.add(victim)
        await eventually(lambda: dead.isdisjoint(workers(server)))
    waits = [line.split()[-2] for line in server.log.read_text().splitlines() if "another starts" in line]
    assert waits == ["0.2", "0.4", "0.8"]


async def test_parent_is_killed(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """Its workers end too, and cleanly: none is left to hold the port."""
    server = start_server("--processes=2", f"--broker={redis.url}")
    pids = workers(server)
    async with listening(server.port) as listener:
        server.process.kill()
        await listener.rest()
        assert listener.body == b"* bye: shutdown\r\n"
    await eventually(lambda: not any(map(alive, pids)))


async def test_second_signal_ends_it_at_once(
    redis: RedisServer, start_server: Callable[..., ServerProcess]
) -> None:
    """As without several processes."""
    server = start_server("--processes=2", f"--broker={redis.url}", "--drain-seconds=600")
    half = await Raw.open(server.port)
    half.writer.write(b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nmes")
    await asyncio.sleep(0)
    await say(server.port, "x")
    pids = workers(server)
    server.signal()
    await asyncio.to_thread(server.wait_for_log, "stopping")
    server.signal()
    assert await server.ended() in (0, 128 + signal.SIGTERM)
    await eventually(lambda: not any(map(alive, pids)))


@pytest.mark.parametrize("broker", ["memory://", "sqlite:///never.db"])
def test_refused_without_redis(broker: str, engine: str) -> None:
    """Each process would have a history of its own."""
    result = tornchat("--processes=0", f"--broker={broker}")
    assert result.returncode == 2
    assert b"let them share a Redis" in result.stderr
    assert result.stderr.count(b"\n") == 1


def test_one_sentence_when_it_cannot_start(engine: str, redis: RedisServer) -> None:
    """The workers' exit code is the parent's."""
    result = tornchat("--processes=2", "--port=0", f"--broker=unix://:wrong@{redis.path}")
    assert result.returncode == 2
    assert b"tornchat: Redis" in result.stderr
    assert b"Traceback" not in result.stderr
