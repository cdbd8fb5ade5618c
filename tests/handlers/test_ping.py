"""`/ping/<token>`: a cron job's sign of life."""

from __future__ import annotations

import logging

import pytest

from tests.support import Raw, listening, objects
from tornchat.watch.check import Check

TOKEN = "a-token-of-a-nightly-job"
with_backup = pytest.mark.options(checks=(Check(name="backup", kind="heartbeat", token=TOKEN, period=3600),))


async def ping(port: int, rest: str, method: str = "GET") -> int:
    raw = await Raw.open(port)
    raw.writer.write(f"{method} /ping/{rest} HTTP/1.0\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
    return int((await raw.rest()).split(b" ", 2)[1])


@with_backup
async def test_ping(port: int) -> None:
    """Up with the first, down when the job says so, up again: each change is kept and heard."""
    async with listening(port, "/listen?room=hosts&format=ndjson") as listener:
        for rest in ("", "/start", "/fail", "/0", "/7"):
            assert await ping(port, TOKEN + rest) == 200
        await listener.until(b"exit status 7")
        heard = [(event["status"], "id" in event) for event in objects(listener.body)[1:]]
        assert heard == [("up", True), ("up", False), ("down", True), ("up", True), ("down", True)]


@with_backup
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
async def test_any_method(port: int, method: str) -> None:
    """Whatever the machine has: curl, wget, PowerShell."""
    assert await ping(port, TOKEN, method) == 200


@with_backup
async def test_unknown(port: int, caplog: pytest.LogCaptureFixture) -> None:
    """404; and a token that was typed wrong does not stand in the log either."""
    caplog.set_level(logging.DEBUG)
    for rest in ("", "no-such-token", f"{TOKEN}x", f"{TOKEN}/nope", f"{TOKEN}/start/again"):
        assert await ping(port, rest) == 404
    assert await ping(port, TOKEN) == 200
    assert TOKEN not in caplog.text
    assert "/ping/" in caplog.text
