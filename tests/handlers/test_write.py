"""`/api/v2/write` and `/write`: what Telegraf and Glances send."""

from __future__ import annotations

import gzip

import pytest

from tests.support import Raw, eventually, listening, objects, post
from tornchat.handlers._base import Context
from tornchat.handlers.write import MAX_BYTES

LINES = (
    b"cpu,cpu=cpu-total,host=web1 usage_idle=82.5\n"
    b"mem,host=web1 total=1000i,available=250i\n"
    b"system,host=web1 load1=0.5,load5=0.4,load15=0.3,n_cpus=4i\n"
)
TOKEN = "Authorization: Token agent\r\n"
TEXT = "text/plain"
with_token = pytest.mark.options(tokens=("agent",))


@with_token
async def test_lines_become_a_host(port: int, context: Context) -> None:
    """The first sample is a change, and kept; the next is live alone, without an id."""
    async with listening(port, "/listen?room=hosts&format=ndjson") as listener:
        for _ in range(2):
            assert await post(port, "/api/v2/write?org=o&bucket=b&precision=s", LINES, TEXT, TOKEN) == (204, b"")
        await listener.until(b'"type":"host"')
        await eventually(lambda: context.dashboard.board.state("")["hosts"])
        await listener.until(b'"type":"host","at"')
        first, second = objects(listener.body)[1:3]
        assert (first["host"], first["state"], first["cpu"], first["mem"]) == ("web1", "live", 17.5, 75.0)
        assert ("id" in first, "id" in second) == (True, False)


@with_token
async def test_older_url_and_gzip(port: int, context: Context) -> None:
    """`/write` too, and compressed, as Telegraf sends it by default."""
    headers = f"{TOKEN}Content-Encoding: gzip\r\n"
    assert (await post(port, "/write?db=telegraf", gzip.compress(LINES), TEXT, headers))[0] == 204
    await eventually(lambda: "web1" in context.dashboard.board.state("")["hosts"])


@with_token
async def test_token(port: int) -> None:
    """Without one nobody writes."""
    assert (await post(port, "/write", LINES, TEXT))[0] == 401
    assert (await post(port, "/write", LINES, TEXT, "Authorization: Token other\r\n"))[0] == 401


async def test_no_token_is_set(port: int) -> None:
    """403, and which option to set."""
    assert await post(port, "/write", LINES, TEXT) == (403, b"no token is set here: set the option tokens\n")


@with_token
async def test_good_lines_beside_a_bad_one(port: int, context: Context) -> None:
    """As InfluxDB does: the good ones are used, and the bad one is named."""
    status, body = await post(port, "/write", LINES + b"mem,host=web1 total=\n", TEXT, TOKEN)
    assert status == 400
    assert b"line 4" in body
    await eventually(lambda: "web1" in context.dashboard.board.state("")["hosts"])


@with_token
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"no gzip", "Content-Encoding: gzip\r\n", 400),
        (gzip.compress(b"#" * (MAX_BYTES + 1)), "Content-Encoding: gzip\r\n", 413),
        (b"x", "Content-Encoding: br\r\n", 415),
        (b"#" * (MAX_BYTES + 1), "", 413),
    ],
)
async def test_bodies_that_are_not_taken(port: int, body: bytes, headers: str, status: int) -> None:
    """A bomb is not unpacked to its end."""
    assert (await post(port, "/write", body, TEXT, TOKEN + headers))[0] == status


@with_token
async def test_unknown_precision(port: int) -> None:
    """With the near match."""
    assert (await post(port, "/write?precision=mss", LINES, TEXT, TOKEN))[0] == 400


@pytest.mark.options(tokens=("agent",))
async def test_big_body(port: int, context: Context) -> None:
    """1 MB of lines, parsed off the loop: others are answered meanwhile."""
    lines = b"".join(b"cpu,cpu=cpu-total,host=h%d usage_idle=50\n" % (n % 150) for n in range(20_000))
    raw = await Raw.get(port, "/health")
    assert (await post(port, "/write", lines, TEXT, TOKEN))[0] == 204
    assert b"200 OK" in await raw.rest()
    await eventually(lambda: len(context.dashboard.board.state("")["hosts"]) == 150)
