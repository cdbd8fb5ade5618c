"""Bytes in, requests out: httptools (llhttp) with limits, and what it leaves to its user.

What could be taken for two different things is refused: see tests/engines/test_difference.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

import httptools
from tornado.httputil import HTTPHeaders, HTTPInputError, RequestStartLine

from tornchat.engines._exchange import Exchange

MAX_HEAD_BYTES = 64 * 1024
MAX_HEADERS = 100


class Malformed(Exception):
    """Raised where the bytes are no request."""


class HeadTooLarge(Exception):
    """Raised where a request's head is longer than we read."""


class Requests:
    """The requests of one connection.

    Args:
        on_head: called with each complete head; returns what its body is to go into.
    """

    def __init__(self, on_head: Callable[[RequestStartLine, HTTPHeaders, bool], Exchange]) -> None:
        self._on_head = on_head
        self._parser = httptools.HttpRequestParser(self)
        self._head_bytes = 0  # fed since a head began that is not complete
        self.in_head = False
        self.receiving: Exchange | None = None  # whose body is coming

    def stop(self) -> None:
        """Nothing more will be fed; what was for it is free memory."""
        del self._parser, self._headers

    def feed(self, data: bytes) -> None:
        """Raises:
        Malformed: nothing that follows can be understood.
        HeadTooLarge: likewise.
        """
        if self.receiving is None:
            if not self.in_head:
                data = _escape_target(data)
            self._head_bytes += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserCallbackError as error:
            if isinstance(error.__context__, HeadTooLarge):
                raise HeadTooLarge from None
            if isinstance(error.__context__, HTTPInputError):
                raise Malformed from None
            raise
        except httptools.HttpParserError:
            raise Malformed from None
        if self.in_head and self._head_bytes > MAX_HEAD_BYTES:
            raise HeadTooLarge

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            # Nothing here upgrades. llhttp has stopped; go on behind the request as if nothing were asked.
            self._parser = httptools.HttpRequestParser(self)
            if rest := data[cast(int, upgrade.args[0]) :]:
                self._parse(rest)

    # httptools calls these from feed_data.

    def on_message_begin(self) -> None:
        self.in_head = True
        self._url = b""
        self._headers = HTTPHeaders()
        self._count = 0
        self._size = 0

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._grow(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.receiving is not None:
            raise HTTPInputError("a header behind the body")
        self._count += 1
        self._grow(len(name) + len(value) + 4)
        header, text = name.decode("latin1"), value.strip(b" \t").decode("latin1")  # RFC 9112, 5.1
        if header in self._headers:
            self._headers.add(header, text)
        else:
            self._headers[header] = text  # llhttp has checked it; `add` would do so again, 1 µs each

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > MAX_HEAD_BYTES or self._count > MAX_HEADERS:
            raise HeadTooLarge

    def on_headers_complete(self) -> None:
        parser, headers = self._parser, self._headers
        version = f"HTTP/{parser.get_http_version()}"
        if version not in ("HTTP/1.0", "HTTP/1.1"):
            raise HTTPInputError(version)
        coding = headers.get("Transfer-Encoding")
        if coding is not None and coding.lower() != "chunked":
            raise HTTPInputError("a coding that is not chunked")
        has_body = coding is not None or headers.get("Content-Length", "0") != "0"
        if has_body and parser.should_upgrade():
            raise HTTPInputError("an upgrade with a body")  # llhttp would take the body for the next request
        start_line = RequestStartLine(parser.get_method().decode("ascii"), self._url.decode("latin1"), version)
        self.in_head = False
        self._head_bytes = 0
        self.receiving = self._on_head(start_line, headers, parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        exchange = self.receiving
        assert exchange is not None
        exchange.chunks.append(body)
        exchange.size += len(body)
        if exchange.size > exchange.max_body_size:
            raise HTTPInputError("the body is too long")

    def on_message_complete(self) -> None:
        assert self.receiving is not None
        self.receiving.received = True
        self.receiving = None


def _escape_target(data: bytes) -> bytes:
    """curl sends a URL as it was typed, in UTF-8, and Tornado takes it; llhttp wants it percent-encoded."""
    if data.isascii():
        return data
    line, newline, rest = data.partition(b"\n")
    return re.sub(rb"[\x80-\xff]", lambda byte: b"%%%02X" % ord(byte[0]), line) + newline + rest
