"""One attempt of a port."""

from __future__ import annotations

import socket
from typing import Any

from tornado.testing import bind_unused_port

from tests.elsewhere import Elsewhere
from tests.support import eventually
from tornchat.watch.check import Check, Result
from tornchat.watch.checks.tcp import attempt


def check(target: str, **fields: Any) -> Check:
    return Check(name="x", kind="tcp", target=target, **({"timeout": 10.0} | fields))


async def test_well() -> None:
    """Somebody listens; the connection does not stay."""
    async with Elsewhere(None) as server:
        found = await attempt(check(f"127.0.0.1:{server.port}"))
        assert (found.ok, found.error, found.code) == (True, "", None)
        assert found.latency is not None
        assert 0 < found.latency < 10
        await eventually(lambda: server.most_open == 1 and server.open == 0)


async def test_refused() -> None:
    """Nobody listens, at one address or at all that a name has."""
    sock, port = bind_unused_port()
    sock.close()
    for host in ("127.0.0.1", "localhost"):
        assert await attempt(check(f"{host}:{port}")) == Result(False, "connection refused")


async def test_no_such_place() -> None:
    """Here one of an interface that is not there, so that no name server is asked."""
    assert (await attempt(check("[fe80::5ec%secret]:80"))).error.startswith("no address: ")


async def test_who_never_answers() -> None:
    """A full backlog drops what knocks, as a firewall does."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        place = full.getsockname()
        waiting = []
        while True:
            knock = socket.socket()
            waiting.append(knock)
            knock.settimeout(0.2)
            try:
                knock.connect(place)
            except TimeoutError:
                break
        assert await attempt(check(f"127.0.0.1:{place[1]}", timeout=0.1)) == Result(False, "no answer within 0.1 s")
        for knock in waiting:
            knock.close()
