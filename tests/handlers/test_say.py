"""`/say`: all the ways to say something, and the right answer to all the wrong ones."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from tests.support import Raw, listening, ndjson, objects, post, say
from tornchat.event import clean
from tornchat.hub import Hub

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
NDJSON = "application/x-ndjson"
JSON_ANSWER = "Accept: application/json\r\n"


def multipart(**fields: str) -> bytes:
    parts = [f'--B\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    return ("".join(parts) + "--B--\r\n").encode()


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM, b"name=a&message=%C3%BC&room=ops"),
        ("Application/X-WWW-Form-URLencoded; charset=UTF-8", b"name=a&message=%C3%BC&room=ops"),
        ("multipart/form-data; boundary=B", multipart(name="a", message="ü", room="ops")),
        ("Multipart/Form-Data; boundary=B", multipart(name="a", message="ü", room="ops")),
        (JSON, '{"name":"a","message":"ü","room":"ops"}'.encode()),
        ("Application/JSON; charset=utf-8", b'{"name":"a","message":"\\u00fc","room":"ops","x":1}'),
        (NDJSON, '\n{"name":"a","message":"ü","room":"ops"}\r\n\n'.encode()),
    ],
)
async def test_every_kind_of_body(port: int, hub: Hub, content_type: str, body: bytes) -> None:
    """They all say the same; the type's case does not matter, and other fields are ignored."""
    assert await post(port, "/say", body, content_type) == (200, b"ok.")
    [event] = await hub.broker.page(await hub.broker.before(None), None)
    assert (event.room, event.data) == ("ops", {"name": "a", "message": "ü"})


@pytest.mark.parametrize(
    ("content_type", "body"),
    [(FORM, b"message=hi"), (JSON, b'{"message":"hi"}'), (NDJSON, b'{"message":"hi"}')],
)
async def test_query_fills_in(port: int, hub: Hub, content_type: str, body: bytes) -> None:
    """What the body does not say, the URL may; what both say, the body does."""
    await post(port, "/say?room=ops&name=a&message=query", body, content_type)
    [event] = await hub.broker.page(await hub.broker.before(None), None)
    assert (event.room, event.data) == ("ops", {"name": "a", "message": "hi"})


async def test_post_without_a_body(port: int, hub: Hub) -> None:
    """`curl -X POST` with all in the URL."""
    raw = await Raw.open(port)
    raw.writer.write(b"POST /say?message=hi HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert (await raw.rest()).endswith(b"\r\n\r\nok.")
    raw.close()


async def test_json_answer_has_the_id(port: int, hub: Hub) -> None:
    """The id is the one that listeners see."""
    async with listening(port, "/listen?format=ndjson") as listener:
        answer = await say(port, "hi")
        await listener.until(b'"hi"')
        heard = objects(listener.body)[-1]
    assert answer == {key: heard[key] for key in ("id", "room", "at")}


async def test_many_at_once(port: int, hub: Hub) -> None:
    """NDJSON says each line, in order."""
    async with listening(port) as listener:
        assert await post(port, "/say", ndjson(["1", "2", "3"], name="a"), NDJSON) == (200, b"ok.")
        await listener.until(b"3\r\n")
        assert listener.body == b"a 1\r\na 2\r\na 3\r\n"
    _, answer = await post(port, "/say", ndjson(["4", "5"]), NDJSON, JSON_ANSWER)
    assert [set(a) for a in json.loads(answer)] == [{"id", "room", "at"}] * 2


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        (b'{"mess": 1}', 400, b"line 3: message is missing or empty"),
        (b"{", 400, b"line 3: the body is not JSON"),
        (b"[]", 400, b"line 3: the JSON is no object"),
        (b"\xff", 400, b"line 3: the body is not UTF-8"),
        (b'{"message": "%s"}' % (b"x" * 65537), 413, b"line 3: message is longer than 65536 bytes"),
        (b'{"message": "x", "room": "a b"}', 400, b"line 3: 'a b' is not a room"),
    ],
)
async def test_all_or_none(port: int, hub: Hub, line: bytes, status: int, error: bytes) -> None:
    """The error names the line, and none of the others is kept."""
    before = hub.broker.cursor
    answer = await post(port, "/say", ndjson(["1", "2"]) + line + b"\n" + ndjson(["4"]), NDJSON)
    assert answer[0] == status
    assert error in answer[1]
    assert b"no line was kept" in answer[1]
    assert hub.broker.cursor == before


