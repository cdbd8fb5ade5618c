"""What tests share: a raw client, a server process, and waiting with a deadline."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, ClassVar, Self

ROOT = Path(__file__).parent.parent
DEADLINE = 10.0  # seconds; ten times what anything here should take


async def eventually(condition: Callable[[], Any], within: float = DEADLINE) -> None:
    """Wait until `condition()` is true; fail at the deadline."""
    end = monotonic() + within
    while not condition():
        assert monotonic() < end, "it did not come true in time"
        await asyncio.sleep(0.005)


class Raw:
    """A socket on which one writes a request and reads what comes, with nothing in between.

    Requests are HTTP/1.0 unless they say otherwise, so that no chunk sizes stand in the answer. What a
    test leaves open is closed by the `io_loop` fixture.
    """

    opened: ClassVar[list[Raw]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        Raw.opened.append(self)
        self.reader = reader
        self.writer = writer
        self.received = b""

    @classmethod
    async def open(cls, port: int, host: str = "127.0.0.1") -> Self:
        return cls(*await asyncio.open_connection(host, port))

    @classmethod
    async def get(cls, port: int, path: str, headers: str = "", version: str = "1.0") -> Self:
        raw = await cls.open(port)
        raw.writer.write(f"GET {path} HTTP/{version}\r\nHost: localhost\r\n{headers}\r\n".encode())
        return raw

    async def until(self, marker: bytes, within: float = DEADLINE) -> bytes:
        """All that was received, once `marker` is in it."""

        async def read() -> None:
            while marker not in self.received:
                data = await self.reader.read(65536)
                assert data, f"closed before {marker!r}: {self.received[-500:]!r}"
                self.received += data

        try:
            await asyncio.wait_for(read(), within)
        except TimeoutError:
            raise AssertionError(f"no {marker!r} in {self.received[-500:]!r}") from None
        return self.received

    async def rest(self, within: float = DEADLINE) -> bytes:
        """All that was received, once the other side has closed."""
        try:
            self.received += await asyncio.wait_for(self.reader.read(), within)
        except ConnectionResetError:
            pass
        return self.received

    @property
    def body(self) -> bytes:
        """What came after the headers."""
        return self.received.partition(b"\r\n\r\n")[2]

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """End the connection by RST."""
        self.writer.transport.abort()


@asynccontextmanager
async def listening(port: int, path: str = "/listen", headers: str = "") -> AsyncIterator[Raw]:
    """A listener whose headers have arrived."""
    raw = await Raw.get(port, path, headers)
    await raw.until(b"\r\n\r\n")
    try:
        yield raw
    finally:
        raw.close()


async def say(port: int, message: str, **fields: str) -> dict[str, Any]:
    """Say it, and return the JSON answer: `id`, `room`, `at`."""
    body = json.dumps({"message": message, **fields}).encode()
    status, answer = await post(port, "/say", body, "application/json", "Accept: application/json\r\n")
    assert status == 200, answer
    result: dict[str, Any] = json.loads(answer)
    return result


async def post(port: int, path: str, body: bytes, content_type: str, headers: str = "") -> tuple[int, bytes]:
    """Status and body of a POST."""
    raw = await Raw.open(port)
    head = f"POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: {content_type}\r\n{headers}"
    raw.writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answer = await raw.rest()
    raw.close()
    return int(answer.split(b" ", 2)[1]), raw.body


def objects(body: bytes) -> list[dict[str, Any]]:
    """The objects of an NDJSON body, without a last line that is cut off."""
    return [json.loads(line) for line in body.split(b"\n")[:-1]]


def ndjson(messages: Sequence[str], **fields: str) -> bytes:
    """The body that says `messages` at once."""
    return b"".join(json.dumps({"message": m, **fields}).encode() + b"\n" for m in messages)


def tornchat(*arguments: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
    """`python -m tornchat` with these arguments, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tornchat", *arguments],
        cwd=ROOT, env=environ, input=stdin, capture_output=True, timeout=60, check=False,
    )  # fmt: skip


class ServerProcess:
    """`python -m tornchat` on a free port, as a person starts it."""

    def __init__(self, *flags: str, log: Path, prefix: Sequence[str] = ()) -> None:
        self.log = log
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "tornchat", "--port=0", *flags],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self.process.stdout is not None
        self.greeting = self.process.stdout.readline()
        match = re.search(r"port (\d+)", self.greeting)
        if match is None:
            self.stop()
            raise AssertionError(f"it did not start: {log.read_text()}")
        self.port = int(match[1])

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self, within: float = DEADLINE) -> int:
        """The exit code."""
        return self.process.wait(within)

    async def ended(self, within: float = DEADLINE) -> int:
        """The exit code, while the test's own loop goes on."""
        await eventually(lambda: self.process.poll() is not None, within)
        return self.wait()

    def stop(self) -> None:
        """End it and its pipes, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def wait_for_log(self, text: str, within: float = DEADLINE) -> str:
        """The log, once `text` stands in it."""
        end = monotonic() + within
        while text not in (log := self.log.read_text()):
            assert monotonic() < end, f"no {text!r} in the log:\n{log}"
            sleep(0.01)
        return log
