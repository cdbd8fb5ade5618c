"""The same bytes to both engines: the same answers, or a stricter one that is written down here.

What a request means must not depend on who parses it: a server that takes a request for two, or one body for
another, can be used to smuggle (RFC 9112, 11.2). What is ambiguous is refused, and the connection closed.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import partial
from typing import cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tornado.ioloop import IOLoop
from tornado.testing import bind_unused_port

from tornchat import engines, plugins
from tornchat.config import Config
from tornchat.engines import Engine, Server
from tornchat.server import App, make_context, make_hub

Answers = list[tuple[int, bytes]]

HOST = b"Host: localhost\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
GET = b"GET /health?%d HTTP/1.1\r\n" + HOST
HEALTH = re.compile(rb'\{"status.*\}')  # its time goes on


def say(body: bytes = b"message=hi", extra: bytes = b"", version: bytes = b"1.1") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST /say HTTP/" + version + b"\r\n" + HOST + FORM + length + extra + b"\r\n" + body


def chunked(body: bytes, extra: bytes = b"") -> bytes:
    return b"POST /say HTTP/1.1\r\n" + HOST + FORM + b"Transfer-Encoding: chunked\r\n" + extra + b"\r\n" + body


class Both:
    """The same application on each engine, in one loop."""

    def __init__(self, io_loop: IOLoop) -> None:
        self.io_loop = io_loop
        self.ports: dict[str, int] = {}
        self.servers: list[Server] = []
        for name in plugins.names(engines.__name__):
            self.io_loop.run_sync(partial(self.start, name))

    async def start(self, name: str) -> None:
        config = Config(max_body_bytes=1000)
        self.hub = make_hub(config)
        await self.hub.start()
        engine = cast(Engine, plugins.load(engines.__name__, name))
        sock, self.ports[name] = bind_unused_port()
        self.servers.append(await engine.start(App(make_context(self.hub, config, engine)), [sock], 1000))

    async def ask(self, name: str, data: bytes) -> Answers:
        """Status and body of each answer to bytes that are sent at once, until the server closes or has nothing
        more to say.
        """
        reader, writer = await asyncio.open_connection("127.0.0.1", self.ports[name])
        writer.write(data)
        received = b""
        try:
            while more := await asyncio.wait_for(reader.read(65536), 0.1 if received else 0.3):
                received += more
        except (TimeoutError, ConnectionResetError):
            pass
        writer.close()
        return answers(received)

    def answer(self, data: bytes) -> tuple[Answers, Answers]:
        """Of httptools and of tornado."""

        async def ask() -> tuple[Answers, Answers]:
            first, second = await asyncio.gather(self.ask("httptools", data), self.ask("tornado", data))
            return first, second

        both: tuple[Answers, Answers] = self.io_loop.run_sync(ask, timeout=20)
        return both

    def close(self) -> None:
        async def stop() -> None:
            for server in self.servers:
                server.stop_accepting()
                await server.close()

        self.io_loop.run_sync(stop)


def answers(received: bytes) -> Answers:
    """What a client finds in what it received."""
    found: Answers = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        if status == 100:
            received = rest
            continue
        length = re.search(rb"\r\nContent-Length: (\d+)", head)
        size = int(length[1]) if length else 0
        found.append((status, HEALTH.sub(b"health", rest[:size])))
        received = rest[size:]
    return found


@pytest.fixture
def both(io_loop: IOLoop) -> Iterator[Both]:
    both = Both(io_loop)
    yield both
    both.close()


OK = (200, b"ok.")

SAME = {
    "get": GET % 1 + b"\r\n",
    "leading empty line": b"\r\n" + GET % 1 + b"\r\n",
    "post": say(),
    "space around a value": say(extra=b"X:  \t y \t \r\n"),
    "pipelined": GET % 1 + b"\r\n" + say() + GET % 2 + b"\r\n",
    "pipelined behind a bad one": b"GET\r\n\r\n" + GET % 2 + b"\r\n",
    "pipelined before a bad one": GET % 1 + b"\r\n" + b"BAD\r\n\r\n",
    "close ends it": GET % 1 + b"Connection: close\r\n\r\n" + GET % 2 + b"\r\n",
    "chunked": chunked(b"3\r\nmes\r\n7\r\nsage=hi\r\n0\r\n\r\n"),
    "chunked, then another": chunked(b"a\r\nmessage=hi\r\n0\r\n\r\n") + GET % 1 + b"\r\n",
    "chunk size in capitals": chunked(b"A\r\nmessage=hi\r\n0\r\n\r\n"),
    "chunk size is no number": chunked(b"x\r\nmessage=hi\r\n0\r\n\r\n"),
    "chunk size is negative": chunked(b"-a\r\nmessage=hi\r\n0\r\n\r\n"),
    "chunk size with 0x": chunked(b"0xa\r\nmessage=hi\r\n0\r\n\r\n"),
    "chunk size with underscore": chunked(b"0_a\r\nmessage=hi\r\n0\r\n\r\n"),
    "chunk size is huge": chunked(b"f" * 17 + b"\r\nmessage=hi\r\n0\r\n\r\n"),
    "chunk is longer than its size": chunked(b"5\r\nmessage=hi\r\n0\r\n\r\n"),
    "chunk without its line end": chunked(b"a\r\nmessage=hi0\r\n\r\n"),
    "two lengths": say(extra=b"Content-Length: 11\r\n"),
    "lengths in a list that differ": b"POST /say HTTP/1.1\r\n"
    + HOST
    + FORM
    + b"Content-Length: 10, 11\r\n\r\nmessage=hi",
    "length with plus": b"POST /say HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: +10\r\n\r\nmessage=hi",
    "length with minus": b"POST /say HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: -1\r\n\r\nmessage=hi",
    "length in hex": b"POST /say HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: 0xa\r\n\r\nmessage=hi",
    "length is empty": b"POST /say HTTP/1.1\r\n" + HOST + FORM + b"Content-Length: \r\n\r\nmessage=hi",
    "length and chunked": say(b"0\r\n\r\n", extra=b"Transfer-Encoding: chunked\r\n"),
    "chunked twice": chunked(b"0\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
    "identity": say(extra=b"Transfer-Encoding: identity\r\n"),
    "chunked is not the last": b"POST /say HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "gzip, chunked": b"POST /say HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "xchunked": b"POST /say HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "space before the colon": GET % 1 + b"X : y\r\n\r\n",
    "folded": GET % 1 + b"X: y\r\n z\r\n\r\n",
    "folded host": b"GET /health HTTP/1.1\r\nX: y\r\n" + b" Host: evil\r\n" + HOST + b"\r\n",
    "no colon": GET % 1 + b"X\r\n\r\n",
    "no name": GET % 1 + b": y\r\n\r\n",
    "NUL in a value": GET % 1 + b"X: a\x00b\r\n\r\n",
    "NUL in a name": GET % 1 + b"X\x00: b\r\n\r\n",
    "NUL in the target": b"GET /hea\x00lth HTTP/1.1\r\n" + HOST + b"\r\n",
    "CR in a value": GET % 1 + b"X: a\rb\r\n\r\n",
    "ESC in a value": GET % 1 + b"X: a\x1bb\r\n\r\n",
    "no host": b"GET /health HTTP/1.1\r\n\r\n",
    "two hosts": GET % 1 + b"Host: evil\r\n\r\n",
    "host of nonsense": b"GET /health HTTP/1.1\r\nHost: a b\r\n\r\n",
    "UTF-8 in a value": GET % 1 + "X: ü\r\n\r\n".encode(),
    "UTF-8 in the target": "GET /say?message=grüße HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(),
    "no version": b"GET /health\r\n\r\n",
    "version 2.0": b"GET /health HTTP/2.0\r\n" + HOST + b"\r\n",
    "version 1.10": b"GET /health HTTP/1.10\r\n" + HOST + b"\r\n",
    "version in small letters": b"GET /health http/1.1\r\n" + HOST + b"\r\n",
    "1.0": b"GET /health HTTP/1.0\r\n\r\n",
    "1.0, another behind": b"GET /health HTTP/1.0\r\n\r\n" + GET % 2 + b"\r\n",
    "1.0 kept": b"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + GET % 2 + b"\r\n",
    "1.0 post": say(version=b"1.0"),
    "head": b"HEAD /say HTTP/1.1\r\n" + HOST + b"\r\n",
    "wrong method": b"DELETE /say HTTP/1.1\r\n" + HOST + b"\r\n",
    "unknown url": b"GET /nope HTTP/1.1\r\n" + HOST + b"\r\n",
    "expect": say(extra=b"Expect: 100-continue\r\n"),
    "body too long": say(b"message=" + b"x" * 2000),
    "chunked body too long": chunked(b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n"),
    "body on get": GET % 1 + b"Content-Length: 3\r\n\r\nabc" + GET % 2 + b"\r\n",
    "upgrade": GET % 1 + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET % 2 + b"\r\n",
    "absolute target": b"GET http://localhost/health HTTP/1.1\r\n" + HOST + b"\r\n",
    "star": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "many headers": GET % 1 + b"".join(b"X-%d: y\r\n" % n for n in range(90)) + b"\r\n",
    "cut head": b"GET /health HTTP/1.1\r\nHo",
    "cut body": say()[:-3],
    "cut chunk": chunked(b"a\r\nmess"),
}


@pytest.mark.slow
def test_same_answers(both: Both, subtests: pytest.Subtests) -> None:
    """Status and body of every answer, and how many there are."""
    for name, data in SAME.items():
        with subtests.test(name):
            ours, theirs = both.answer(data)
            if theirs == [(400, b"")] and ours == []:
                continue  # refused by closing
            assert ours == theirs


# Ours first. RFC 9112 allows to refuse all of these.
STRICTER: dict[str, tuple[bytes, Answers, Answers]] = {
    "bare LF (2.2: a recipient MAY take it; Tornado 6.7 will not)": (
        b"GET /nope HTTP/1.1\nHost: localhost\n\n",
        [(400, b"")],
        [(404, b"there is nothing at '/nope': try /say, /listen or /health\n")],
    ),
    "two equal lengths (RFC 9112, 6.3: MAY reject)": (
        say(extra=b"Content-Length: 10\r\n"),
        [(400, b"")],
        [OK],
    ),
    "a body with a request to upgrade": (
        say(extra=b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
        [(400, b"")],
        [OK],
    ),
    "a method that HTTP does not know is refused before its URL is looked at": (
        b"BREW /say HTTP/1.1\r\nHost: localhost\r\n\r\n",
        [(400, b"")],
        [(405, b"this URL does not take that method: use one that the Allow header names\n")],
    ),
    "more than 100 header fields": (
        b"GET /say HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        [(431, b"")],
        [(400, b"message is missing or empty: send some text as message=\xe2\x80\xa6\n")],
    ),
    "a head of more than 64 KiB is answered, and not only closed": (
        b"GET /say HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        [(431, b"")],
        [],
    ),
    "a head that never ends": (
        b"GET /say HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 70_000,
        [(431, b"")],
        [],
    ),
}


def test_stricter_answers(both: Both, subtests: pytest.Subtests) -> None:
    """Each difference, with its reason."""
    for name, (data, ours, theirs) in STRICTER.items():
        with subtests.test(name):
            assert both.answer(data) == (ours, theirs)


PIECES = st.sampled_from(
    [
        b"GET /nope HTTP/1.1\r\n", b"POST /say HTTP/1.1\r\n", b"GET /say?message=hi HTTP/1.0\r\n", HOST, HOST, FORM,
        b"Content-Length: 10\r\n", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n",
        b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"X: y\r\n", b"\r\n", b"\r\n", b"message=hi",
        b"a\r\nmessage=hi\r\n", b"0\r\n\r\n", b"0\r\n", b"x", b" ", b"\t",
        b":", b"\x00", b"Expect: 100-continue\r\n",
    ]
)  # fmt: skip


@pytest.mark.slow
def test_random_requests_are_not_taken_for_more(both: Both) -> None:
    """Pieces of requests in any order: never an answer that Tornado would not give; at most a refusal instead."""

    @settings(max_examples=150, deadline=None)
    @given(st.lists(PIECES, min_size=2, max_size=12).map(b"".join))
    def compare(data: bytes) -> None:
        # Of empty lines before a request Tornado ignores one, we all (RFC 9112, 2.2: at least one).
        assume(not re.search(rb"(\A|\r\n)\r\n\r\n", data))
        ours, theirs = both.answer(data)
        for mine, other in zip(ours, theirs, strict=False):
            if mine == (400, b""):
                break
            assert mine == other
        assert len(ours) <= len(theirs) + 1
        if len(ours) > len(theirs):
            assert ours[-1] == (400, b"")

    compare()
