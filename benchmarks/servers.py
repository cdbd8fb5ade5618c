"""How each server is started on a free port, found ready, and ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
BUILD = HERE / "build"
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
READY_SECONDS = 10
END_SECONDS = 2
TORNCHAT = [sys.executable, "-m", "tornchat", "--broker=memory://", "--log-level=warning", "--history-count=10000"]
ENGINES = ("httptools", "tornado")


class Server(NamedTuple):
    """One contestant."""

    name: str
    command: Callable[[int, Path], list[str]]  # of a port and a folder of its own
    missing: str = ""  # why it cannot take part
    accept: str = "*/*"  # what its listeners ask for


class Running(NamedTuple):
    """A server that answers."""

    process: subprocess.Popen[bytes]
    port: int
    errors: Path

    def death(self) -> str:
        """Its first words if it has ended, else nothing."""
        try:
            code = self.process.wait(0.2)
        except subprocess.TimeoutExpired:
            return ""
        lines = self.errors.read_text(errors="replace").split("\n")
        return lines[0] or f"exit code {code}"


def servers() -> list[Server]:
    """All contestants, those that are missing too."""
    return [
        *_tornchats(),
        _go("Go, original", "go_original"),
        _go("Go, mutex", "go_mutex"),
        Server("nchan", _nchan, _no_nchan(), accept="text/event-stream"),
    ]


def brokers() -> list[Server]:
    """tornchat with each broker; Redis counts as part of the server that uses it."""
    sqlite = "--broker=sqlite:///{folder}/history.db"
    redis = "--broker=unix://{folder}/redis.sock"
    return [
        _on("memory", "--broker=memory://"),
        _on("sqlite, process", sqlite, "--durability=process"),
        _on("sqlite, power", sqlite, "--durability=power"),
        _on("redis", redis),
        _on("redis, 2 processes", redis, "--processes=2"),
    ]


def _on(name: str, *flags: str) -> Server:
    def command(port: int, folder: Path) -> list[str]:
        tornchat = [*TORNCHAT, *(flag.format(folder=folder) for flag in flags), f"--port={port}"]
        if not name.startswith("redis"):
            return tornchat
        # Its child, so that its CPU and memory count.
        redis = f"redis-server --port 0 --unixsocket {folder}/redis.sock --dir {folder} --save '' >/dev/null"
        return ["sh", "-c", f'{redis} & exec "$@"', "sh", *tornchat]

    missing = name.startswith("redis") and not shutil.which("redis-server")
    return Server(name, command, "redis-server is not installed" if missing else "")


def build() -> None:
    """Compile the load and the peers."""
    go = shutil.which("go")
    if not go:
        sys.exit("the load is written in Go: install it, on Debian by apt-get install golang-go")
    BUILD.mkdir(exist_ok=True)
    subprocess.run([go, "build", "-o", f"{BUILD}/", "./..."], cwd=HERE, check=True)


@contextmanager
def running(server: Server) -> Iterator[Running]:
    """The server, from when it takes connections to its end.

    Raises:
        RuntimeError: it did not start.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        port = _free_port()
        errors = folder / "errors"
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                server.command(port, folder),
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,  # so that its children can be ended with it
            )
        try:
            _until_ready(process, port, errors)
            yield Running(process, port, errors)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # nginx then waits for its workers
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _tornchats() -> list[Server]:
    """One for each engine; a build without engines is one server."""
    refusals = {engine: _refusal(engine) for engine in ENGINES}
    if all(refusals.values()):
        return [Server("tornchat", lambda port, _: [*TORNCHAT, f"--port={port}"])]
    return [_tornchat(engine, refusal) for engine, refusal in refusals.items()]


def _tornchat(engine: str, missing: str) -> Server:
    def command(port: int, _: Path) -> list[str]:
        return [*TORNCHAT, f"--engine={engine}", f"--port={port}"]

    return Server(f"tornchat, {engine}", command, missing)


def _refusal(engine: str) -> str:
    """Why this build does not start with the engine; nothing if it does."""
    command = [*TORNCHAT, f"--engine={engine}", "--port=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        said = process.stdout.readline()  # that it listens, or nothing as it ends
        process.kill()
        return "" if said else process.stderr.readline().strip()


def _go(name: str, program: str) -> Server:
    return Server(name, lambda port, _: [str(BUILD / program), f"127.0.0.1:{port}"])


def _nchan(port: int, folder: Path) -> list[str]:
    text = (HERE / "peers" / "nchan.conf").read_text()
    (folder / "nginx.conf").write_text(text.replace("PORT", str(port)))
    nginx = _nginx()
    assert nginx
    return [nginx, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]


def _nginx() -> str | None:
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")


def _no_nchan() -> str:
    return "" if _nginx() and NCHAN.exists() else "nginx with nchan is not installed"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _until_ready(process: subprocess.Popen[bytes], port: int, errors: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError(f"the server did not start: {errors.read_text(errors='replace').strip()}")
