"""One request and its response, as Tornado's handlers know it: an `HTTPConnection` (tornado/httputil.py).

It frames the response to the byte as tornado/http1connection.py does. What differs: a response without a length
to an HTTP/1.0 client always ends with the connection, whatever the client asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPOutputError,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.iostream import StreamClosedError

NO_HEADERS = HTTPHeaders()  # in place of those that nobody will look at again
MAX_BODY_BYTES = 100 * 1024 * 1024  # Tornado's own limit; handlers have lower ones


class Wire(Protocol):
    """The connection below."""

    @property
    def context(self) -> object:
        """Has `remote_ip` and `protocol`, for HTTPServerRequest."""

    @property
    def stopping(self) -> bool:
        """Whether no request is to follow."""

    def send(self, data: bytes) -> asyncio.Future[None]:
        """Write. The future is done when the socket has taken all; it fails if the connection is closed."""

    def answered(self, exchange: Exchange) -> None:
        """The response is complete."""

    def abort(self) -> None:
        """Cut the connection."""

    def hold(self) -> None:
        """The response will be long: see `Engine.hold`."""


class Exchange(HTTPConnection):
    """Collects the request, writes the response."""

    def __init__(self, wire: Wire, start_line: RequestStartLine, headers: HTTPHeaders, keep_alive: bool) -> None:
        self.wire = wire
        self.context = wire.context
        self.start_line = start_line
        self.headers = headers
        self.delegate: HTTPMessageDelegate | None = None  # from when its turn has come
        self.chunks: list[bytes] = []  # of the body, not yet given to the delegate
        self.size = 0  # of the body, so far
        self.prepared = False  # the delegate is ready for it
        self.received = False  # the request is complete
        self.delivered = False  # and the delegate has it all
        self.finished = False  # the response is complete
        self.keep_alive = keep_alive
        self.max_body_size = MAX_BODY_BYTES
        self.headers_written = False
        self._chunking = False
        self._remaining: int | None = None  # of the Content-Length that was announced
        self._close_callback: Callable[[], None] | None = None

    def set_close_callback(self, callback: Callable[[], None] | None) -> None:
        """What to call if the client goes away before the response is complete."""
        self._close_callback = callback

    def set_max_body_size(self, max_body_size: int) -> None:
        """The limit for this request."""
        self.max_body_size = max_body_size

    def deliver(self) -> None:
        """The delegate has all, and its handler takes over. Delegate and exchange hold each other: let go, they
        are free memory when the handler is done; else only when the garbage collector comes.
        """
        delegate, self.delegate = self.delegate, None
        self.delivered = True
        assert delegate is not None
        delegate.finish()

    def hold(self) -> None:
        """The response will be long, and the last: see `Engine.hold`."""
        self.keep_alive = False
        self.headers = NO_HEADERS
        self.wire.hold()

    def closed(self) -> None:
        """The client has gone away."""
        if self.delivered:
            if self._close_callback is not None:
                self._close_callback()
        elif self.delegate is not None:
            self.delegate.on_connection_close()

    def write_headers(
        self,
        start_line: RequestStartLine | ResponseStartLine,
        headers: HTTPHeaders,
        chunk: bytes | None = None,
    ) -> asyncio.Future[None]:
        """See `HTTPConnection.write_headers`."""
        assert isinstance(start_line, ResponseStartLine)
        method, _, version = self.start_line
        code = start_line.code
        self.headers_written = True
        has_length = "Content-Length" in headers
        bodiless = method == "HEAD" or code in (204, 304)
        self._chunking = version == "HTTP/1.1" and not has_length and not bodiless
        if headers.get("Connection", "").lower() == "close" or self.wire.stopping:
            self.keep_alive = False
        if version == "HTTP/1.0" and not has_length and not bodiless:
            self.keep_alive = False
        if not self.keep_alive:
            headers["Connection"] = "close"
        elif version == "HTTP/1.0":
            headers["Connection"] = "Keep-Alive"
        if self._chunking:
            headers["Transfer-Encoding"] = "chunked"
        self._remaining = 0 if bodiless else int(headers["Content-Length"]) if has_length else None
        lines = [f"HTTP/1.1 {code} {start_line.reason}", *(f"{k}: {v}" for k, v in headers.get_all()), "", ""]
        head = "\r\n".join(lines)
        if head.count("\n") != len(lines) - 1 or head.count("\r") != len(lines) - 1:
            raise ValueError("illegal characters (CR or LF) in header")
        return self.wire.send(head.encode("latin1") + self._framed(chunk or b""))

    def write(self, chunk: bytes) -> asyncio.Future[None]:
        """See `HTTPConnection.write`."""
        return self.wire.send(self._framed(chunk))

    def finish(self) -> None:
        """See `HTTPConnection.finish`."""
        if self._remaining:
            self.wire.abort()
            raise HTTPOutputError(f"tried to write {self._remaining} bytes less than Content-Length")
        if self._chunking:
            self.wire.send(b"0\r\n\r\n")
        self.finished = True
        self.wire.answered(self)

    def _framed(self, chunk: bytes) -> bytes:
        if self._remaining is not None:
            self._remaining -= len(chunk)
            if self._remaining < 0:
                self.wire.abort()
                raise HTTPOutputError("tried to write more data than Content-Length")
        return _as_chunk(chunk) if self._chunking and chunk else chunk


_last_chunk = _last_framed = b""


def _as_chunk(chunk: bytes) -> bytes:
    """The chunk with its size. All clients of a feed are given one and the same object, one after the other, so the
    last result mostly serves: one copy for a feed, not one for each of its clients.
    """
    global _last_chunk, _last_framed
    if chunk is not _last_chunk:
        _last_chunk, _last_framed = chunk, b"%x\r\n%b\r\n" % (len(chunk), chunk)
    return _last_framed


def failed() -> asyncio.Future[None]:
    """What a write on a closed connection returns."""
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_exception(StreamClosedError())
    future.exception()  # nobody need look at it
    return future
