"""`python -m demo [--port 4000] [--pace 20]`: a server, and a day that is played to it, until Ctrl-C."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from demo.day import TEXT, Day

OPEN_SECONDS, CLOSED_SECONDS = 50, 25  # of the shop that is checked


async def shop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Whatever is asked: it is open, most of the time."""
    with suppress(OSError):
        asked = await reader.read(4096)
        cycle = asyncio.get_running_loop().time() % (OPEN_SECONDS + CLOSED_SECONDS)
        closed = cycle > OPEN_SECONDS and not asked.startswith(b"GET /search")
        body = b"closed" if closed else b"open"
        status = b"503 Service Unavailable" if closed else b"200 OK"
        writer.write(
            b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (status, len(body), body)
        )
        await writer.drain()
    writer.close()


@asynccontextmanager
async def serving(port: int) -> AsyncIterator[int]:
    """The server, with a shop beside it; yields the server's port."""
    beside = await asyncio.start_server(shop, "127.0.0.1", 0)
    environ = os.environ | {"DEMO_SHOP": f"http://127.0.0.1:{beside.sockets[0].getsockname()[1]}/"}
    command = (sys.executable, "-m", "tornchat", "--config", "demo/conf.py", f"--port={port}")
    process = await asyncio.create_subprocess_exec(*command, env=environ, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout
        match = re.search(rb"port (\d+)", await process.stdout.readline())
        if match is None:
            raise SystemExit(await process.wait())
        yield int(match[1])
    finally:
        beside.close()
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def play(port: int, pace: float) -> None:
    """The day, with a backup that runs each minute."""
    client = AsyncHTTPClient(max_clients=50)
    url = f"http://127.0.0.1:{port}"

    async def post(path: str, body: bytes, content_type: str) -> None:
        headers = {"Content-Type": content_type}
        await client.fetch(HTTPRequest(url + path, "POST", headers, body))

    async def backup() -> None:
        while True:
            await post("/ping/demo-backup-token/start", b"", TEXT)
            await asyncio.sleep(5)
            await post("/ping/demo-backup-token", b"", TEXT)
            await asyncio.sleep(50)

    day = Day(post, pace)
    await day.past()
    print(f"The demo plays: {url}/ and {url}/dashboard. Ctrl-C ends it.", flush=True)
    async with asyncio.TaskGroup() as group:
        group.create_task(day.play())
        group.create_task(backup())


async def main() -> None:
    """Serve and play."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=(__doc__ or "").strip())
    parser.add_argument("--port", type=int, default=4000)
    parser.add_argument("--pace", type=float, default=20.0, help="how much faster than real pipelines (default 20)")
    arguments = parser.parse_args()
    async with serving(arguments.port) as port:
        await play(port, arguments.pace)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
