"""Our HTTP server: httptools (llhttp) parses, an asyncio protocol carries, Tornado's handlers answer.

It drives the interface that Tornado's own server does (`HTTPServerConnectionDelegate`), so that handlers see no
difference, at a fraction of the cost. Where the two differ, this one is stricter (docs/protocol.md).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import cast

from tornado.httputil import HTTPServerRequest
from tornado.ioloop import PeriodicCallback
from tornado.web import Application

from tornchat.engines import BACKLOG
from tornchat.engines._connection import Connection
from tornchat.engines._exchange import Exchange

ACCEPTS_A_TURN = 8


class HttptoolsServer:
    """All connections, and one timer that ends those that take too long."""

    def __init__(self, app: Application, max_connections: int) -> None:
        self.app = app
        self.max_connections = max_connections
        self.connections: set[Connection] = set()
        self.stopping = False
        self.done = asyncio.get_running_loop().create_future()  # what a write returns that need not wait
        self.done.set_result(None)
        self._servers: list[asyncio.Server] = []
        self._sweeper = PeriodicCallback(self._sweep, 1000)

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Begin to accept."""
        loop = asyncio.get_running_loop()
        for sock in sockets:
            # uvloop accepts one connection a turn of the loop from each socket, so that under load a new one
            # waited for all that came before it, seconds in a flood: so each is listened on several times.
            for each in (sock, *(sock.dup() for _ in range(ACCEPTS_A_TURN - 1))):
                self._servers.append(await loop.create_server(lambda: Connection(self), sock=each, backlog=BACKLOG))
        self._sweeper.start()

    def stop_accepting(self) -> None:
        """See `Server`."""
        self.stopping = True
        for server in self._servers:
            server.close()

    async def close(self) -> None:
        """See `Server`."""
        self._sweeper.stop()
        while self.connections:
            for connection in tuple(self.connections):
                connection.end()
            await asyncio.sleep(0)

    def _sweep(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in [c for c in self.connections if c.deadline < now]:
            connection.abort()


async def start(app: Application, sockets: Sequence[socket.socket], max_connections: int) -> HttptoolsServer:
    """See `Engine.start`."""
    server = HttptoolsServer(app, max_connections)
    await server.start(sockets)
    return server


def hold(request: HTTPServerRequest) -> Callable[[], None]:
    """See `Engine.hold`."""
    exchange = cast(Exchange, request.connection)
    exchange.hold()
    return exchange.wire.abort
