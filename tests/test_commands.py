"""`history`, `import` and `backup`, as a person types them, beside a running server."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.support import ServerProcess, ndjson, objects, post, say, tornchat
from tornchat import commands
from tornchat.commands import Progress

pytestmark = pytest.mark.slow

NDJSON = "application/x-ndjson"
Start = Callable[..., ServerProcess]


def texts(printed: bytes) -> list[str]:
    return [event["message"] for event in objects(printed)]


@pytest.fixture
def broker(tmp_path: Path) -> str:
    """The option of a file that is not there yet."""
    return f"--broker=sqlite:///{tmp_path}/history.db"


async def test_history_beside_a_running_server(start_server: Start, broker: str) -> None:
    """All that is kept, or what a room and an id leave of it."""
    server = start_server(broker)
    ids = [
        (await say(server.port, text, room=room))["id"] for text, room in (("1", "ops"), ("2", "ci"), ("3", "ops"))
    ]
    assert texts(tornchat("history", broker).stdout) == ["1", "2", "3"]
    assert texts(tornchat("history", broker, "--room", "ops").stdout) == ["1", "3"]
    assert texts(tornchat("history", broker, "--room=ops", "--room=ci", f"--since={ids[0]}").stdout) == ["2", "3"]
    await say(server.port, "4")
    assert texts(tornchat("history", broker).stdout) == ["1", "2", "3", "4"]


async def test_history_after_a_crash(start_server: Start, broker: str) -> None:
    """What was acknowledged is in the WAL, and is printed."""
    server = start_server(broker)
    await say(server.port, "1")
    server.process.kill()
    server.wait()
    assert texts(tornchat("history", broker).stdout) == ["1"]


async def test_what_history_prints_import_reads(start_server: Start, broker: str, tmp_path: Path) -> None:
    """Texts, names, rooms and times come back in another file."""
    server = start_server(broker)
    hostile = ["line\nbreak", "tab\t", "🎉", '"quotes" \\', " ends "]
    await post(
        server.port, "/say", ndjson([*hostile, *(str(n) for n in range(2500))], name="ü", room="a/b"), NDJSON
    )
    printed = tornchat("history", broker).stdout
    other = f"--broker=sqlite:///{tmp_path}/other.db"
    imported = tornchat("import", other, stdin=printed)
    assert imported.returncode == 0, imported.stderr
    assert imported.stderr == b"2505 messages are kept\n"

    def without_id(lines: bytes) -> list[dict[str, str]]:
        return [{key: value for key, value in event.items() if key != "id"} for event in objects(lines)]

    assert without_id(tornchat("history", other).stdout) == without_id(printed)


async def test_import_reads_what_a_ci_reported(start_server: Start, broker: str, tmp_path: Path) -> None:
    """All that is kept, not messages alone."""
    server = start_server(broker, "--trust-loopback=true")
    status, _ = await post(
        server.port, "/hooks/generic", b'{"project": "shop", "status": "ok"}', "application/json"
    )
    assert status == 204
    printed = tornchat("history", broker).stdout
    other = f"--broker=sqlite:///{tmp_path}/other.db"
    assert tornchat("import", other, stdin=printed).returncode == 0
    [before], [after] = objects(printed), objects(tornchat("history", other).stdout)
    assert before["type"] == "run"
    assert {**before, "id": ""} == {**after, "id": ""}


async def test_import_needs_the_server_to_stop(start_server: Start, broker: str) -> None:
    """Refused, with the remedy."""
    start_server(broker)
    refused = tornchat("import", broker, "--drain-seconds=0", stdin=b'{"type":"message","message":"x"}\n')
    assert refused.returncode == 2
    assert b"is in use by another server: stop that one" in refused.stderr


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", b"line 3: it is not JSON"),
        (b'{"type":"message"}', b"line 3: message is missing or empty"),
        (b'{"type":"gap","missed":1}', b"line 3: it is no message"),
    ],
)
def test_import_says_how_far_it_came(broker: str, line: bytes, error: bytes) -> None:
    """What is before the error is kept."""
    good = b'{"type":"message","message":"1"}\n\n'
    refused = tornchat("import", broker, stdin=good + line + b"\n" + good)
    assert refused.returncode == 2
    assert error in refused.stderr
    assert b"the 1 messages before it are kept" in refused.stderr
    assert texts(tornchat("history", broker).stdout) == ["1"]


async def test_backup_of_a_running_server(start_server: Start, broker: str, tmp_path: Path) -> None:
    """A whole history; a second one does not overwrite it."""
    server = start_server(broker)
    await say(server.port, "1")
    copy = tmp_path / "copy.db"
    done = tornchat("backup", str(copy), broker)
    assert (done.returncode, done.stderr) == (0, b"")
    await say(server.port, "2")
    assert texts(tornchat("history", f"--broker=sqlite:///{copy}").stdout) == ["1"]
    again = tornchat("backup", str(copy), broker)
    assert again.returncode == 2
    assert b"copy.db exists: name a file that does not" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["history", "--broker=memory://"], "memory:// keeps nothing outside of the running server"),
        (["backup", "x.db", "--broker=memory://"], "memory:// keeps nothing outside of the running server"),
        (["history", "--broker=sqlite:///nope.db"], "nope.db cannot be opened"),
        (["history", "--broker=memory://", "--room", "a b"], "'a b' is not a room"),
        (["history", "--broker=memory://", "--since", "x"], "--since is no id"),
        (["history", "--prot=1"], "unknown option --prot: did you mean --port?"),
    ],
)
def test_mistakes(arguments: list[str], error: str) -> None:
    """One sentence, exit code 2."""
    result = tornchat(*arguments)
    assert result.returncode == 2
    assert result.stderr.decode().startswith(f"tornchat: {error}")
    assert result.stderr.count(b"\n") == 1


@pytest.mark.parametrize("command", commands.COMMANDS)
def test_help(command: str) -> None:
    """Each command explains itself."""
    result = tornchat(command, "--help")
    assert result.returncode == 0
    assert b"--config is the most useful" in result.stdout


def test_progress_is_for_terminals() -> None:
    """A bar where a person looks, and only for what takes long."""
    terminal, side = pty.openpty()
    with (
        os.fdopen(side, "w") as stderr,
        patch.object(sys, "stderr", stderr),
        patch.object(commands, "monotonic") as now,
    ):
        now.return_value = 0.0
        progress = Progress(100)
        progress.add(10)
        now.return_value = 2.0
        progress.add(15)
        progress.end()
        stderr.flush()
        shown = ""
        while not shown.endswith("\n"):  # a terminal gives it in pieces
            shown += os.read(terminal, 1000).decode()
    os.close(terminal)
    assert shown == f"\r[{'#' * 10}{' ' * 30}]  25%\r[{'#' * 40}] 100%\r\n"


def test_no_progress_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A log or a pipe gets nothing."""
    with patch.object(commands, "monotonic", side_effect=[0.0, 10.0, 20.0]):
        progress = Progress(100)
        progress.add(50)
        progress.end()
    assert capsys.readouterr().err == ""
