"""A Redis of our own for tests: a real one, on a unix socket, that can be killed and started again."""

from __future__ import annotations

import atexit
import shutil
import socket
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from tests.support import DEADLINE


class RedisServer:
    """`redis-server` in a folder of its own; with `aof`, what was acknowledged survives `kill -9`."""

    def __init__(self, *options: str, aof: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tornchat-redis-"))
        self.path = self.folder / "redis.sock"
        self.url = f"unix://{self.path}"
        self._options = ["--appendonly", "yes" if aof else "no", *options]
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self, *options: str, loaded: bool = True) -> None:
        """Return when it answers; unless it need not be `loaded`, when it has read its file."""
        fixed = ["--port", "0", "--unixsocket", str(self.path), "--dir", str(self.folder), "--save", ""]
        command = ["redis-server", *fixed, *self._options, *options]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        end = monotonic() + DEADLINE
        while True:
            try:
                answer = self.command("PING")
                if answer and (not loaded or answer == b"+PONG\r\n"):
                    return
            except OSError:
                pass
            assert monotonic() < end, (self.folder / "log").read_text()
            sleep(0.01)

    def command(self, *words: str | int, password: str = "") -> bytes:
        """The reply, as it comes."""
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(self.path))
            if password:
                client.sendall(_packed("AUTH", password))
                assert client.recv(100) == b"+OK\r\n"
            client.sendall(_packed(*words))
            return client.recv(1 << 20)

    def lose(self, text: str) -> None:
        """Kill it, cut its file off before the last transaction that holds `text`, and start it again: what was not
        synced yet is lost with the power.
        """
        self.kill()
        [aof] = self.folder.glob("appendonlydir/*.incr.aof")
        data = aof.read_bytes()
        aof.write_bytes(data[: data.rindex(b"*1\r\n$5\r\nMULTI", 0, data.rindex(text.encode()))])
        self.start()

    def kill(self) -> None:
        """As by `kill -9`."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it, and forget what it kept."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


def _packed(*words: str | int) -> bytes:
    parts = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%b\r\n" % (len(p), p) for p in parts)


@lru_cache(maxsize=1)
def _shared() -> RedisServer:
    server = RedisServer()
    atexit.register(server.stop)
    return server


def redis_url() -> str:
    """Of a server that all tests share, emptied."""
    server = _shared()
    server.command("FLUSHALL")
    return server.url
