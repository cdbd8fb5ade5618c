"""Stands before every handler: bounds the body of a request, and knows which requests are not answered yet.

A handler sees a request only when it is complete, and Tornado answers a body that is too long with a bare 400.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import cast

from tornado.http1connection import HTTP1Connection
from tornado.httputil import (
    HTTPHeaders,
    HTTPMessageDelegate,
    HTTPServerRequest,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.web import Application

from tornchat.errors import TooLarge, TornchatError, UnsupportedType
from tornchat.handlers._base import BaseHandler, Context

DISCARD_BYTES = 64 * 1024 * 1024  # longest body that is read just to be answered 413


class BoundedBody(HTTPMessageDelegate):
    """Passes a request on to its handler; but one whose body is compressed or longer than its handler takes to
    that which refuses it.

    A long body is read to its end: a client that is still sending when the connection closes does not see the
    answer. One that waits for leave to send, or would send without end, is answered at once.
    """

    def __init__(
        self,
        app: Application,
        inner: HTTPMessageDelegate,
        request: HTTPServerRequest,
        context: Context,
        *,
        limit: int,
        takes_gzip: bool,
    ) -> None:
        self._app = app
        self._inner = inner
        self._request = request
        self._context = context
        self._limit = limit
        self._takes_gzip = takes_gzip
        self._room = limit

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        self._context.in_flight.add(self._request)
        if content_type := headers.get("Content-Type"):
            # Tornado compares it as it is written; RFC 9110, 8.3.1: case does not matter.
            media_type, semicolon, parameters = content_type.partition(";")
            headers["Content-Type"] = media_type.lower() + semicolon + parameters
        coding = headers.get("Content-Encoding", "identity").lower()
        if coding == "identity":
            headers.pop("Content-Encoding", None)
        elif not (coding == "gzip" and self._takes_gzip):
            del headers["Content-Encoding"]
            self._refuse(UnsupportedType("the body is compressed", "send it as it is"))
            return None
        length = headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) <= self._room:
            return self._inner.headers_received(start_line, headers)
        answered = self._refuse_long()
        if "Expect" not in headers and int(length) <= DISCARD_BYTES:
            return None
        # Else Tornado adds a 400 of its own behind our answer.
        cast(HTTP1Connection, self._request.connection).set_max_body_size(int(length))
        self._inner.finish()
        return answered

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        if self._room < 0:
            return None
        self._room -= len(chunk)
        if self._room < 0:
            self._refuse_long()
            return None
        return self._inner.data_received(chunk)

    def finish(self) -> None:
        self._inner.finish()

    def on_connection_close(self) -> None:
        self._context.in_flight.discard(self._request)
        self._inner.on_connection_close()

    def _refuse_long(self) -> asyncio.Future[None]:
        return self._refuse(TooLarge(f"the body is longer than {self._limit} bytes", "send it in parts"))

    def _refuse(self, error: TornchatError) -> asyncio.Future[None]:
        """From here on it is the other handler's. Returns what is done when that has answered."""
        self._room = -1
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        arguments = {"context": self._context, "error": error, "answered": answered}
        self._inner = self._app.get_handler_delegate(self._request, RefusedHandler, arguments)
        return answered


class RefusedHandler(BaseHandler):
    """Any request whose body we do not take."""

    def initialize(  # type: ignore[override]
        self, context: Context, error: TornchatError, answered: asyncio.Future[None]
    ) -> None:
        super().initialize(context)
        self._error = error
        self._answered = answered

    def prepare(self) -> None:
        super().prepare()
        raise self._error

    def on_finish(self) -> None:
        super().on_finish()
        self._answered.set_result(None)
