"""What only our engine has: its limits and its timeouts."""

from __future__ import annotations

import gc
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast
from unittest.mock import patch

import pytest

from tests.support import Raw, ServerProcess, eventually, listening, ndjson, post, say
from tornchat.engines import Server, _connection
from tornchat.engines.httptools import HttptoolsServer
from tornchat.handlers._base import Context
from tornchat.handlers.health import HealthHandler
from tornchat.hub import Hub

HOST = b"Host: localhost\r\n"
HEALTH = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"


@pytest.fixture
def engine() -> str:
    """Not for Tornado's server, which has limits of its own."""
    return "httptools"


@pytest.fixture
def server(http_server: Server) -> HttptoolsServer:
    return cast(HttptoolsServer, http_server)


@pytest.fixture
def impatient() -> Iterator[None]:
    """All that may take long may not."""
    with (
        patch.object(_connection, "HEADER_SECONDS", 0.1),
        patch.object(_connection, "BODY_SECONDS", 0.1),
        patch.object(_connection, "IDLE_SECONDS", 0.1),
    ):
        yield


async def test_what_was_answered_is_not_left_to_the_garbage_collector(port: int) -> None:
    """Cycles are: at 9,000 says a second their collection held all others up for 13 ms."""
    raw = await Raw.open(port)
    gc.disable()
    try:
        raw.writer.write(HEALTH)
        await raw.until(b"\r\n\r\n")
        await eventually(lambda: not any(isinstance(thing, HealthHandler) for thing in gc.get_objects()))
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET /health HT",
        b"GET /health HTTP/1.1\r\nHo",
        b"POST /say HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nmess",
        HEALTH,
        HEALTH + b"GET",
    ],
)
@pytest.mark.slow
async def test_who_takes_too_long_is_closed(
    impatient: None, port: int, server: HttptoolsServer, data: bytes
) -> None:
    """Nothing said, half a head, half a body, idle after an answer, half of the next head."""
    raw = await Raw.open(port)
    raw.writer.write(data)
    await raw.rest()
    assert (b'"ok"' in raw.received) == data.startswith(HEALTH)
    await eventually(lambda: not server.connections)


async def test_stream_is_not_idle(impatient: None, port: int, server: HttptoolsServer) -> None:
    """No timeout of a request ends a `/listen`."""
    async with listening(port) as listener:
        server._sweep()
        for connection in server.connections:
            assert connection.deadline == float("inf")
        await say(port, "hi")
        await listener.until(b"anonymous hi\r\n")


@pytest.mark.needs("ss")
def test_many_may_knock_at_once(start_server: Callable[..., ServerProcess]) -> None:
    """The kernel holds as many as we asked for (asyncio would set its own number, 100)."""
    server = start_server()
    listing = subprocess.run(["ss", "-Hltn", f"sport = :{server.port}"], capture_output=True, text=True, check=True)
    backlogs = {int(line.split()[2]) for line in listing.stdout.splitlines()}
    somaxconn = int(Path("/proc/sys/net/core/somaxconn").read_text())
    assert backlogs == {min(1024, somaxconn)}


@pytest.mark.options(max_connections=3)
async def test_one_connection_too_many(port: int, server: HttptoolsServer) -> None:
    """503, and there is room again as soon as one leaves."""
    first = [await Raw.get(port, "/listen", version="1.1") for _ in range(3)]
    for raw in first:
        await raw.until(b"\r\n\r\n")
    refused = await Raw.open(port)
    assert (await refused.rest()).startswith(b"HTTP/1.1 503 ")
    first[0].close()
    await eventually(lambda: len(server.connections) == 2)
    again = await Raw.get(port, "/health", version="1.1")
    await again.until(b'"ok"')


async def test_pipeline_is_answered_in_order(port: int) -> None:
    """100 requests at once: 100 answers, each that of its own request."""
    raw = await Raw.open(port)
    raw.writer.write(b"".join(b"GET /%d HTTP/1.1\r\n%b\r\n" % (n, HOST) for n in range(100)))
    await raw.until(b"'/99'")
    answered = [int(line.split(b"'/")[1].split(b"'")[0]) for line in raw.received.split(b"\n") if b"'/" in line]
    assert answered == list(range(100))


async def test_half_a_request_behind_a_whole_one(port: int, server: HttptoolsServer) -> None:
    """A client that closes its side in the middle of its second body still gets the first answer."""
    raw = await Raw.open(port)
    raw.writer.write(HEALTH + b"POST /say HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nmess")
    raw.writer.write_eof()
    assert b'"ok"' in await raw.rest()
    await eventually(lambda: not server.connections)


async def test_pipeline_has_an_end(port: int, server: HttptoolsServer) -> None:
    """Who sends without end and does not wait is closed."""
    raw = await Raw.open(port)
    raw.writer.write(HEALTH * 1000)
    await raw.rest()
    await eventually(lambda: not server.connections)


async def test_garbage_behind_a_stream_does_not_hide_the_end(port: int, hub: Hub) -> None:
    """The stream goes on, and that the client leaves is seen."""
    async with listening(port) as listener:
        listener.writer.write(b"\r\n\x00garbage\r\n\r\n")
        await say(port, "hi")
        await listener.until(b"anonymous hi\r\n")
    await eventually(lambda: not hub.clients)


async def test_large_body_then_the_next_request(port: int) -> None:
    """The end of a body and the beginning of the next head in one read: no head is too large."""
    raw = await Raw.open(port)
    body = b"message=" + b"x" * 60_000
    form = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body)
    raw.writer.write((b"POST /say HTTP/1.1\r\n" + HOST + form + body) * 20 + b"GET /hea")
    raw.writer.write(HEALTH.removeprefix(b"GET /hea"))
    await raw.until(b'"ok"')
    assert raw.received.count(b"ok.") == 20


async def test_answers_to_who_only_reads_slowly(port: int, hub: Hub) -> None:
    """A flush waits until the kernel has taken all; then the stream goes on."""
    async with listening(port) as listener:
        listener.writer.transport.pause_reading()  # type: ignore[attr-defined]
        [client] = hub.clients
        said = 0
        while client.flush_began is None or not client.backlog:
            await post(port, "/say", ndjson(["x" * 1000] * 50), "application/x-ndjson")
            said += 50
        listener.writer.transport.resume_reading()  # type: ignore[attr-defined]
        await say(port, "end")
        await listener.until(b"anonymous end\r\n")
        assert listener.body.count(b"x" * 1000) == said


async def test_drain_closes_after_the_answer(port: int, server: HttptoolsServer, context: Context) -> None:
    """Each open connection gets one more answer, which says that it is the last."""
    raw = await Raw.get(port, "/health", version="1.1")
    await raw.until(b'"ok"')
    server.stop_accepting()
    raw.writer.write(HEALTH)
    await raw.rest()
    assert raw.received.count(b"HTTP/1.1 200") == 2
    assert raw.received.count(b"Connection: close") == 1
