"""One connection: gives requests to the application one after the other, and carries the answers."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from typing import Protocol, cast

from tornado.httputil import HTTPHeaders, HTTPInputError, RequestStartLine
from tornado.web import Application

from tornchat.engines import SEND_BUFFER_BYTES
from tornchat.engines._exchange import Exchange, failed
from tornchat.engines._requests import HeadTooLarge, Malformed, Requests

MAX_QUEUED = 100  # requests that a client may send ahead of the answers
MAX_QUEUED_BYTES = 1024 * 1024  # of their bodies
HEADER_SECONDS = 10.0  # for a request's head, from its first byte, or from the connection's begin
BODY_SECONDS = 60.0
IDLE_SECONDS = 120.0  # between requests; more than the 90 s of Heroku's router
NEVER = float("inf")

BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
TOO_LARGE_HEAD = BAD_REQUEST.replace(b"400 Bad Request", b"431 Request Header Fields Too Large")
TOO_MANY = BAD_REQUEST.replace(b"400 Bad Request", b"503 Service Unavailable")


@dataclass(frozen=True, slots=True)
class Peer:
    """What Tornado's HTTPServerRequest asks a connection for."""

    remote_ip: str
    protocol: str = "http"


class Owner(Protocol):
    """The server, as its connections see it."""

    app: Application
    connections: set[Connection]
    max_connections: int
    stopping: bool
    done: asyncio.Future[None]


class Connection(asyncio.Protocol):
    """Reads ahead only so far, answers in order, and waits for a socket that is full."""

    def __init__(self, server: Owner) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._requests = Requests(self._received)
        self._current: Exchange | None = None  # whose turn it is
        self._queue: list[Exchange] = []  # an empty deque takes 700 bytes
        self._error = b""  # what to say after the last answer, before closing
        self._eof = False
        self._held = False
        self._drained: asyncio.Future[None] | None = None  # while the socket does not take more
        self.deadline = self._loop.time() + HEADER_SECONDS

    # What happens to the connection.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(0)  # flush waits until the kernel has taken all
        peer = transport.get_extra_info("peername")
        self.context = Peer(peer[0] if peer else "")
        server = self._server
        if len(server.connections) >= server.max_connections:
            self._transport.write(TOO_MANY)
            self._transport.close()
        server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._queue.clear()
        self._release()
        current, self._current = self._current, None
        if current is not None:
            current.closed()

    def eof_received(self) -> bool:
        """The client will send no more. A long stream ends; what else was asked for is still answered."""
        self._eof = True
        cut, self._requests.receiving = self._requests.receiving, None  # in the middle of its body
        if cut is not None and cut is self._current:
            self.abort()
        elif cut is not None:
            self._queue.remove(cut)
        return self._current is not None and not self._held

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        self._release()

    def _release(self) -> None:
        """Let go who waits for the socket; the next write fails if the connection is closed."""
        if self._drained is not None:
            self._drained.set_result(None)
            self._drained = None

    # What the application does to it (`Wire`).

    @property
    def stopping(self) -> bool:
        return self._server.stopping

    def send(self, data: bytes) -> asyncio.Future[None]:
        if self._transport.is_closing():
            return failed()
        self._transport.write(data)
        return self._drained or self._server.done

    def answered(self, exchange: Exchange) -> None:
        if exchange is not self._current:
            return  # the connection was lost meanwhile
        self._current = None
        if not exchange.keep_alive or not exchange.received or (self._eof and not self._queue):
            self._transport.close()
        else:
            self._next()

    def abort(self) -> None:
        self._transport.abort()

    def end(self) -> None:
        """Close; at once if the socket does not take what is left."""
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        else:
            self._transport.close()

    def hold(self) -> None:
        """The connection ends with this response; what more the client sends is not looked at."""
        self._held = True
        self._queue.clear()
        self._requests.stop()
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        if self._eof:
            self._transport.close()
        self._transport.resume_reading()  # to see the client go

    # What the client sends.

    def data_received(self, data: bytes) -> None:
        if self._error or self._held:
            return
        if self._current is None and not self._requests.in_head:
            self.deadline = self._loop.time() + HEADER_SECONDS
        try:
            self._requests.feed(data)
        except HeadTooLarge:
            self._refuse(TOO_LARGE_HEAD)
        except Malformed:
            self._refuse(BAD_REQUEST)
        else:
            if len(self._queue) > MAX_QUEUED or sum(e.size for e in self._queue) > MAX_QUEUED_BYTES:
                self.abort()
            elif self._current is None:
                self._next()
            else:
                self._deliver(self._current)
            if self._queue and not self._held:
                self._transport.pause_reading()

    def _received(self, start_line: RequestStartLine, headers: HTTPHeaders, keep_alive: bool) -> Exchange:
        """The head of a request has come; its body goes into the exchange."""
        exchange = Exchange(self, start_line, headers, keep_alive and not self.stopping)
        self._queue.append(exchange)
        return exchange

    def _refuse(self, answer: bytes) -> None:
        """Nothing more is read. What was asked before is answered first."""
        self._error = answer
        if not self._held:  # else it is read and thrown away, so as to see the client go
            self._transport.pause_reading()
        broken, self._requests.receiving = self._requests.receiving, None
        if broken is not None and broken is self._current:
            self._current = None
            broken.closed()
            if broken.headers_written:
                self.abort()
                return
        elif broken is not None:
            self._queue.remove(broken)
        if self._current is None:
            self._next()

    # What the application gets.

    def _next(self) -> None:
        """Give the application the next request, or wait for it."""
        if not self._queue:
            if self._error:
                self._transport.write(self._error)
                self._transport.close()
            else:
                self.deadline = self._loop.time() + (HEADER_SECONDS if self._requests.in_head else IDLE_SECONDS)
                self._transport.resume_reading()
            return
        exchange = self._current = self._queue.pop(0)
        self.deadline = NEVER if exchange.received else self._loop.time() + BODY_SECONDS
        exchange.delegate = self._server.app.start_request(self, exchange)
        try:
            prepared = exchange.delegate.headers_received(exchange.start_line, exchange.headers)
        except HTTPInputError:
            self._current = None
            self._queue.clear()
            self._refuse(BAD_REQUEST)
            return
        if prepared is None:
            self._prepared(exchange)
        else:
            future = asyncio.ensure_future(prepared)
            future.add_done_callback(lambda _: self._prepared(exchange))

    def _prepared(self, exchange: Exchange) -> None:
        """The handler is ready for the body."""
        exchange.prepared = True
        length = exchange.headers.get("Content-Length", "0")
        if int(length) > exchange.max_body_size and not exchange.finished:
            self._refuse(BAD_REQUEST)
        elif exchange.headers.get("Expect", "").lower() == "100-continue" and not exchange.headers_written:
            self.send(b"HTTP/1.1 100 (Continue)\r\n\r\n")
        self._deliver(exchange)

    def _deliver(self, exchange: Exchange) -> None:
        """Give the application what has come of the body."""
        if exchange is not self._current or not exchange.prepared or exchange.delegate is None:
            return
        while exchange.chunks and not exchange.finished:
            waiting = exchange.delegate.data_received(exchange.chunks.pop(0))
            if waiting is not None:
                self._transport.pause_reading()
                asyncio.ensure_future(waiting).add_done_callback(lambda _: self._deliver(exchange))
                return
        if not exchange.received:
            self._transport.resume_reading()
        elif not exchange.delivered:
            self.deadline = NEVER
            exchange.deliver()
