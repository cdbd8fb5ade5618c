"""`/board`: the state of all projects, hosts and checks, and the id from which to listen for what changes it.

The same as other tools want it: `/cc.xml` for build monitors, `/badge/<project>.svg` and `.json` for pages.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from typing import Any

from tornchat.board import badge, cctray
from tornchat.errors import NotFound
from tornchat.event import timestamp
from tornchat.handlers._base import BaseHandler

COMPRESSED_BYTES = 4096  # what is longer is sent as gzip to who takes it
PROJECTS_A_TURN = 10
IN_THREAD_BYTES = 64 * 1024


class BoardHandler(BaseHandler):
    """`GET /board` and then `/listen?room=ci&room=hosts&since=<id>` misses no change and repeats none."""

    async def get(self) -> None:
        await self.context.dashboard.loaded()
        board = self.context.dashboard.board
        for number, _ in enumerate(board.prepare()):
            if number % PROJECTS_A_TURN == 0:
                await asyncio.sleep(0)  # of 1,000 projects the first answer takes 0.3 s
        body = board.json(timestamp(), self.hub.broker.cursor)
        await self.answer(body, "application/json; charset=utf-8")

    async def answer(self, body: bytes, content_type: str) -> None:
        """Send it, compressed where that is worth it."""
        self.set_header("Content-Type", content_type)
        self.set_header("Vary", "Accept-Encoding")
        if len(body) > COMPRESSED_BYTES and "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            in_thread = len(body) > IN_THREAD_BYTES
            body = await asyncio.to_thread(gzip.compress, body, 1) if in_thread else gzip.compress(body, 1)
        self.finish(body)

    async def state(self) -> Mapping[str, Any]:
        """What the board shows."""
        await self.context.dashboard.loaded()
        return self.context.dashboard.board.state(timestamp())


class CCTrayHandler(BoardHandler):
    """https://cctray.org/v1/"""

    async def get(self) -> None:
        await self.answer(cctray.encode(await self.state()), cctray.MEDIA_TYPE)


class BadgeHandler(BoardHandler):
    """One project: a picture, or the same as JSON, also as shields.io's endpoint badges want it."""

    async def get(self, rest: str) -> None:  # type: ignore[override]
        name, _, form = rest.rpartition(".")
        project = (await self.state())["projects"].get(name)
        if form not in ("svg", "json") or project is None:
            raise NotFound(f"there is no badge {rest[:60]!a}", "ask for /badge/<project>.svg or .json, see /board")
        status = project.get("active") or project["status"]
        label = name.rpartition("/")[2]
        if form == "svg":
            self.set_header("Content-Type", badge.MEDIA_TYPE)
            self.set_header("Cache-Control", "no-cache")
            self.finish(badge.encode(label, status))
        else:
            known = {key: project[key] for key in ("project", "status", "active", "url") if key in project}
            self.finish({"schemaVersion": 1, "label": label, "message": status, **known})


routes = [("/board", BoardHandler), ("/cc.xml", CCTrayHandler), ("/badge/", BadgeHandler)]
