"""`/board`, `/cc.xml` and the badges."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.board.events import generic
from tests.support import Raw, listening, objects, post, say
from tornchat.board import Board
from tornchat.event import Event
from tornchat.handlers._base import Context

FORM = "application/x-www-form-urlencoded"
pytestmark = pytest.mark.options(trust_loopback=True)


async def get(port: int, path: str, headers: str = "") -> tuple[int, bytes, bytes]:
    raw = await Raw.get(port, path, headers)
    answer = await raw.rest()
    return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[0], raw.body


async def board(port: int) -> dict[str, Any]:
    status, _, body = await get(port, "/board")
    assert status == 200
    found: dict[str, Any] = json.loads(body)
    return found


async def report(port: int, project: str, status: str, **fields: str) -> None:
    body = "&".join(f"{name}={value}" for name, value in {"project": project, "status": status, **fields}.items())
    assert (await post(port, "/hooks/generic", body.encode(), FORM))[0] == 204


async def test_board_and_stream_are_one(port: int) -> None:
    """State, then `since` its id: no change is missed, and none is repeated, while others are made all the time."""
    done = False

    async def change() -> None:
        number = 0
        while not done:
            number += 1
            await report(port, f"p{number % 5}", "failed" if number % 3 else "success", id=str(number))
            await say(port, "between")

    changing = asyncio.create_task(change())
    for _ in range(20):
        state = await board(port)
        path = f"/listen?room=ci&room=hosts&format=ndjson&since={state['id']}"
        async with listening(port, path) as listener:
            await listener.until(b'"type":"run"')
            await listener.until(b'"type":"run"' if len(objects(listener.body)) > 1 else b"\n")
            heard = [event for event in objects(listener.body) if event["type"] == "run"]
        seen = {run["key"] for project in state["projects"].values() for run in project["pipelines"]}
        assert not seen & {event["key"] for event in heard}, "a change came twice"
        assert objects(listener.body)[0]["id"] == state["id"]
        numbers = [int(event["key"].rpartition("|")[2]) for event in heard]
        newest = max((int(key.rpartition("|")[2]) for key in seen), default=0)
        assert numbers == list(range(newest + 1, newest + 1 + len(numbers))), "a change is missing"
    done = True
    await changing


async def test_state(port: int) -> None:
    """What the dashboard begins with."""
    await report(port, "shop/web", "running", ref="main", number="812")
    await report(port, "shop/web", "failed", ref="main", number="812")
    state = await board(port)
    assert state["status"] == "failed"
    project = state["projects"]["shop/web"]
    assert [run["number"] for run in project["pipelines"]] == ["812"]
    assert project["results"][0]["status"] == "failed"


async def test_compressed(port: int, context: Context) -> None:
    """A big one, to who takes gzip."""
    for number in range(200):
        context.dashboard.board.apply(generic(str(number), "success", 1, project=f"group/project{number}"))
    status, head, body = await get(port, "/board", "Accept-Encoding: gzip\r\n")
    assert (status, b"Content-Encoding: gzip" in head, b"Vary: Accept-Encoding" in head) == (200, True, True)
    assert len(json.loads(gzip.decompress(body))["projects"]) == 200
    assert b"Content-Encoding" not in (await get(port, "/board"))[1]


async def test_cctray(port: int) -> None:
    """For build monitors."""
    await report(port, "shop/web", "failed", ref="main", number="812")
    status, head, body = await get(port, "/cc.xml")
    assert (status, b"Content-Type: application/xml" in head) == (200, True)
    [project] = ElementTree.fromstring(body)
    assert project.get("lastBuildStatus") == "Failure"


async def test_badge(port: int) -> None:
    """As a picture and as JSON; a project's path is the URL's."""
    await report(port, "shop/web", "success")
    status, head, body = await get(port, "/badge/shop/web.svg")
    assert (status, b"image/svg+xml" in head, b">passed<" in body) == (200, True, True)
    status, _, body = await get(port, "/badge/shop/web.json")
    assert json.loads(body) == {
        "schemaVersion": 1,
        "label": "web",
        "message": "success",
        "project": "shop/web",
        "status": "success",
    }
    assert (await get(port, "/badge/shop%2Fweb.svg"))[0] == 200
    for path in ("/badge/shop/other.svg", "/badge/shop/web.png", "/badge/", "/badge"):
        assert (await get(port, path))[0] == 404


async def test_strange_events_break_nothing(port: int, context: Context) -> None:
    """Another process may be of another version."""
    strange: list[object] = [{}, {"project": 5}, {"key": "x", "clock": "y", "project": "p", "status": []}]
    for data in strange:
        await context.hub.publish([Event("ci", "run", data)])  # type: ignore[arg-type]
        await context.hub.publish([Event("hosts", "host", data)])  # type: ignore[arg-type]
    assert (await board(port))["projects"] == Board().state("")["projects"]