@pytest.mark.parametrize(
    ("content_type", "body", "status", "error"),
    [
        (FORM, b"", 400, "message is missing or empty"),
        (FORM, b"message=", 400, "message is missing or empty"),
        (FORM, b"message=%20%0A", 400, "message is missing or empty"),
        (FORM, b"message=%FF", 400, "message is not UTF-8"),
        (FORM, b"message=%ED%A0%80", 400, "message is not UTF-8"),
        (FORM, b"message=hi&name=%FF", 400, "name is not UTF-8"),
        (FORM, b"message=hi&room=a+b", 400, "'a b' is not a room"),
        (FORM, b"message=hi&name=" + b"x" * 65, 400, "name is longer than 64 characters"),
        (FORM, b"message=" + b"x" * 65537, 413, "message is longer than 65536 bytes"),
        (FORM, b"&".join(b"a=1" for _ in range(2000)), 400, "the request is malformed"),
        ("multipart/form-data", b"x", 400, "the request is malformed"),
        ("multipart/form-data; boundary=B", b"x", 400, "the request is malformed"),
        (JSON, b"", 400, "the body is not JSON"),
        (JSON, b"message=hi", 400, "the body is not JSON"),
        (JSON, b'"hi"', 400, "the JSON is no object"),
        (JSON, b'{"message": 1}', 400, "message is not text"),
        (JSON, b'{"message": "\xff"}', 400, "the body is not UTF-8"),
        (JSON, b"[" * 100_000, 400, "the body is not JSON"),
        (JSON, b"1" * 5000, 400, "the body is not JSON"),
        (NDJSON, b"\n\n", 400, "there is no line"),
        ("text/plain", b"hi", 415, "the body is 'text/plain'"),
        ("", b"hi", 415, "the body is of no type"),
    ],
)
async def test_refused(port: int, hub: Hub, content_type: str, body: bytes, status: int, error: str) -> None:
    """Status, one clause that says what is wrong, one that says what to do; and nothing is kept."""
    before = hub.broker.cursor
    answer = await post(port, "/say", body, content_type, JSON_ANSWER)
    assert answer[0] == status
    said = json.loads(answer[1])
    assert said["error"] == error
    assert said["remedy"]
    plain = await post(port, "/say", body, content_type)
    if "json" not in content_type:
        assert plain == (status, f"{said['error']}: {said['remedy']}\n".encode())
    assert hub.broker.cursor == before


async def test_compressed_body_is_refused(port: int) -> None:
    """We would not know what it says."""
    status, answer = await post(port, "/say", b"x", FORM, "Content-Encoding: gzip\r\n")
    assert (status, answer.startswith(b"the body is compressed")) == (415, True)


async def test_longest_message_passes(port: int) -> None:
    """The limit is of the text, not of its percent signs."""
    body = b"message=" + quote("\x01" * 0 + "é" * 32768).encode()
    assert await post(port, "/say", body, FORM) == (200, b"ok.")


@pytest.mark.options(max_body_bytes=1000)
async def test_long_body_is_read_to_its_end(port: int) -> None:
    """A client that does not look before it has sent all still gets the answer."""
    status, answer = await post(port, "/say", b"message=" + b"x" * 5_000_000, FORM)
    assert (status, answer) == (413, b"the body is longer than 1000 bytes: send it in parts\n")


@pytest.mark.options(max_body_bytes=1000)
async def test_long_chunked_body(port: int) -> None:
    """A body of unknown length is counted as it comes."""
    raw = await Raw.open(port)
    raw.writer.write(
        b"POST /say HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        + b"64\r\n"
        + b"x" * 100
        + b"\r\n"
        + b"3e8\r\n"
        + b"x" * 1000
        + b"\r\n0\r\n\r\n"
    )
    assert b" 413 " in (await raw.rest()).split(b"\r\n")[0]
    raw.close()


