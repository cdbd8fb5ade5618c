"""A proxy between browser and server that does what proxies and networks do to a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Proxy:
    """Passes bytes both ways, or does not.

    Attributes:
        refuses: answers each new connection with a 502.
        eats_answers: passes on a POST, and cuts the connection when its answer comes; counts down.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.refuses = False
        self.refused = 0
        self.eats_answers = 0
        self._target = target
        self._open: set[asyncio.StreamWriter] = set()
        self._stalled: set[asyncio.StreamWriter] = set()

    def stall(self) -> None:
        """What is open stays open, and passes nothing more: a laptop has slept, a NAT has forgotten."""
        self._stalled |= self._open

    def cut(self) -> None:
        """End what is open."""
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            self.refused += 1
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, up_writer}
        await asyncio.gather(self._pump(reader, up_writer, is_request=True), self._pump(up_reader, writer))
        self._open -= {writer, up_writer}

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_request: bool = False
    ) -> None:
        try:
            while data := await source.read(65536):
                if sink in self._stalled:
                    continue
                sink.write(data)
                if is_request and self.eats_answers and data.startswith(b"POST"):
                    self.eats_answers -= 1
                    self._stalled |= self._open  # the answer does not come through
                    asyncio.get_running_loop().call_later(0.2, self.cut)
                await sink.drain()
        except OSError:
            pass
        sink.close()


@asynccontextmanager
async def proxy(target: int) -> AsyncIterator[Proxy]:
    """A proxy before the server on the port `target`."""
    between = Proxy(target)
    server = await asyncio.start_server(between.serve, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    try:
        yield between
    finally:
        server.close()
        between.cut()
        await asyncio.sleep(0)
