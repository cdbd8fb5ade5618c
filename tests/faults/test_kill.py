"""`kill -9`: what was acknowledged is there afterwards."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from tests.support import Raw, ServerProcess, eventually, listening, objects, post, say

KILLS = 20
SAYS = 10_000
CONNECTIONS = 8


class Speaker:
    """Says numbered messages on one connection, and writes down what became of each."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = 0
        self.acknowledged: dict[str, str] = {}  # text → id
        self.tried: list[str] = []

    async def speak(self, port: int, until: int) -> None:
        """Go on, until the server dies or all is said."""
        try:
            raw = await Raw.open(port)
            while self.sent < until:
                text = f"{self.name}:{self.sent}"
                self.sent += 1
                self.tried.append(text)
                body = json.dumps({"message": text, "name": self.name}).encode()
                raw.received = b""
                raw.writer.write(
                    b"POST /say HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n"
                    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
                )
                await raw.until(b"}")
                assert b"HTTP/1.1 200 OK" in raw.received
                self.acknowledged[text] = json.loads(raw.body)["id"]
        except (OSError, AssertionError):
            return
        raw.close()


@pytest.mark.slow
@pytest.mark.timeout(seconds=180)
@pytest.mark.parametrize("durability", ["process", "power"])
async def test_nothing_acknowledged_is_lost(
    start_server: Callable[..., ServerProcess], tmp_path: Path, durability: str
) -> None:
    """20 kills at random moments of 10,000 says: nothing acknowledged is lost, nothing appears that was not said,
    nothing twice, and the order is that of each speaker.
    """
    options = [f"--broker=sqlite:///{tmp_path}/history.db", f"--durability={durability}"]
    speakers = [Speaker(f"s{n}") for n in range(CONNECTIONS)]
    each = SAYS // CONNECTIONS
    slowest = 0.0
    for kill in range(KILLS):
        began = monotonic()
        server = start_server(*options)
        slowest = max(slowest, monotonic() - began)
        goal = each * (kill + 1) // KILLS
        speaking = [asyncio.create_task(speaker.speak(server.port, each)) for speaker in speakers]
        moment = (goal - random.randrange(each // KILLS)) * CONNECTIONS
        await eventually(lambda moment=moment: sum(s.sent for s in speakers) >= moment)  # type: ignore[misc]
        server.process.kill()
        await asyncio.gather(*speaking)
        server.wait()
    assert slowest < 20, "ready again within 2 s is the figure; ten times as much is an error"

    server = start_server(*options)
    await asyncio.gather(*(speaker.speak(server.port, each) for speaker in speakers))
    await say(server.port, "end")
    async with listening(server.port, "/listen?format=ndjson&since=all") as listener:
        await listener.until(b'"end"}\n', within=60)
    kept = [event for event in objects(listener.body) if event["type"] == "message"][:-1]
    ids = {event["message"]: event["id"] for event in kept}
    assert len(ids) == len(kept)
    for speaker in speakers:
        assert {text: ids.get(text) for text in speaker.acknowledged} == speaker.acknowledged
        own = [event["message"] for event in kept if event["name"] == speaker.name]
        assert set(own) <= set(speaker.tried)
        assert own == sorted(own, key=speaker.tried.index)
    print(f"{len(kept)} kept of {SAYS} said; slowest start {slowest:.2f} s, Python's own included")


async def test_idempotency_over_a_kill(start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """A sender that does not know whether it was heard says it again with its key: one message, one answer."""
    options = [f"--broker=sqlite:///{tmp_path}/history.db"]
    header = "Idempotency-Key: 7d9f\r\nAccept: application/json\r\n"
    server = start_server(*options)
    first = await post(server.port, "/say", b'{"message":"once"}', "application/json", header)
    server.process.kill()
    server.wait()
    server = start_server(*options)
    for _ in range(3):
        assert await post(server.port, "/say", b'{"message":"once"}', "application/json", header) == first
    await say(server.port, "end")
    async with listening(server.port, "/listen?format=ndjson&since=all") as listener:
        await listener.until(b'"end"}\n')
    assert listener.body.count(b'"once"') == 1
