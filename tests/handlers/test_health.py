"""`/health`, and URLs that are not there."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.support import Raw, ServerProcess, listening, post, say
from tornchat import __version__
from tornchat.handlers._base import Context


async def health(port: int) -> tuple[int, dict[str, object]]:
    raw = await Raw.get(port, "/health")
    await raw.rest()
    raw.close()
    return int(raw.received.split()[1]), json.loads(raw.body)


async def test_health(port: int) -> None:
    """What a load balancer asks, and a person too."""
    async with listening(port):
        status, answer = await health(port)
    uptime = answer.pop("uptime")
    assert isinstance(uptime, float)
    assert 0 <= uptime < 60
    expected = {"status": "ok", "version": __version__, "listeners": 1, "broker": "memory"}
    assert (status, answer) == (200, expected)


async def test_head(port: int) -> None:
    """The same without the body."""
    raw = await Raw.open(port)
    raw.writer.write(b"HEAD /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert (await raw.rest()).startswith(b"HTTP/1.1 200 OK")
    assert raw.body == b""
    raw.close()


async def test_draining(port: int, context: Context) -> None:
    """503, so that nobody new is sent here; and the connection is not kept."""
    context.draining = True
    assert (await health(port))[0] == 503
    raw = await Raw.get(port, "/health", version="1.1")
    await raw.until(b"draining")
    assert b"\r\nConnection: close\r\n" in raw.received
    raw.close()


async def test_listen_while_draining_is_cut(port: int, context: Context) -> None:
    """Without a status: an EventSource would give up for good on 503."""
    context.draining = True
    raw = await Raw.get(port, "/listen")
    assert await raw.rest() == b""
    raw.close()


async def test_unknown_url(port: int) -> None:
    """404 says what there is; control characters in the URL are not repeated."""
    for path in ("/nope", "/say/", "/%1b%5b31m", "/\u009b"):
        raw = await Raw.get(port, path)
        answer = await raw.rest()
        assert answer.startswith(b"HTTP/1.1 404 ")
        assert raw.body.endswith(b": try /say, /listen or /health\n")
        assert raw.body.isascii()
        raw.close()
    assert (await post(port, "/nope", b"x", "text/plain"))[0] == 404


async def test_errors_are_json_for_who_speaks_it(port: int) -> None:
    """By `Accept`, or by the type of what was sent."""
    for headers in ("Accept: application/json\r\n", "Content-Type: application/json\r\n"):
        raw = await Raw.get(port, "/nope", headers)
        await raw.rest()
        assert set(json.loads(raw.body)) == {"error", "remedy"}
        raw.close()


async def test_log_holds_no_terminal_commands(start_server: Callable[..., ServerProcess]) -> None:
    """A path with control characters is one harmless line of the log, and what is said is not there."""
    server = start_server("--log-level=debug")
    raw = await Raw.get(server.port, "/\u009b2J?message=secret")
    await raw.rest()
    raw.close()
    await say(server.port, "secret")
    log = server.wait_for_log("200 POST '/say'")
    assert "404 GET '/\\xc2\\x9b2J'" in log or "404 GET '/%C2%9B2J'" in log
    assert not [c for c in log if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160]
    assert "secret" not in log
