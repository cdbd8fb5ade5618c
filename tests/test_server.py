"""Starting and stopping, with real processes, signals and curl."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from collections.abc import Callable
from time import monotonic

import pytest

from tests.support import Raw, ServerProcess, eventually, listening, objects, say
from tornchat.config import Config
from tornchat.errors import ConfigError
from tornchat.handlers._base import Context
from tornchat.server import bind

Start = Callable[..., ServerProcess]


def curl(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["curl", "-sN", *arguments], stdout=subprocess.PIPE)


async def output(process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Exit code and all that it printed."""
    printed, _ = await asyncio.to_thread(process.communicate, timeout=10)
    return process.returncode, printed


@pytest.mark.needs("curl")
async def test_curl_hears_the_end(start_server: Start) -> None:
    """SIGTERM: what was said arrives, the stream ends cleanly (curl exits 0, not 18), so does the server."""
    server = start_server()
    formats = ("plain", "sse", "ndjson")
    listeners = [curl(f"localhost:{server.port}/listen?format={name}") for name in formats]
    server.wait_for_log("3 in all")
    assert await output(curl(f"localhost:{server.port}/say", "-d", "message=last")) == (0, b"ok.")
    server.signal()
    for listener in listeners:
        code, printed = await output(listener)
        assert code == 0
        assert printed.index(b"last") < printed.index(b"bye")
    assert await server.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_idle_server_stops_at_once(start_server: Start, number: signal.Signals) -> None:
    """Nothing to wait for; new connections are refused."""
    server = start_server("--drain-seconds=60")
    raw = await Raw.get(server.port, "/health", version="1.1")  # a connection that is kept
    await raw.until(b'"ok"')
    server.signal(number)
    assert await server.ended() == 0
    assert b"ok" in await raw.rest()
    with pytest.raises(OSError, match="Connect"):
        await Raw.open(server.port)
    raw.close()


async def test_says_in_flight_are_finished(start_server: Start) -> None:
    """A say whose body is still on its way is answered, kept and delivered; then comes `bye`."""
    server = start_server()
    async with listening(server.port, "/listen?format=ndjson") as listener:
        says = [await Raw.open(server.port) for _ in range(50)]
        for raw in says:
            raw.writer.write(
                b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                b'Content-Length: 20\r\nExpect: 100-continue\r\n\r\n{"message":'
            )
        for raw in says:
            await raw.until(b"100 (Continue)")
        server.signal()
        server.wait_for_log("stopping")
        for raw in says:
            raw.writer.write(b' "late" }')
        for raw in says:
            await raw.until(b"ok.")
            assert b"HTTP/1.1 200 OK" in raw.received
        await listener.rest()
        types = [event["type"] for event in objects(listener.body)]
        assert types == ["ready", *["message"] * 50, "bye"]
    assert await server.ended() == 0
    for raw in says:
        raw.close()


@pytest.mark.slow
async def test_stuck_reader_does_not_hold_the_stop(start_server: Start) -> None:
    """A listener that does not read, and a body that never comes: the exit is in time, and clean."""
    server = start_server("--drain-seconds=1", "--backlog-bytes=100000000")
    stuck = await Raw.get(server.port, "/listen")
    await stuck.until(b"\r\n\r\n")
    stuck.writer.transport.pause_reading()  # type: ignore[attr-defined]
    half = await Raw.open(server.port)
    half.writer.write(b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n")
    async with listening(server.port) as quick:
        for _ in range(100):
            await say(server.port, "x" * 65_000)
        began = monotonic()
        server.signal()
        assert (await quick.rest()).endswith(b"* bye: shutdown\r\n")
    assert await server.ended() == 0
    assert monotonic() - began < 10
    half.close()
    stuck.close()


async def test_second_signal_ends_at_once(start_server: Start) -> None:
    """For who will not wait."""
    server = start_server("--drain-seconds=600")
    half = await Raw.open(server.port)
    half.writer.write(
        b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n"
    )
    await half.until(b"100 (Continue)")
    server.signal(signal.SIGINT)
    server.wait_for_log("stopping")
    server.signal(signal.SIGINT)
    assert await server.ended() == 128 + signal.SIGINT
    half.close()


async def test_kept_connection_while_draining(start_server: Start) -> None:
    """It still gets an answer, that says it is the last; `/listen` is cut without a status."""
    server = start_server("--drain-seconds=60")
    half = await Raw.open(server.port)
    half.writer.write(b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n")
    await half.until(b"100 (Continue)")
    kept = [await Raw.get(server.port, "/health", version="1.1") for _ in range(3)]
    for raw in kept:
        await raw.until(b'"ok"')
        raw.received = b""
    server.signal()
    server.wait_for_log("stopping")
    for raw, path in zip(kept, ("/health", "/say?message=more", "/listen"), strict=True):
        raw.writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    health, said, listen = [await raw.rest() for raw in kept]
    assert health.startswith(b"HTTP/1.1 503 ")
    assert said.startswith(b"HTTP/1.1 200 ")
    assert b"\r\nConnection: close\r\n" in health
    assert b"\r\nConnection: close\r\n" in said
    assert listen == b""
    half.writer.write(b"x")
    assert b"415" in await half.rest()
    assert await server.ended() == 0
    for raw in (half, *kept):
        raw.close()


def test_greeting_says_what_to_type(start_server: Start) -> None:
    """One line."""
    server = start_server()
    assert server.greeting == (
        f"tornchat listens on port {server.port}. Type: curl -N localhost:{server.port}/listen\n"
    )


async def test_listens_on_both_loopbacks(start_server: Start) -> None:
    """`localhost` may resolve to either."""
    server = start_server()
    for host in ("127.0.0.1", "::1"):
        raw = await Raw.open(server.port, host)
        raw.close()


def test_port_in_use() -> None:
    """Which address, why, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"127.0.0.1 port {port} \(Address already in use\): end what"):
            bind(Config(port=port))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (Config(address=("192.0.2.1",), port=0), r"192.0.2.1 port 0 \(Cannot assign requested address\)"),
        (Config(address=("no such host",), port=0), r"no such host port 0 \(.+\)"),
        (Config(address=("127.0.0.1", "192.0.2.1"), port=0), r"192.0.2.1 port \d+ \(Cannot assign"),
        (Config(address=()), "address is empty: give one"),
    ],
)
def test_cannot_listen(options: Config, error: str) -> None:
    """An address that is not of this machine, or none at all."""
    with pytest.raises(ConfigError, match=error):
        bind(options)


def test_vanished_peers_are_probed() -> None:
    """Accepted sockets inherit the options of the listening one (the effect: faults/test_vanished.py)."""
    [listening_socket] = bind(Config(address=("127.0.0.1",), port=0))
    with listening_socket, socket.create_connection(listening_socket.getsockname()):
        listening_socket.setblocking(True)
        accepted, _ = listening_socket.accept()
        with accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 20
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 10


async def test_in_flight_forgets_who_left(port: int, context: Context) -> None:
    """A client that goes away in the middle of its body does not hold a stop."""
    raw = await Raw.open(port)
    raw.writer.write(b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nx")
    await eventually(lambda: context.in_flight)
    raw.reset()
    await eventually(lambda: not context.in_flight)
