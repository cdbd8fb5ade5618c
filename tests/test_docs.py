"""What the documents tell a person to type works, and answers what they say."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import DEADLINE, ROOT, ServerProcess, eventually

PAGES = ["README.md", "docs/protocol.md", "docs/dashboard.md"]


def commands(page: str) -> list[tuple[str, str | None]]:
    """The lines of the page's sh blocks that call curl, each with the answer in the comment below it."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.S | re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    following = [*lines[1:], ""]
    return [
        (line, answer.removeprefix("# ") if answer.startswith("# ") else None)
        for line, answer in zip(lines, following, strict=True)
        if "curl" in line
    ]


@pytest.mark.needs("curl")
@pytest.mark.parametrize("page", PAGES)
async def test_commands(page: str, start_server: Callable[..., ServerProcess]) -> None:
    """Each listener hears something, each other command succeeds with the answer that is printed."""
    server = start_server("--trust-loopback=true")
    listeners = []
    for command, answer in commands(page):
        command = command.replace("localhost:4000", f"localhost:{server.port}").replace("curl", "curl -sf", 1)
        if "curl -sf -N" in command:
            listeners.append(subprocess.Popen(command, shell=True, stdout=subprocess.PIPE))
            server.wait_for_log(f"{len(listeners)} in all")
            continue
        done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=DEADLINE, check=True)
        assert done.stdout == answer or answer is None
    for room in ("lobby", "ops", "ci"):
        say = ["curl", "-sf", f"localhost:{server.port}/say", "-d", f"room={room}", "-d", "message=hi"]
        subprocess.run(say, timeout=DEADLINE, check=True, capture_output=True)
    assert listeners
    server.signal()
    for listener in listeners:
        printed, _ = listener.communicate(timeout=DEADLINE)
        assert listener.returncode == 0
        assert b"hi" in printed


def test_promises_have_their_tests() -> None:
    """Each test that docs/behaviour.md names is there."""
    named = re.findall(r"`(tests/\S+?)::(\w+)`", (ROOT / "docs/behaviour.md").read_text(encoding="utf-8"))
    assert len(named) > 20
    for path, test in named:
        assert f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{test}"


@pytest.mark.needs("curl", "git", "make")
@pytest.mark.slow
@pytest.mark.timeout(seconds=300)
async def test_newcomer(tmp_path: Path) -> None:
    """A fresh clone, `make run`, curl: with Python, make and a package index, and nothing else set up."""
    clone = tmp_path / "tornchat"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    log = tmp_path / "run.log"
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PORT": "0"}
    with log.open("w") as output:
        run = subprocess.Popen(
            ["make", "run"], cwd=clone, env=environ, stdout=output, stderr=output, start_new_session=True
        )
    try:
        greeting = re.compile(r"^tornchat listens on port (\d+)\. Type: (curl -N .*)$", re.M)
        await eventually(lambda: greeting.search(log.read_text()) or run.poll() is not None, within=240)
        match = greeting.search(log.read_text())
        assert match, log.read_text()
        listener = subprocess.Popen(match[2].replace("-N", "-sN").split(), stdout=subprocess.PIPE)
        await eventually(lambda: "1 in all" in log.read_text())
        said = subprocess.check_output(["curl", "-s", f"localhost:{match[1]}/say", "-d", "message=hi"])
        assert said == b"ok."
    finally:
        os.killpg(run.pid, signal.SIGINT)
    assert listener.communicate(timeout=DEADLINE)[0].startswith(b"anonymous hi\r\n")
    assert listener.returncode == 0
    run.wait(DEADLINE)
