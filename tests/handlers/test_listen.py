"""`/listen`: how a stream begins, goes on and ends."""

from __future__ import annotations

import asyncio
import json
import re
from unittest.mock import patch

import pytest

from tests.support import Raw, eventually, listening, ndjson, objects, post, say
from tornchat.client import Client
from tornchat.event import message
from tornchat.hub import Hub

NDJSON = "application/x-ndjson"


def types(raw: Raw) -> list[str]:
    return [event["type"] for event in objects(raw.body)]


def messages(raw: Raw) -> list[str]:
    return [event["message"] for event in objects(raw.body) if event["type"] == "message"]


@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        ("/listen", "text/plain"),
        ("/listen?format=sse", "text/event-stream"),
        ("/listen?format=ndjson", NDJSON),
    ],
)
async def test_headers_come_at_once(port: int, path: str, content_type: str) -> None:
    """Nothing was said, and they are there; no cache and no proxy may hold the stream."""
    async with listening(port, path) as listener:
        head = listener.received.partition(b"\r\n\r\n")[0].decode()
        assert f"\r\nContent-Type: {content_type}; charset=utf-8" in head
        for line in (
            "Cache-Control: no-store",
            "X-Accel-Buffering: no",
            "X-Content-Type-Options: nosniff",
        ):
            assert f"\r\n{line}" in head


async def test_head_has_the_headers_and_ends(port: int) -> None:
    """HEAD would hang for as long as the stream does."""
    raw = await Raw.open(port)
    raw.writer.write(b"HEAD /listen?format=sse HTTP/1.0\r\nHost: localhost\r\n\r\n")
    answer = await raw.rest()
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Type: text/event-stream; charset=utf-8" in answer
    assert raw.body == b""
    raw.close()


async def test_ready_comes_first(port: int, hub: Hub) -> None:
    """With the cursor as id and a retry of its own, so that a listener cut off at once can resume."""
    async with listening(port, "/listen?format=sse&room=ops&room=ci") as listener:
        await listener.until(b"\n\n")
        id, event, retry, data, *_ = listener.body.decode().split("\n")
        assert (id, event) == (f"id: {hub.broker.cursor}", "event: ready")
        assert 1000 <= int(retry.removeprefix("retry: ")) <= 3000
        assert json.loads(data.removeprefix("data: "))["rooms"] == ["ci", "ops"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("since=all", "1234"), ("last=2", "34"), ("last=0", ""), ("last=99", "1234"), ("", "")],
)
async def test_begins_in_the_past(port: int, query: str, expected: str) -> None:
    """History first, then live."""
    await post(port, "/say", ndjson([*"1234"]), NDJSON)
    async with listening(port, f"/listen?format=ndjson&{query}") as listener:
        await listener.until(b"\n")
        await say(port, "live")
        await listener.until(b'"live"')
        assert messages(listener) == [*expected, "live"]
    async with listening(port, f"/listen?{query}") as listener:
        await say(port, "again")
        await listener.until(b"again\r\n")


async def test_since_an_id(port: int) -> None:
    """The URL may hold the id, and the header wins over it."""
    ids = [(await say(port, text))["id"] for text in "123"]
    async with listening(port, f"/listen?format=ndjson&since={ids[0]}") as listener:
        await listener.until(b'"3"')
        assert messages(listener) == ["2", "3"]
        assert objects(listener.body)[0]["id"] == ids[0]
    path = f"/listen?format=ndjson&since={ids[0]}"
    async with listening(port, path, f"Last-Event-ID: {ids[1]}\r\n") as listener:
        await listener.until(b'"3"')
        assert messages(listener) == ["3"]


