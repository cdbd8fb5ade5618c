"""Requests out: how they are sent. What may come back is in tests/checks/test_http.py."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl

import pytest

from tests.elsewhere import Elsewhere, answer
from tests.support import eventually
from tornchat.fetch import BadAnswer, fetch, reason


async def test_post() -> None:
    """The body to the byte, with its length and type."""
    async with Elsewhere(answer(201, b"created", Retry_After="7")) as server:
        got = await fetch("POST", server.url("/hook"), body="ü".encode(), content_type="text/plain")
        assert (got.status, got.headers["retry-after"], got.expires) == (201, "7", None)
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        assert head.startswith(b"POST /hook HTTP/1.1\r\nHost: ")
        assert b"\r\nContent-Type: text/plain\r\nContent-Length: 2" in head
        assert body == "ü".encode()


async def test_empty_path() -> None:
    """`http://shop.example?x` asks for `/?x`."""
    async with Elsewhere(answer(200)) as server:
        await fetch("GET", server.url("?x"))
        assert server.requests[0].startswith(b"GET /?x HTTP/1.1\r\n")


async def test_body_is_not_waited_for() -> None:
    """Unless it is asked for: who only wants to be understood need not read what is said to that."""
    async with Elsewhere(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", closes=False) as server:
        assert (await fetch("POST", server.url(), body=b"x", content_type="text/plain")).status == 200


async def test_bytes_behind_the_answer() -> None:
    """What is behind its end, or no chunk, ends it."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nno chunk\r\n"
    async with Elsewhere(answer(200, b"abc", Connection="close") + b"no HTTP", chunked, closes=False) as server:
        for _ in range(2):
            got = await fetch("GET", server.url(), enough=lambda status, body: False)
            assert (got.status, got.body) == (200, b"abc")


async def test_cancelled() -> None:
    """Who asks no more keeps no connection."""
    async with Elsewhere(None) as server:
        task = asyncio.get_running_loop().create_task(fetch("GET", server.url()))
        await eventually(lambda: server.requests)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await eventually(lambda: server.open == 0)


async def test_reset() -> None:
    """It broke in the midst."""
    async with Elsewhere(None) as server:
        task = asyncio.get_running_loop().create_task(fetch("GET", server.url()))
        await eventually(lambda: server.requests)
        await server.stop()
        with pytest.raises((ConnectionResetError, BadAnswer)):
            await task


@pytest.mark.parametrize("url", ["ftp://x/", "x", "http://", "http://x:0/", "http://x:y/", "http://a..b/"])
async def test_no_url(url: str) -> None:
    """It may come from a server that redirects, so it is no mistake of ours."""
    with pytest.raises(BadAnswer):
        await fetch("GET", url)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connect call failed ('10.0.0.1', 80)"), "connection refused"),
        (
            OSError("Multiple exceptions: [Errno 101] … ('::1', 1), [Errno 111] … ('10.0.0.1', 1)"),
            "connection refused",
        ),
        (ConnectionAbortedError("SSL handshake is taking longer"), "the connection broke"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no address: Name or service not known"),
        (TimeoutError(), "no answer in time"),
        (ssl.SSLError(1, "[SSL: X] secret"), "TLS: it broke"),
        (BadAnswer("the answer is not HTTP"), "the answer is not HTTP"),
    ],
)
def test_reason(error: Exception, text: str) -> None:
    """A few words for a dashboard, without the address."""
    assert reason(error) == text
