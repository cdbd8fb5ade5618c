"""Several processes on one Redis, with what happens to either under load."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tornado.testing import bind_unused_port

from tests.redis_proxy import Proxy
from tests.redis_server import RedisServer
from tests.support import DEADLINE, Raw, ServerProcess, eventually, post, say
from tests.test_processes import workers

pytestmark = [
    pytest.mark.needs("redis-server"),
    pytest.mark.slow,
    pytest.mark.parametrize("engine", ["httptools"]),
    pytest.mark.timeout(seconds=120),
]


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer("--appendfsync", "always", aof=True) as server:
        yield server


class Listener:
    """An EventSource in miniature: it comes back with its last id, after the time that the server asks for."""

    def __init__(self, ports: list[int]) -> None:
        self.ports = ports
        self.heard: list[str] = []  # ids of messages
        self.told: list[str] = []  # types of what is no message
        self.retries: list[float] = []
        self.last_id = ""
        self.spread = 1.0  # a part of the time to wait, so that a test need not

    async def run(self) -> None:
        """Until it is cancelled."""
        retry = 100.0
        while True:
            try:
                headers = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
                raw = await Raw.get(random.choice(self.ports), "/listen?format=ndjson", headers)
                await raw.until(b"\r\n\r\n")
                assert b" 200 OK" in raw.received
                buffer = raw.body
                while True:
                    *lines, buffer = buffer.split(b"\n")
                    for line in lines:
                        retry = self._hear(json.loads(line)) or retry
                    data = await raw.reader.read(65536)
                    if not data:
                        break
                    buffer += data
            except (OSError, AssertionError):
                pass
            self.retries.append(retry)
            await asyncio.sleep(retry / 1000 * self.spread)

    def _hear(self, event: dict[str, Any]) -> float | None:
        self.last_id = event.get("id", self.last_id)
        if event["type"] == "message":
            self.heard.append(event["id"])
        elif event["type"] not in ("ready", "heartbeat", "bye"):
            self.told.append(event["type"])
        return event.get("retry")


class Speaker:
    """Says numbered messages, each again with its key until it is acknowledged."""

    def __init__(self, name: str, ports: list[int]) -> None:
        self.name = name
        self.ports = ports
        self.acknowledged: list[str] = []  # ids
        self.refused = 0
        self.stopping = False
        self.slowest = 0.0

    async def run(self) -> None:
        """Until it is told to stop; what it has begun to say it still says."""
        loop = asyncio.get_running_loop()
        while not self.stopping:
            text = f"{self.name}:{len(self.acknowledged)}"
            while True:
                began = loop.time()
                try:
                    answer = await asyncio.wait_for(self._say(text), DEADLINE * 2)
                except (OSError, AssertionError, IndexError):
                    answer = None
                self.slowest = max(self.slowest, loop.time() - began)
                if answer is not None:
                    self.acknowledged.append(answer["id"])
                    break
                self.refused += 1
                await asyncio.sleep(0.01)

    async def _say(self, text: str) -> dict[str, Any] | None:
        headers = f"Accept: application/json\r\nIdempotency-Key: {text}\r\n"
        body = json.dumps({"message": text}).encode()
        status, answer = await post(random.choice(self.ports), "/say", body, "application/json", headers)
        assert status in (200, 503)
        return json.loads(answer) if status == 200 else None


@asynccontextmanager
async def crowd(ports: list[int], speakers: int, listeners: int, spread: float = 0.1) -> AsyncIterator[Any]:
    """So many speak and listen meanwhile; at the end all have heard the last message.

    Yields the speakers and the listeners, and how to wait until each has acknowledged and heard some more.
    """
    hearing = [Listener(ports) for _ in range(listeners)]
    speaking = [Speaker(f"s{n}", ports) for n in range(speakers)]
    for listener in hearing:
        listener.spread = spread
    tasks = [asyncio.create_task(listener.run()) for listener in hearing]
    await say(ports[0], "first")
    await eventually(lambda: all(listener.heard or listener.last_id for listener in hearing))
    talk = [asyncio.create_task(speaker.run()) for speaker in speaking]

    async def more(count: int = 30) -> None:
        goals = [len(speaker.acknowledged) + count for speaker in speaking]
        await eventually(
            lambda: all(len(s.acknowledged) >= g for s, g in zip(speaking, goals, strict=True)), within=60
        )

    yield speaking, hearing, more
    for speaker in speaking:
        speaker.stopping = True
    await asyncio.gather(*talk)
    last = (await say(ports[0], "last"))["id"]
    await eventually(lambda: all(listener.heard[-1:] == [last] for listener in hearing), within=60)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results), results


def in_one_order(hearing: list[Listener], speaking: list[Speaker]) -> list[str]:
    """What all have heard: each everything from its first on, nothing twice, and all that was acknowledged."""
    longest = max((listener.heard for listener in hearing), key=len)
    for listener in hearing:
        assert len(set(listener.heard)) == len(listener.heard), "something was heard twice"
        assert listener.heard == longest[-len(listener.heard) :], "a gap, or another order"
    for speaker in speaking:
        places = [longest.index(id) for id in speaker.acknowledged]
        assert places == sorted(places), "a speaker was heard in another order than it spoke"
    return longest


async def test_same_order_everywhere(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """8 speakers and 20 listeners at 2 servers: all hear the same, in the same order."""
    ports = [start_server(f"--broker={redis.url}").port for _ in range(2)]
    async with crowd(ports, 8, 20) as (speaking, hearing, more):
        await more(100)
    assert len(in_one_order(hearing, speaking)) > 800
    assert [listener.told for listener in hearing] == [[]] * 20


async def refused(speaker: Speaker) -> None:
    """Wait until it is, once more."""
    before = speaker.refused
    await eventually(lambda: speaker.refused > before)


async def test_redis_is_killed(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """Under 3 processes and load, with its file kept: nothing is missing and nothing comes twice, listeners stay,
    and who speaks meanwhile is refused within two seconds.
    """
    server = start_server("--processes=3", f"--broker={redis.url}")
    async with crowd([server.port], 4, 30) as (speaking, hearing, more):
        for _ in range(3):
            await more()
            redis.kill()
            for speaker in speaking:
                await refused(speaker)
            health = await Raw.get(server.port, "/health")
            assert b'"failing"' in await health.rest()
            redis.start()
        await more()
    in_one_order(hearing, speaking)
    assert [listener.told for listener in hearing] == [[]] * 30
    assert [listener.retries for listener in hearing] == [[]] * 30, "a listener was cut off"
    print(f"slowest answer {max(s.slowest for s in speaking):.2f} s")


async def test_redis_is_wiped(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """Each listener hears one `reset`, and then all that is said: nothing is lost in silence."""
    server = start_server("--processes=3", f"--broker={redis.url}")
    async with crowd([server.port], 4, 30) as (_, hearing, more):
        await more()
        redis.command("FLUSHALL")
        await eventually(lambda: all(listener.told for listener in hearing))
        before = [(len(listener.heard), listener) for listener in hearing]
        await more()
    assert [listener.told for listener in hearing] == [["reset"]] * 30
    since = {tuple(listener.heard[count:]) for count, listener in before}
    tails = sorted(since, key=len)
    assert all(tail == tails[-1][-len(tail) :] for tail in tails)
    assert len(tails[0]) > 60


async def replaced(server: ServerProcess, pid: int) -> None:
    """Wait until there are 3 workers again."""
    await eventually(lambda: pid not in workers(server) and len(workers(server)) == 3)


async def test_worker_is_killed(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """`kill -9` of one process after another under load: their listeners go on elsewhere, without gap or repeat."""
    server = start_server("--processes=3", f"--broker={redis.url}")
    async with crowd([server.port], 4, 30) as (speaking, hearing, more):
        for victim in workers(server):
            await more()
            os.kill(victim, signal.SIGKILL)
            await replaced(server, victim)
        await more()
    in_one_order(hearing, speaking)
    assert [listener.told for listener in hearing] == [[]] * 30
    assert all(listener.retries for listener in hearing)


async def test_memory_while_redis_stalls(redis: RedisServer, start_server: Callable[..., ServerProcess]) -> None:
    """What cannot be kept does not pile up: it is refused, and the memory that it took is used again."""
    proxy = await Proxy(redis.path).start()
    server = await asyncio.to_thread(start_server, f"--broker={proxy.url}")
    body = b"message=" + b"x" * 60_000
    form = "application/x-www-form-urlencoded"
    assert (await post(server.port, "/say", body, form))[0] == 200
    before = peak = resident(server.process.pid)
    said = 0
    proxy.stall()

    async def insist() -> None:
        nonlocal peak, said
        for _ in range(15):
            status, answer = await post(server.port, "/say", body, form)
            assert status == 503, answer
            said += len(body)
            peak = max(peak, resident(server.process.pid))

    await asyncio.gather(*(insist() for _ in range(50)))
    print(f"{said / 1e6:.0f} MB said, {(peak - before) / 1e6:.0f} MB more memory at the most")
    assert peak - before < said / 4
    proxy.flow()
    await proxy.stop()


def resident(pid: int) -> int:
    """Bytes of memory that are the process's own."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Callable[[list[int]], int]]:
    """Starts an nginx that spreads requests over ports; returns its own."""
    running: list[subprocess.Popen[bytes]] = []

    def start(ports: list[int]) -> int:
        sock, port = bind_unused_port()
        sock.close()
        servers = "".join(f"server 127.0.0.1:{p} max_fails=1 fail_timeout=1s;" for p in ports)
        (tmp_path / "nginx.conf").write_text(
            f"""daemon off; master_process off; pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log;
            events {{ worker_connections 1024; }}
            http {{ access_log off; client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;
            fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
            upstream tornchat {{ {servers} }}
            server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://tornchat; proxy_http_version 1.1;
            proxy_set_header Connection ""; proxy_read_timeout 60s; }} }} }}"""
        )
        running.append(subprocess.Popen(["nginx", "-p", tmp_path, "-c", tmp_path / "nginx.conf"]))
        return port

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.needs("nginx")
async def test_rolling_restart(
    redis: RedisServer, start_server: Callable[..., ServerProcess], nginx: Callable[[list[int]], int]
) -> None:
    """3 servers behind nginx are stopped and started one after the other under load: 100 listeners miss nothing,
    and do not come back all at once.
    """
    servers = [start_server(f"--broker={redis.url}") for _ in range(3)]
    port = nginx([server.port for server in servers])
    await eventually(lambda: connects(port))
    async with crowd([port], 4, 100, spread=1.0) as (speaking, hearing, more):
        for index in range(3):
            await more(20)
            stopping = servers[index]
            stopping.signal()
            assert await stopping.ended(60) == 0
            await more(20)
            servers[index] = start_server(f"--broker={redis.url}", f"--port={stopping.port}")
        await more(20)
    in_one_order(hearing, speaking)
    assert [listener.told for listener in hearing] == [[]] * 100
    retries = [retry for listener in hearing for retry in listener.retries]
    assert len(retries) >= 100 / 3
    assert max(retries) - min(retries) > 1000, "they would come back all at once"


def connects(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
