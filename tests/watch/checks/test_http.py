"""One attempt of a URL, at a server that does well and at all those that do not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

import pytest
from tornado.testing import bind_unused_port

from tests.elsewhere import Elsewhere, answer
from tests.support import eventually
from tornchat.watch.check import Check, Result
from tornchat.watch.checks.http import attempt

HANGS = 0.1  # seconds until one who never answers is given up


def check(url: str, **fields: Any) -> Check:
    return Check(name="x", kind="http", target=url, **({"timeout": 10.0} | fields))


async def result(reply: bytes | None, *more: bytes | None, **fields: Any) -> Result:
    """What is found at a server that answers so."""
    async with Elsewhere(reply, *more) as server:
        return await attempt(check(server.url(), **fields))


async def test_well() -> None:
    """The status and the time that it took; the password goes in the header that it is meant for."""
    async with Elsewhere(answer(204)) as server:
        url = server.url("/a%20b?q=c&d#e").replace("://", "://us%40er:p%3Ass@")
        found = await attempt(check(url))
        assert (found.ok, found.code, found.error, found.days_left) == (True, 204, "", None)
        assert found.latency is not None
        assert 0 < found.latency < 10
        head = server.requests[0].decode().split("\r\n")
        assert head[0] == "GET /a%20b?q=c&d HTTP/1.1"
        assert f"Host: 127.0.0.1:{server.port}" in head
        assert "Authorization: Basic dXNAZXI6cDpzcw==" in head


async def test_wrong_status() -> None:
    """It says which one came, and which would have been well."""
    found = await result(answer(503, b"busy"))
    assert (found.ok, found.code, found.error) == (False, 503, "answered 503, not 200 to 299")
    assert found.latency is not None
    found = await result(answer(200), status=range(401, 402))
    assert (found.ok, found.error) == (False, "answered 200, not 401")
    assert (await result(answer(401), status=range(401, 402))).ok


async def test_text_in_the_body() -> None:
    """A page that only says that it is broken may have status 200."""
    assert (await result(answer(200, "alles in Ordnung, tschüss".encode()), contains="tschüss")).ok
    found = await result(answer(200, b"database is gone"), contains="ok")
    assert (found.ok, found.code, found.error) == (False, 200, "the text is not in the body")


async def test_body_in_chunks_and_without_length() -> None:
    """All the ways in which HTTP says where a body ends; a text may lie across two pieces."""
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
    assert (await result(chunked, contains="hello world")).ok
    assert (await result(b"HTTP/1.0 200 OK\r\n\r\nhello world", contains="world")).ok
    assert not (await result(chunked, contains="world!")).ok


async def test_long_body_is_not_read_to_its_end() -> None:
    """A gigabyte is not fetched each ten seconds: a MiB is enough, and none if no text is looked for."""
    endless = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000
    assert not (await result(endless, contains="y")).ok
    assert not (await result(endless + b"y", contains="y")).ok
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"
    assert (await result(head + b"ok, and so on", contains="ok")).ok
    assert (await result(head)).ok


async def test_head() -> None:
    """It has the length of a body that does not come."""
    assert (await result(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", method="HEAD", contains="")).ok


async def test_interim_answers_are_passed_over() -> None:
    """103 Early Hints comes before the answer."""
    found = await result(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(500))
    assert found.code == 500


async def test_redirect_is_an_answer() -> None:
    """Unless it is asked for: a shop that redirects to its maintenance page is not well."""
    async with Elsewhere(answer(302, Location="/login"), answer(200, b"welcome")) as server:
        assert (await attempt(check(server.url()))).error == "answered 302, not 200 to 299"
        assert len(server.requests) == 1


async def test_redirects_are_followed_if_asked() -> None:
    """The password goes on to the same server only."""
    async with Elsewhere(answer(200, b"welcome")) as other:
        replies = (answer(301, Location="/a ü"), answer(307, Location=other.url("/b")))
        async with Elsewhere(*replies) as server:
            found = await attempt(check(server.url().replace("://", "://u:p@"), redirects=True, contains="welcome"))
        assert (found.ok, found.code) == (True, 200)
        assert [r.split(b" ")[1] for r in server.requests + other.requests] == [b"/", b"/a%20%C3%BC", b"/b"]
        assert [b"Authorization" in r for r in server.requests + other.requests] == [True, True, False]


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("/again", "more than 5 redirects"),
        ("ftp://secret/", "it leads to no http or https URL"),
        ("http://[secret", "it leads to no http or https URL"),
        ("http://a..secret/", "it leads to no http or https URL"),
    ],
)
async def test_redirects_to_nowhere(location: str, error: str) -> None:
    """A server that leads in circles, or out of HTTP."""
    found = await result(answer(302, Location=location), redirects=True)
    assert (found.ok, found.error) == (False, error)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (b"", "it closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-", "it closed without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, "the head of the answer does not end"),
    ],
)
async def test_no_http(reply: bytes, error: str) -> None:
    """Something answers, but not what should."""
    found = await result(reply)
    assert (found.ok, found.code, found.error) == (False, None, error)


async def test_who_never_answers() -> None:
    """It is given up in time, and the connection is closed."""
    async with Elsewhere(None) as server:
        found = await attempt(check(server.url(), timeout=HANGS))
        assert found == Result(False, "no answer within 0.1 s")
        await eventually(lambda: server.most_open == 1 and server.open == 0)


async def test_body_that_does_not_end() -> None:
    """It is read until the text is there, and for no longer than the time of the whole attempt."""
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"
    async with Elsewhere(reply, closes=False) as server:
        assert (await attempt(check(server.url(), contains="abc"))).ok
        found = await attempt(check(server.url(), contains="abcd", timeout=HANGS))
        assert found == Result(False, "no answer within 0.1 s")
        await eventually(lambda: server.open == 0)


async def test_refused_and_no_such_place() -> None:
    """Nobody listens there; there is no such place. Neither tells the address, which the operator knows.

    The second is of an interface that is not there, so that no name server is asked.
    """
    sock, port = bind_unused_port()
    sock.close()
    assert await attempt(check(f"http://127.0.0.1:{port}/")) == Result(False, "connection refused")
    assert (await attempt(check(f"http://localhost:{port}/"))).error == "connection refused"
    found = await attempt(check("http://[fe80::5ec%secret]/"))
    assert found.error.startswith("no address: ")
    assert "secret" not in found.error


async def test_certificate(certified: Callable[..., ssl.SSLContext]) -> None:
    """How many whole days it is still good."""
    async with Elsewhere(answer(200, b"ok"), tls=certified(days=90.5)) as server:
        found = await attempt(check(server.url(), contains="ok"))
    assert (found.ok, found.code, found.days_left) == (True, 200, 90)


async def test_certificate_that_ends_soon(certified: Callable[..., ssl.SSLContext]) -> None:
    """It is good to its last hour; that this is a warning is State's to say."""
    async with Elsewhere(answer(200), tls=certified(days=0.5)) as server:
        found = await attempt(check(server.url()))
    assert (found.ok, found.days_left) == (True, 0)


