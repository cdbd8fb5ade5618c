"""A disk that is full, or read-only: refused, not lost; and live again as soon as the cause is gone."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import Raw, ServerProcess, eventually, listening, objects, post, say, tornchat

pytestmark = [pytest.mark.needs("mount", "umount"), pytest.mark.slow]
MEGABYTES = 4
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tornchat-test", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        assert not os.environ.get("CI"), done.stderr
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=False)


def fill(ballast: Path) -> None:
    """Leave no room."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096) == 4096:
                pass
        except OSError:
            pass


async def refused(port: int) -> bytes:
    """The sentence of a 503, which says when to try again."""
    raw = await Raw.open(port)
    raw.writer.write(b"POST /say?message=refused HTTP/1.0\r\nHost: localhost\r\n\r\n")
    answer = await raw.rest()
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in answer
    return raw.body


async def health(port: int) -> dict[str, object]:
    raw = await Raw.get(port, "/health")
    await raw.rest()
    answer: dict[str, object] = json.loads(raw.body)
    return answer


async def works_again(server: ServerProcess) -> None:
    """Without a word from anybody it finds out."""
    server.wait_for_log("works again")
    assert (await health(server.port))["status"] == "ok"


async def test_full_disk(disk: Path, start_server: Callable[..., ServerProcess]) -> None:
    """`/say` answers 503 while it lasts; listeners stay, and hear all that was acknowledged, and no more."""
    server = start_server(f"--broker=sqlite:///{disk}/history.db")
    async with listening(server.port, "/listen?format=ndjson") as listener:
        await say(server.port, "before")
        ballast = disk / "ballast"
        fill(ballast)
        acknowledged = ["before"]
        for number in range(200):
            body = json.dumps({"message": f"{number} {'x' * 30_000}"}).encode()
            status, answer = await post(server.port, "/say", body, "application/json")
            if status == 503:
                break
            acknowledged.append(f"{number} {'x' * 30_000}")
        assert status == 503
        assert b"history.db cannot grow, the disk is full" in answer
        assert (await health(server.port))["listeners"] == 1
        ballast.unlink()
        await works_again(server)
        await say(server.port, "after")
        await listener.until(b'"after"}\n')
        heard = [event["message"] for event in objects(listener.body) if event["type"] == "message"]
        assert heard == [*acknowledged, "after"]
    async with listening(server.port, "/listen?format=ndjson&since=all") as again:
        await again.until(b'"after"}\n')
        assert [e["message"] for e in objects(again.body) if e["type"] == "message"] == heard


async def test_read_only_disk(disk: Path, start_server: Callable[..., ServerProcess]) -> None:
    """A file system that turns read-only, as a failing disk does, and back. The kernel lets it turn only when no
    file is open for writing, so it is first full, which makes the server close its own.
    """
    server = start_server(f"--broker=sqlite:///{disk}/history.db")
    async with listening(server.port) as listener:
        await say(server.port, "before")
        fill(disk / "ballast")
        while (await post(server.port, "/say", b"message=" + b"x" * 30_000, FORM))[0] == 200:
            pass
        await eventually(lambda: remount(disk, f"ro,size={2 * MEGABYTES}m"))
        assert b"history.db is read-only" in await refused(server.port)
        assert remount(disk, "rw")
        await works_again(server)
        await say(server.port, "after")
        await listener.until(b"anonymous after\r\n")
        assert b"refused" not in listener.body


def remount(disk: Path, options: str) -> bool:
    """Whether the kernel could."""
    done = subprocess.run(["mount", "-o", f"remount,{options}", disk], check=False, capture_output=True)
    return done.returncode == 0


def test_starts_not_on_a_read_only_disk(disk: Path) -> None:
    """One sentence, exit code 2."""
    assert remount(disk, "ro")
    refused = tornchat(f"--broker=sqlite:///{disk}/history.db")
    assert refused.returncode == 2
    assert b"history.db cannot be locked (Read-only file system): see that" in refused.stderr
