"""A server elsewhere, for what goes out from here: it answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from typing import Self


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer with its length."""
    fields = {"Content-Length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {text}" for name, text in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Elsewhere:
    """Answers each connection with the next of `answers`, the last again and again; None: with silence.

    It reads to the end of a request's head and body before, and ends its side after if it `closes`.
    """

    def __init__(self, *answers: bytes | None, tls: ssl.SSLContext | None = None, closes: bool = True) -> None:
        self.answers = deque(answers)
        self.requests: list[bytes] = []
        self.open = self.most_open = 0  # connections
        self.port = 0
        self._tls = tls
        self._closes = closes
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, after a stop on the same port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections, and cut those that there are."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, path: str = "/") -> str:
        """The URL of a path here."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}{path}"

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await self._answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # it has gone
        finally:
            self.open -= 1
            writer.transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        self.requests.append(head + await reader.readexactly(int(length or 0)))
        reply = self.answers.popleft() if len(self.answers) > 1 else self.answers[0]
        if reply is not None:
            writer.write(reply)
            await writer.drain()
            if self._closes:
                writer.write_eof() if writer.can_write_eof() else writer.close()
        await reader.read()  # to the end of the other side