async def test_certificate_that_has_ended(certified: Callable[..., ssl.SSLContext]) -> None:
    """Nobody's browser would go there any more."""
    async with Elsewhere(answer(200), tls=certified(days=-1)) as server:
        assert await attempt(check(server.url())) == Result(False, "TLS: certificate has expired")
        assert server.requests == []


async def test_certificate_of_another(certified: Callable[..., ssl.SSLContext]) -> None:
    """Nor there; and whoever is between us and the server gets no password."""
    async with Elsewhere(answer(200), tls=certified(days=9, host="shop.example")) as server:
        found = await attempt(check(server.url().replace("://", "://u:p@")))
        assert found.error.startswith("TLS: IP address mismatch")
        assert server.requests == []


async def test_certificate_of_an_unknown_authority(certified: Callable[..., ssl.SSLContext]) -> None:
    """Self-made ones are trusted by SSL_CERT_FILE, and not else."""
    context = certified(days=9)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSL_CERT_FILE")
        async with Elsewhere(answer(200), tls=context) as server:
            found = await attempt(check(server.url()))
    assert found.error == "TLS: unable to get local issuer certificate"


async def test_tls_where_there_is_none() -> None:
    """A wrong scheme is found out at once, and a server that is silent in the handshake in time."""

    async def speak_first(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(400))
        writer.close()

    server = await asyncio.start_server(speak_first, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await attempt(check(f"https://127.0.0.1:{port}/")) == Result(False, "TLS: wrong version number")
    server.close()
    async with Elsewhere(None) as silent:
        found = await attempt(check(silent.url().replace("http:", "https:"), timeout=HANGS))
        assert found == Result(False, "no answer within 0.1 s")
        await eventually(lambda: silent.most_open == 1 and silent.open == 0)


def test_tls_on_uvloop(certified: Callable[..., ssl.SSLContext]) -> None:
    """The loop on which the server runs where it is installed has a TLS of its own."""
    uvloop = pytest.importorskip("uvloop")
    uvloop.run(test_certificate(certified))
    uvloop.run(test_certificate_that_has_ended(certified))
    uvloop.run(test_tls_where_there_is_none())
