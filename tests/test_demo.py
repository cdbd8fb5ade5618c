"""`make demo`: one command, and the pages are alive."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, Raw, eventually, listening


@pytest.mark.slow
@pytest.mark.timeout(seconds=60)
async def test_demo(tmp_path: Path) -> None:
    """A past, then more of it all the time; Ctrl-C ends both the day and the server."""
    log = tmp_path / "log"
    with log.open("wb") as output:
        demo = subprocess.Popen([sys.executable, "-m", "demo", "--port=0"], cwd=ROOT, stdout=output, stderr=output)
    try:
        await eventually(lambda: "The demo plays" in log.read_text() or demo.poll() is not None, within=30)
        match = re.search(r"http://127\.0\.0\.1:(\d+)/dashboard", log.read_text())
        assert match, log.read_text()
        port = int(match[1])
        raw = await Raw.get(port, "/board")
        await raw.rest()
        board = json.loads(raw.body)
        assert len(board["projects"]) > 10
        assert all(len(project["results"]) >= 30 for project in board["projects"].values())
        async with listening(port, "/listen?room=*&format=ndjson") as listener:
            for type in (b"run", b"host", b"check"):
                await listener.until(b'"type":"%b"' % type, within=30)
    finally:
        demo.send_signal(signal.SIGINT)
        code = demo.wait(10)
    assert code == 0, log.read_text()
