"""The one to read first: what is said is heard."""

from __future__ import annotations

from tests.support import Raw, listening, objects, post, say


async def test_what_is_said_is_heard(port: int) -> None:
    """A form's fields arrive as one line of text, to the byte."""
    async with listening(port) as listener:
        answer = await post(port, "/say", b"name=Florian&message=hi", "application/x-www-form-urlencoded")

        assert answer == (200, b"ok.")
        await listener.until(b"hi\r\n")
        assert listener.body == b"Florian hi\r\n"


async def test_address_bar_says_too(port: int) -> None:
    """GET works, so that a browser's address bar can say something."""
    async with listening(port) as listener:
        raw = await Raw.get(port, "/say?name=Florian&message=hi")
        await raw.rest()

        assert raw.body == b"ok."
        await listener.until(b"Florian hi\r\n")
        raw.close()


async def test_address_bar_in_raw_utf8(port: int) -> None:
    """curl sends a URL as it was typed."""
    async with listening(port) as listener:
        raw = await Raw.get(port, "/say?name=Ayşe&message=grüße🎉", version="1.1")
        await raw.until(b"ok.")
        await listener.until("Ayşe grüße🎉\r\n".encode())


async def test_each_format_hears_the_same(port: int) -> None:
    """SSE for a browser, NDJSON for a program, text for a terminal; a heartbeat is not among it."""
    async with (
        listening(port) as plain,
        listening(port, headers="Accept: text/event-stream\r\n") as sse,
        listening(port, "/listen?format=ndjson", "Accept: text/event-stream\r\n") as ndjson,
    ):
        kept = await say(port, "grüße 🎉", name="Ayşe")

        await plain.until("Ayşe grüße 🎉\r\n".encode())
        data = '{"id":"%s","room":"lobby","type":"message","at":"%s","name":"Ayşe","message":"grüße 🎉"}'
        text = data % (kept["id"], kept["at"])
        await sse.until(f"id: {kept['id']}\ndata: {text}\n\n".encode())
        await ndjson.until(text.encode() + b"\n")
        assert [event["type"] for event in objects(ndjson.body)] == ["ready", "message"]


async def test_rooms_are_apart(port: int) -> None:
    """A listener hears its rooms, in the order in which they were said in; `*` hears all."""
    async with (
        listening(port) as lobby,
        listening(port, "/listen?room=ops&room=ci") as two,
        listening(port, "/listen?room=*") as everything,
    ):
        for room, message in (("ops", "1"), ("lobby", "2"), ("ci", "3"), ("a/b.c_d-e", "4")):
            await say(port, message, room=room)
        await say(port, "end", room="ops")
        await say(port, "end", room="lobby")

        await lobby.until(b"end\r\n")
        await two.until(b"end\r\n")
        await everything.until(b"end\r\nanonymous end\r\n")
        assert lobby.body == b"anonymous 2\r\nanonymous end\r\n"
        assert two.body == b"anonymous 1\r\nanonymous 3\r\nanonymous end\r\n"
        assert everything.body.count(b"\r\n") == 6


async def test_comes_back_without_gap_or_repeat(port: int) -> None:
    """A listener that gives its last id hears what was said since, then what is said now."""
    async with listening(port, "/listen?format=sse") as listener:
        first = await say(port, "heard")
        await listener.until(b"heard")
    await say(port, "missed")

    async with listening(port, "/listen?format=sse", f"Last-Event-ID: {first['id']}\r\n") as again:
        await again.until(b"missed")
        await say(port, "live")
        await again.until(b"live")
        assert again.body.count(b"\ndata: ") == 3  # ready, missed, live
        assert b"heard" not in again.body
