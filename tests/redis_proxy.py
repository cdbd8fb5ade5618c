"""Stands between tornchat and Redis, and does to their connections what networks do."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Self


class Proxy:
    """Passes bytes on. Where it listens is `url`.

    Attributes:
        cut_after: so many bytes later, counted over all connections and both ways, one is reset; None: never.
        one_by_one: whether each byte comes by itself.
        away: whether new connections are reset at once.
    """

    def __init__(self, redis: Path) -> None:
        self._redis = redis
        self._connections: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.cut_after: int | None = None
        self.cuts = 0
        self.swallow_replies_with: bytes | None = None
        self.one_by_one = False
        self.away = False

    async def start(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def stop(self) -> None:
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stall(self) -> None:
        """Connections stay, and nothing comes through any more, as from a peer that has vanished."""
        self._flows.clear()

    def flow(self) -> None:
        self._flows.set()

    def cut(self) -> None:
        """Reset all connections."""
        for writer in self._connections:
            writer.transport.abort()
        self._connections.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.away:
            writer.transport.abort()
            return
        upstream = await asyncio.open_unix_connection(str(self._redis))
        pair = [writer, upstream[1]]
        self._connections += pair
        for source, target, reply in ((reader, upstream[1], False), (upstream[0], writer, True)):
            task = asyncio.create_task(self._pass(source, target, pair, reply))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(
        self,
        source: asyncio.StreamReader,
        target: asyncio.StreamWriter,
        pair: list[asyncio.StreamWriter],
        reply: bool,
    ) -> None:
        try:
            while data := await source.read(1 if self.one_by_one else 65536):
                await self._flows.wait()
                if reply and self.swallow_replies_with and self.swallow_replies_with in data:
                    self.cuts += 1
                    break
                if self.cut_after is not None:
                    self.cut_after -= len(data)
                    if self.cut_after < 0:
                        target.write(data[: random.randrange(len(data))])
                        self.cut_after = None
                        self.cuts += 1
                        break
                target.write(data)
                await target.drain()
        except OSError:
            pass
        for writer in pair:
            writer.transport.abort()