@pytest.mark.parametrize("id", ["0-0", "nonsense", "-7", "1e9", "x" * 60_000, "9" * 5000, "\xff\xfe", "e-1; DROP"])
async def test_unknown_last_event_id_is_told(port: int, hub: Hub, id: str) -> None:
    """`reset`, once, with the id from which the stream goes on; no status, that EventSource dies of."""
    await say(port, "before")
    async with listening(port, "/listen?format=ndjson", f"Last-Event-ID: {id}\r\n") as listener:
        await listener.until(b'"reset"')
        await say(port, "live")
        await listener.until(b'"live"')
        assert types(listener) == ["ready", "reset", "message"]
        ready, reset, _ = objects(listener.body)
        assert reset["id"] == (await hub.broker.before(None, 1)) or reset["id"] != ready["id"]
    # Cut off between `ready` and `reset`, it must hear `reset` again.
    async with listening(port, "/listen?format=ndjson", f"Last-Event-ID: {ready['id']}\r\n") as listener:
        await listener.until(b'"reset"')
    async with listening(port, "/listen?format=ndjson", f"Last-Event-ID: {reset['id']}\r\n") as listener:
        await listener.until(b'"live"')
        assert types(listener) == ["ready", "message"]


@pytest.mark.options(history_count=3)
async def test_gap_is_told(port: int) -> None:
    """What history no longer holds is counted, then what is left comes."""
    first = await say(port, "0")
    await post(port, "/say", ndjson([*"12345"]), NDJSON)
    async with listening(port, f"/listen?format=ndjson&room=*&since={first['id']}") as listener:
        await listener.until(b'"5"')
        assert types(listener) == ["ready", "gap", "message", "message", "message"]
        ready, gap, *_ = objects(listener.body)
        assert (ready["id"], gap["missed"]) == (first["id"], 2)
    async with listening(port, f"/listen?room=*&since={first['id']}") as listener:
        await listener.until(b"5\r\n")
        assert listener.body.startswith(b"* gap: 2 messages are no longer kept\r\nanonymous 3\r\n")
    async with listening(port, f"/listen?format=ndjson&room=*&since={gap['id']}") as listener:
        await listener.until(b'"5"')
        assert types(listener)[1] == "message"


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("room=a+b", b"'a b' is not a room"),
        ("format=xml", b"there is no format 'xml'"),
        ("format=_base", b"there is no format '_base'"),
        ("since=7", b"since is no id"),
        ("since=", b"since is no id"),
        ("last=-1", b"last is no number"),
        ("last=x", b"last is no number"),
        ("last=%D9%A3", b"last is no number"),
        ("last=" + "9" * 5000, b"last is no number"),
        ("last=1&since=all", b"since and last were both given"),
        ("room=%FF", b"room is not UTF-8"),
    ],
)
async def test_refused(port: int, hub: Hub, query: str, error: bytes) -> None:
    """400 and a sentence, before any stream."""
    raw = await Raw.get(port, f"/listen?{query}")
    answer = await raw.rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert raw.body.startswith(error)
    assert b"Content-Type: text/plain" in answer
    assert hub.clients == set()
    raw.close()