async def test_who_asks_before_sending_is_answered_at_once(port: int) -> None:
    """`Expect: 100-continue`, as curl sends with a long body; and a length that nobody would read."""
    for length, header in ((2_000_000, "Expect: 100-continue\r\n"), (10**15, "")):
        raw = await Raw.open(port)
        raw.writer.write(
            f"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n{header}\r\n".encode()
        )
        answer = await raw.rest()
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert answer.count(b"HTTP/1.1") == 1
        raw.close()


@pytest.mark.parametrize(
    ("method", "header", "status"),
    [
        ("POST", "Origin: http://localhost", 200),
        ("POST", "Sec-Fetch-Site: same-origin\r\nOrigin: http://localhost", 200),
        ("POST", "Origin: https://evil.example", 403),
        ("POST", "Origin: null", 403),
        ("POST", "Sec-Fetch-Site: cross-site\r\nOrigin: https://evil.example", 403),
        ("GET", "Sec-Fetch-Site: none", 200),
        ("GET", "Sec-Fetch-Site: same-origin", 200),
        ("GET", "Sec-Fetch-Site: cross-site", 403),
        ("GET", "Sec-Fetch-Site: same-site", 403),
    ],
)
async def test_pages_of_other_sites_may_not_say(port: int, hub: Hub, method: str, header: str, status: int) -> None:
    """A browser tells where a request comes from; curl has no such header and may."""
    before = hub.broker.cursor
    raw = await Raw.open(port)
    raw.writer.write(f"{method} /say?message=hi HTTP/1.0\r\nHost: localhost\r\n{header}\r\n\r\n".encode())
    assert int((await raw.rest()).split()[1]) == status
    assert (hub.broker.cursor != before) == (status == 200)
    raw.close()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_wrong_method(port: int, hub: Hub, method: str) -> None:
    """405 names the right ones."""
    before = hub.broker.cursor
    raw = await Raw.open(port)
    raw.writer.write(f"{method} /say?message=hi HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    answer = await raw.rest()
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nAllow: GET, POST\r\n" in answer
    assert hub.broker.cursor == before
    raw.close()


HOSTILE = [
    "\r", "\n", "\r\n", "\x00", "\x1b]0;pwned\x07", "\x7f", "\x9b2J", "\x85", "\u2028", "\u202e", "\u2066",
    "\u200b", "e" + "\u0301" * 200, "data: x", "id: 7", ": ", "\n\nevent: x\ndata: y\n\n", "<script>", "* x",
]  # fmt: skip


@pytest.mark.parametrize("where", ["query", "form", "json", "ndjson"])
async def test_hostile_text(port: int, hub: Hub, where: str) -> None:
    """By whatever way it comes: one line of text each, and no event but the messages."""
    async with listening(port) as plain, listening(port, "/listen?format=sse") as sse:
        for text in HOSTILE:
            message = f"a{text}b"
            form = f"message={quote(message)}"
            match where:
                case "query":
                    raw = await Raw.get(port, f"/say?{form}")
                    assert b"ok." in await raw.rest()
                    raw.close()
                case "form":
                    assert await post(port, "/say", form.encode(), FORM) == (200, b"ok.")
                case _:
                    body = json.dumps({"message": message}).encode()
                    kind = JSON if where == "json" else NDJSON
                    assert await post(port, "/say", body, kind) == (200, b"ok.")
        kept = await hub.broker.page(await hub.broker.before(None), None)
        assert [e.data["message"] for e in kept] == [clean(f"a{text}b") for text in HOSTILE]
        await say(port, "end")
        await plain.until(b"anonymous end\r\n")
        await sse.until(b'"end"}\n\n')
        lines = plain.body.split(b"\r\n")[:-1]
        assert len(lines) == len(HOSTILE) + 1
        for line in lines:
            assert line.startswith(b"anonymous a") or line == b"anonymous end"
            assert not [c for c in line.decode() if ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u202e"]
        assert sse.body.count(b"\nevent: ") == sse.body.count(b"event: ready") == 1
        assert sse.body.count(b"\nid: ") == len(HOSTILE) + 1
