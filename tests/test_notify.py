"""Texts to a webhook: exactly one arrives, whatever its receiver does, and nobody waits for it."""

from __future__ import annotations

import json

import pytest
from tornado.testing import bind_unused_port

from tests.elsewhere import Elsewhere, answer
from tests.support import eventually
from tornchat.errors import ConfigError
from tornchat.notify import MAX_PAUSE, Notifier, pause, retry_after

SECRET = "/services/T0/B0/hush?key=hush"


def texts(server: Elsewhere) -> list[str]:
    return [json.loads(request.partition(b"\r\n\r\n")[2])["text"] for request in server.requests]


def notifier(url: str, **options: float) -> Notifier:
    """One that tries again at once."""
    sender = Notifier(url, **({"backoff": 0.0} | options))  # type: ignore[arg-type]
    sender.start()
    return sender


async def test_text() -> None:
    """What Slack wants: JSON with a text."""
    async with Elsewhere(answer(200, b"ok")) as server:
        sender = notifier(server.url(SECRET))
        sender.notify("🔴 shop is down")
        sender.notify("🟢 shop is up again")
        await sender.stop(10)
        assert texts(server) == ["🔴 shop is down", "🟢 shop is up again"]
        head = server.requests[0].partition(b"\r\n\r\n")[0]
        assert head.startswith(f"POST {SECRET} HTTP/1.1\r\n".encode())
        assert b"\r\nContent-Type: application/json\r\n" in head


async def test_receiver_that_fails_twice_gets_it_once() -> None:
    """It took the third; what it refused it has not got."""
    async with Elsewhere(answer(500), answer(500), answer(200)) as server:
        sender = notifier(server.url())
        sender.notify("down")
        await eventually(lambda: len(server.requests) == 3)
        sender.notify("up")
        await sender.stop(10)
        assert texts(server) == ["down", "down", "down", "up"]


@pytest.mark.parametrize("status", [408, 429])
async def test_what_may_pass_is_tried_again(status: int) -> None:
    """Too many at a time are not too many for ever."""
    async with Elsewhere(answer(status, Retry_After="0"), answer(200)) as server:
        sender = notifier(server.url())
        sender.notify("down")
        await sender.stop(10)
        assert texts(server) == ["down", "down"]


@pytest.mark.parametrize("status", [302, 400, 403, 404, 410])
async def test_what_will_not_pass_is_given_up(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """A hook that was deleted is asked once for each text; the log names the host, and not the secret."""
    async with Elsewhere(answer(status, Location="/hush"), answer(200)) as server:
        sender = notifier(server.url(SECRET).replace("://", "://hush:hush@"))
        sender.notify("lost")
        sender.notify("next")
        await sender.stop(10)
        assert texts(server) == ["lost", "next"]
        assert f"did not reach http://127.0.0.1:{server.port}: answered {status}" in caplog.text
    assert "hush" not in caplog.text
    caplog.clear()


async def test_gives_up_after_so_many_tries(caplog: pytest.LogCaptureFixture) -> None:
    """One that is broken for long does not hold up what comes later for ever."""
    async with Elsewhere(answer(500)) as server:
        sender = notifier(server.url(), tries=3)
        sender.notify("down")
        await sender.stop(10)
        assert len(server.requests) == 3
    assert "answered 500" in caplog.text
    sock, port = bind_unused_port()
    sock.close()
    sender = notifier(f"http://127.0.0.1:{port}/hush")
    sender.notify("down")
    await sender.stop(10)
    assert f"http://127.0.0.1:{port}: connection refused" in caplog.text
    assert "hush" not in caplog.text
    caplog.clear()


async def test_receiver_that_comes_back() -> None:
    """A text waits for a receiver that restarts."""
    async with Elsewhere(answer(200)) as server:
        await server.stop()
        sender = notifier(server.url(), tries=1000)
        sender.notify("down")
        await server.start()
        await eventually(lambda: texts(server) == ["down"])
        await sender.stop(10)


async def test_receiver_that_hangs_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    """Who notifies goes on at once; what waits is bounded, the newest stays; and the try ends in time."""
    async with Elsewhere(None, answer(200)) as server:
        sender = notifier(server.url(), timeout=0.2, tries=1, waiting=3)
        sender.notify("hangs")
        await eventually(lambda: server.requests)
        for number in range(6):
            sender.notify(str(number))  # no await: nothing else runs here
        assert texts(server) == ["hangs"]
        await sender.stop(10)
        assert texts(server) == ["hangs", "3", "4", "5"]
    assert caplog.text.count("the oldest is dropped") == 3
    assert "no answer in time" in caplog.text
    caplog.clear()


async def test_stop_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    """A server that ends says what it has not told, and cuts the connection."""
    async with Elsewhere(None) as server:
        sender = notifier(server.url(), timeout=3600)
        sender.notify("down")
        await eventually(lambda: server.requests)
        await sender.stop(0)
        await eventually(lambda: server.open == 0)
    assert "not all notifications reached" in caplog.text
    caplog.clear()


def test_pauses() -> None:
    """Each may be twice as long as the one before, but no shorter than the receiver asked for, within reason."""
    for number in range(1, 8):
        drawn = [pause(number, 2, 0) for _ in range(200)]
        assert 0 <= min(drawn) < max(drawn) <= 2 * 2 ** (number - 1)
    assert pause(1, 2, 30) == 30
    assert pause(1, 2, 1e9) == MAX_PAUSE
    assert pause(60, 2, 0) <= MAX_PAUSE


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 0), ("120", 120), ("-1", 0), ("1.5", 0), ("soon", 0), ("9" * 5000, 999_999_999),
        ("Thu, 01 Jan 1970 00:02:00 GMT", 20), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 01 Jan 99999 00:00:00 GMT", 0), (f"Thu, 01 Jan {10**30} 00:00:00 GMT", 0),
    ],
)  # fmt: skip
def test_retry_after(header: str, seconds: float) -> None:
    """A number or a date; whatever else it is, it is not waited for."""
    assert retry_after(header, now=100) == seconds


@pytest.mark.parametrize(
    "url", ["", "hooks.example/hush", "ftp://hush", "https://", "http://x:y/hush", "http://ü/hush"]
)
def test_no_url(url: str) -> None:
    """Found out at the start, and not when something is down."""
    with pytest.raises(ConfigError, match="the URL for notifications is no URL") as caught:
        Notifier(url)
    assert "hush" not in str(caught.value)
