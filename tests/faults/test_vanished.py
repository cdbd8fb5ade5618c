"""A peer that vanishes without a word: its network is gone, and no FIN or RST ever comes."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from tests.support import ServerProcess, eventually
from tornchat import engines, plugins

SERVER, CLIENT = "192.0.2.1", "192.0.2.2"  # TEST-NET-1 (RFC 5737), and only inside the namespaces


def ip(*arguments: str, check: bool = True) -> None:
    subprocess.run(["ip", *arguments], check=check, capture_output=True, text=True)


@pytest.fixture
def network() -> Iterator[tuple[str, str]]:
    """Two hosts of our own, joined by a cable that can be pulled."""
    here, there = (f"tornchat-{name}-{os.getpid()}" for name in ("server", "client"))
    try:
        ip("netns", "add", here)
        ip("netns", "add", there)
        ip("-n", here, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", there)
        for namespace, address in ((here, SERVER), (there, CLIENT)):
            ip("-n", namespace, "address", "add", f"{address}/24", "dev", "cable")
            ip("-n", namespace, "link", "set", "cable", "up")
            ip("-n", namespace, "link", "set", "lo", "up")
    except subprocess.CalledProcessError as error:
        ip("netns", "delete", here, check=False)
        ip("netns", "delete", there, check=False)
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no network namespaces here: {error.stderr.strip()}")
    yield here, there
    ip("netns", "delete", here, check=False)
    ip("netns", "delete", there, check=False)


@pytest.mark.needs("ip", "curl")
@pytest.mark.slow
@pytest.mark.timeout(seconds=120)
async def test_vanished_peer_is_gone_within_a_minute(network: tuple[str, str], tmp_path: Path) -> None:
    """Plain text, nothing said, no heartbeat: only keepalive probes can find out. Both engines wait at once."""
    here, there = network
    enter = ("ip", "netns", "exec")
    servers: list[ServerProcess] = []
    curls: list[subprocess.Popen[bytes]] = []
    try:
        for engine in plugins.names(engines.__name__):
            log, flags = tmp_path / f"{engine}.log", (f"--engine={engine}", f"--address={SERVER}")
            server = await asyncio.to_thread(partial(ServerProcess, *flags, log=log, prefix=(*enter, here)))
            servers.append(server)
            url = f"http://{SERVER}:{server.port}/listen"
            curls.append(subprocess.Popen([*enter, there, "curl", "-sN", url], stdout=subprocess.PIPE))
            await asyncio.to_thread(server.wait_for_log, "1 in all")
        began = monotonic()
        ip("-n", there, "link", "set", "cable", "down")
        await eventually(lambda: all(": gone, 0 in all" in s.log.read_text() for s in servers), within=90)
        print(f"gone after {monotonic() - began:.0f} s")
    finally:
        for curl in curls:
            curl.kill()
            curl.communicate()
        for server in servers:
            server.stop()
