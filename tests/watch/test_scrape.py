"""Scraping: a real node_exporter, and targets that do what they should not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from time import time
from typing import Any

import pytest
from tornado.testing import bind_unused_port

from tests.support import eventually
from tornchat.errors import ConfigError
from tornchat.watch.agents import Reading, prometheus
from tornchat.watch.host import HostEvent
from tornchat.watch.hosts import Hosts
from tornchat.watch.scrape import IN_THREAD_BYTES, MAX_BYTES, Scraper, Target

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]
METRICS = b"node_load1 0.5\n"


class Heard:
    """What a scraper has told."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.failures: list[tuple[Target, str]] = []

    def failed(self, target: Target, error: str) -> None:
        self.failures.append((target, error))


@asynccontextmanager
async def scraping(*targets: str, interval: float = 5) -> AsyncIterator[Heard]:
    """A scraper that runs meanwhile."""
    heard = Heard()
    scraper = Scraper(map(Target.parse, targets), heard.readings.append, heard.failed, interval)
    task = asyncio.create_task(scraper.run())
    try:
        yield heard
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[str]:
    """A target that answers so; as host:port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def with_bytes(data: bytes) -> Answer:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return answer


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


@pytest.mark.needs("prometheus-node-exporter")
async def test_a_real_node_exporter(node_exporter: str) -> None:
    """As Debian's package comes: two scrapes later all numbers are there, and can be."""
    hosts, events = Hosts(), list[HostEvent]()
    async with scraping(node_exporter, interval=0.7) as heard:
        await eventually(lambda: len(heard.readings) >= 2)
    for reading in heard.readings:
        events += hosts.observe([reading], time())
    assert [event.kept for event in events][:2] == [True, False]
    first, second = heard.readings[:2]
    assert first.cpu_time is not None
    assert second.cpu_time is not None
    assert second.at - first.at > 0.5
    assert second.cpu_time.total > first.cpu_time.total
    data = events[1].data
    assert data["host"] == second.host != "127.0.0.1"
    assert (data["state"], data["agent"]) == ("live", "node_exporter")
    assert 0 <= data["cpu"] <= 100
    assert 0 < data["mem_used"] < data["mem_total"]
    assert data["cores"] >= 1
    assert data["uptime"] > 0
    assert data["os"]
    assert data["load15"] >= 0


FILLED = METRICS + b"# nothing\n" * (MAX_BYTES // 10)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "it answers 404"),
        (ok(b"<html>"), "there is no node_ metric"),
        (ok(b"node_load1 x\n"), "line 1 is not Prometheus text"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nnode_load1 0.5\n", "it closed"),
        (ok(FILLED), "longer than 8388608 bytes"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(FILLED), FILLED),
            "longer than",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "it closed"),
    ],
    ids=["404", "HTML", "broken", "cut off", "long", "long in chunks", "no HTTP"],
)
async def test_a_target_that_answers_wrong(answer: bytes, error: str) -> None:
    """It is said what is wrong with it, in words that lead to the mistake."""
    async with answering(with_bytes(answer)) as address, scraping(address) as heard:
        await eventually(lambda: heard.failures or heard.readings)
    assert heard.readings == []
    assert error in heard.failures[0][1]
    assert heard.failures[0][0].name == f"http://{address}/metrics"


async def test_a_redirect_is_not_followed() -> None:
    """It could lead anywhere, and nobody but the operator may say who is asked."""
    head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://"
    async with answering(with_bytes(ok(METRICS))) as elsewhere:
        answer = with_bytes(head + elsewhere.encode() + b"/\r\n\r\n")
        async with answering(answer) as address, scraping(address) as heard:
            await eventually(lambda: heard.failures or heard.readings)
    assert heard.readings == []
    assert heard.failures[0][1] == "it answers 302"


async def test_a_target_that_is_not_there() -> None:
    """Nothing listens, or there is no such host."""
    socket, port = bind_unused_port()
    socket.close()
    async with scraping(f"127.0.0.1:{port}") as heard:
        await eventually(lambda: heard.failures)
    assert "refused" in heard.failures[0][1]


async def test_a_target_that_hangs_holds_up_nobody() -> None:
    """It is given up before its next turn, and is never asked twice at once; others go on meanwhile."""
    at_once, most = 0, 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await reader.read()  # until the other side closes
        at_once -= 1

    async with (
        answering(hang) as hanging,
        answering(with_bytes(ok(METRICS))) as good,
        scraping(hanging, good, interval=0.2) as heard,
    ):
        await eventually(lambda: len(heard.failures) >= 3 and len(heard.readings) >= 3)
    assert {error for _, error in heard.failures} == {"no answer within 0.14 s"}
    assert most == 1


@pytest.mark.parametrize(("size", "off_the_loop"), [(0, False), (IN_THREAD_BYTES, True)])
async def test_much_is_read_off_the_loop(size: int, off_the_loop: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is scraped, listeners are served meanwhile."""
    threads = []

    def scraped(*arguments: Any) -> Reading:
        threads.append(threading.current_thread())
        return real(*arguments)

    real = prometheus.scraped
    monkeypatch.setattr(prometheus, "scraped", scraped)
    body = METRICS + b"go_threads 7\n" * (size // 13 + 1)
    async with answering(with_bytes(ok(body))) as address, scraping(address) as heard:
        await eventually(lambda: heard.readings)
    assert heard.readings[0].numbers == {"load1": 0.5}
    assert heard.readings[0].host == "127.0.0.1"
    assert (threads[0] is not threading.main_thread()) == off_the_loop


async def test_no_targets() -> None:
    """It waits for nothing, and so does nothing."""
    await Scraper([], lambda reading: None, lambda target, error: None).run()


@pytest.mark.parametrize(
    ("text", "url", "host", "name"),
    [
        ("web1:9100", "http://web1:9100/metrics", "web1", "http://web1:9100/metrics"),
        ("[::1]:9100", "http://[::1]:9100/metrics", "::1", "http://[::1]:9100/metrics"),
        ("https://me:secret@web1/m", "https://me:secret@web1/m", "web1", "https://web1/m"),
    ],
)
def test_targets(text: str, url: str, host: str, name: str) -> None:
    """What is shown of it has no password."""
    assert Target.parse(text) == Target(url, host, name)


@pytest.mark.parametrize("text", ["", "ftp://web1/metrics", "file:///etc/passwd", "http://", "web1:port", "[::1"])
def test_no_targets_at_all(text: str) -> None:
    """A slip in the configuration is told at the start, not as a host that is never seen."""
    with pytest.raises(ConfigError, match="host:port"):
        Target.parse(text)
