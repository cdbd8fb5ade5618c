"""A flood of messages to a crowd of listeners holds nobody else up."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.support import Raw, ServerProcess, say

LISTENERS, SPEAKERS = 1000, 64
PROMPT = 1.0  # seconds; ten times the aim

pytestmark = pytest.mark.slow


@pytest.fixture
def flooded(start_server: Callable[..., ServerProcess]) -> Iterator[ServerProcess]:
    """A server at saturation."""
    server = start_server("--log-level=warning")
    command = [sys.executable, "-m", "tests.crowd", *map(str, (server.port, LISTENERS, SPEAKERS))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as crowd:
        assert crowd.stdout
        assert crowd.stdout.readline() == b"flooding\n"
        yield server
        assert crowd.poll() is None
        crowd.kill()


async def test_others_are_answered(flooded: ServerProcess) -> None:
    """A health check and a lone `/say`, each on a new connection, while 1,000 listeners are fed at saturation."""
    for number in range(20):
        health = await Raw.get(flooded.port, "/health")
        assert b'"ok"' in await health.rest(PROMPT)
        raw = await Raw.get(flooded.port, f"/say?room=other&message={number}")
        assert b"ok." in await raw.rest(PROMPT)


async def test_others_are_heard(flooded: ServerProcess) -> None:
    """A message in another room reaches its listener at once."""
    listener = await Raw.get(flooded.port, "/listen?room=other")
    await listener.until(b"\r\n\r\n")
    for number in range(10):
        await say(flooded.port, f"number {number}", room="other")
        await listener.until(f"number {number}\r\n".encode(), PROMPT)
