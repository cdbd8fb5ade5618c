"""Tornado's own HTTP server: the reference, and the slower one."""

from __future__ import annotations

import asyncio
import select
import socket
from collections.abc import Callable, Sequence
from typing import cast
from weakref import WeakKeyDictionary, WeakValueDictionary

from tornado.http1connection import HTTP1Connection
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream
from tornado.web import Application

from tornchat.engines import SEND_BUFFER_BYTES

IDLE_SECONDS = 120  # more than the 90 s of Heroku's router; it is the limit for headers too
BODY_SECONDS = 60


class TornadoServer:
    """A running `HTTPServer`."""

    def __init__(self, app: Application) -> None:
        self.http = HTTPServer(app, idle_connection_timeout=IDLE_SECONDS, body_timeout=BODY_SECONDS)

    def stop_accepting(self) -> None:
        self.http.stop()
        self.http.conn_params.no_keep_alive = True

    async def close(self) -> None:
        await self.http.close_all_connections()


async def start(app: Application, sockets: Sequence[socket.socket], max_connections: int) -> TornadoServer:
    """See `Engine.start`. Tornado's server does not count its connections."""
    server = TornadoServer(app)
    server.http.add_sockets(sockets)
    return server


def hold(request: HTTPServerRequest) -> Callable[[], None]:
    """See `Engine.hold`."""
    stream = cast(HTTP1Connection, request.connection).stream
    if not stream.closed():
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        stream.set_nodelay(True)
        if hasattr(select, "epoll"):
            _hangups().watch(stream)
    return stream.close


class _Hangups:
    """Closes streams whose peer has hung up.

    IOStream stops to look at a socket while bytes that nobody reads lie in its buffer, as after a
    pipelined request, and so misses the hangup. One epoll of our own, itself watched by the loop,
    sees it whatever was read. A closed descriptor leaves the epoll by itself.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._epoll = select.epoll()
        self._streams: WeakValueDictionary[int, IOStream] = WeakValueDictionary()
        loop.add_reader(self._epoll.fileno(), self._on_hangup)

    def watch(self, stream: IOStream) -> None:
        fd = stream.socket.fileno()
        self._streams[fd] = stream
        self._epoll.register(fd, select.EPOLLRDHUP | select.EPOLLONESHOT)

    def _on_hangup(self) -> None:
        for fd, _ in self._epoll.poll(0):
            if (stream := self._streams.pop(fd, None)) is not None:
                stream.close()


_watchers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Hangups] = WeakKeyDictionary()


def _hangups() -> _Hangups:
    """The watcher of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _watchers:
        _watchers[loop] = _Hangups(loop)
    return _watchers[loop]