async def test_post_is_not_a_method_of_it(port: int) -> None:
    """405 names the right ones."""
    assert (await post(port, "/listen", b"x", "text/plain"))[0] == 405


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("pipelined", [b"", b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"])
async def test_leaves_at_once(port: int, hub: Hub, how: str, pipelined: bytes) -> None:
    """Out of the shared set and its coroutine ended, with no heartbeat to notice it, also when more was
    sent than the request.
    """
    raw = await Raw.get(port, "/listen", version="1.1")
    raw.writer.write(pipelined)
    await raw.until(b"\r\n\r\n")
    assert len(hub.clients) == 1
    tasks = len(asyncio.all_tasks())
    getattr(raw, how)()
    await eventually(lambda: not hub.clients)
    await eventually(lambda: len(asyncio.all_tasks()) < tasks)


async def test_what_is_pipelined_does_not_touch_the_stream(port: int, hub: Hub, engine: str) -> None:
    """The stream comes first, whole; then the connection's end, or on Tornado's server the next answer."""
    raw = await Raw.open(port)
    request = "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n"
    raw.writer.write((request.format("/listen") + request.format("/health")).encode())
    await eventually(lambda: hub._feeds)
    await say(port, "hi")
    await raw.until(b"anonymous hi\r\n")
    hub.close_clients()
    if engine == "tornado":
        await raw.until(b'"status"')
        assert raw.received.index(b"\r\n0\r\n\r\n") < raw.received.index(b'"status"')
        raw.close()
    else:
        await raw.rest()
        assert raw.received.endswith(b"\r\n0\r\n\r\n")
        assert b"Connection: close\r\n" in raw.received


async def test_half_close_is_a_close(port: int, hub: Hub) -> None:
    """A peer that will say no more is taken to be gone, as on Tornado everywhere."""
    async with listening(port) as listener:
        listener.writer.write_eof()
        await listener.rest()
        await eventually(lambda: not hub.clients)


async def test_half_closed_say_is_answered(port: int, engine: str) -> None:
    """`nc -N` closes its side as soon as it has sent the request. Tornado's HTTP server then closes too,
    often before the answer; ours answers first.
    """
    raw = await Raw.open(port)
    raw.writer.write(b"POST /say?message=hi HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
    raw.writer.write_eof()
    answer = await raw.rest()
    assert (answer == b"" and engine == "tornado") or (answer.startswith(b"HTTP/1.1 200 ") and raw.body == b"ok.")
    raw.close()


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
async def test_http_1_0_ends_with_the_connection(port: int, hub: Hub, connection: str) -> None:
    """There are no chunks, so a client that asked to be kept would wait for ever."""
    async with listening(port, "/listen", f"Connection: {connection}\r\n") as listener:
        await eventually(lambda: hub._feeds)
        hub.close_clients()
        await listener.rest()
        assert listener.body == b"* bye: shutdown\r\n"


async def test_bye_tells_the_reason(port: int, hub: Hub) -> None:
    """In each format, as the last thing, without an id, so that the client keeps its own."""
    async with (
        listening(port) as plain,
        listening(port, "/listen?format=sse") as sse,
        listening(port, "/listen?format=ndjson") as ndjson_,
    ):
        await eventually(lambda: len(hub._feeds) == 3)
        await say(port, "last")
        hub.close_clients()
        for listener in (plain, sse, ndjson_):
            await listener.rest()
        assert plain.body == b"anonymous last\r\n* bye: shutdown\r\n"
        assert re.search(rb'\n\nevent: bye\ndata: {"type":"bye","at":".*","reason":"shutdown"}\n\n$', sse.body)
        assert (objects(ndjson_.body)[-1]["type"], objects(ndjson_.body)[-1]["reason"]) == ("bye", "shutdown")


@pytest.mark.options(heartbeat=0.05, heartbeat_plain=0.05)
async def test_heartbeats_fill_the_silence(port: int) -> None:
    """A comment, an object, a blank line."""
    async with (
        listening(port) as plain,
        listening(port, "/listen?format=sse") as sse,
        listening(port, "/listen?format=ndjson") as ndjson_,
    ):
        await plain.until(b"\r\n\r\n\r\n\r\n")
        await sse.until(b"\n\n:\n:\n")
        await ndjson_.until(b'{"type":"heartbeat"}\n{"type":"heartbeat"}\n')


@pytest.mark.slow
async def test_seam_between_replay_and_live(port: int, hub: Hub) -> None:
    """Listeners join while others say: each hears each message once, in the one order."""
    total, joins = 1500, 40

    async def speak() -> None:
        for number in range(total):
            await hub.publish([message({"message": str(number)}, max_bytes=100)])
            await asyncio.sleep(0)

    speaking = asyncio.create_task(speak())
    listeners: list[Raw] = []
    while len(listeners) < joins:
        listeners.append(await Raw.get(port, "/listen?format=ndjson&since=all"))
        await asyncio.sleep(0)
    await speaking
    for listener in listeners:
        await listener.until(f'"message":"{total - 1}"'.encode())
        assert messages(listener) == list(map(str, range(total)))
        listener.close()


async def test_joining_after_an_await_would_lose(port: int, hub: Hub) -> None:
    """The guard of the seam, removed: with one step between the empty page and the join, something
    that is said in it is lost. This shows that the test above can fail.
    """
    join = hub.join

    def late_join(client: Client) -> None:
        asyncio.get_running_loop().call_later(0.05, join, client)

    with patch.object(hub, "join", late_join):
        async with listening(port, "/listen?format=ndjson") as listener:
            await listener.until(b"\n")
            await eventually(lambda: hub.clients)
            await say(port, "lost")
            await eventually(lambda: hub._feeds)
            await say(port, "heard")
            await listener.until(b'"heard"')
            assert messages(listener) == ["heard"]
