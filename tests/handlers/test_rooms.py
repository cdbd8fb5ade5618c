"""`/rooms`."""

from __future__ import annotations

import json
from typing import Any

from tests.support import Raw, listening, say


async def rooms(port: int) -> dict[str, Any]:
    raw = await Raw.get(port, "/rooms")
    await raw.rest()
    assert b" 200 OK\r\n" in raw.received
    result: dict[str, Any] = json.loads(raw.body)["rooms"]
    return result


async def test_rooms(port: int) -> None:
    """Where something is said, and who listens: also where nothing was said yet."""
    assert await rooms(port) == {}
    await say(port, "1", room="ops")
    last = await say(port, "2", room="ops")
    async with listening(port, "/listen?room=ops&room=new"), listening(port, "/listen?room=*") as all:
        await say(port, "heard")
        await all.until(b"heard")
        found = await rooms(port)
    assert found.pop("lobby")["listeners"] == 0
    assert found == {
        "*": {"listeners": 1, "messages": 0, "last_id": None},
        "new": {"listeners": 1, "messages": 0, "last_id": None},
        "ops": {"listeners": 1, "messages": 2, "last_id": last["id"]},
    }
