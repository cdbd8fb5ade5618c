"""The command line, as a person types it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.support import tornchat


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--config", "conf/nope.py"], "cannot read conf/nope.py (No such file or directory)"),
        (["--prot", "1"], "unknown option --prot: did you mean --port?"),
        (["--port", "x"], "--port: port is 'x': it must be a whole number"),
        (["--broker", "rabbit://x"], "broker: there is no broker 'rabbit'"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(arguments: list[str], error: str) -> None:
    """No traceback."""
    result = tornchat(*arguments)
    assert result.returncode == 2
    assert result.stderr.decode().startswith(f"tornchat: {error}")
    assert result.stderr.count(b"\n") == 1
    assert result.stdout == b""


def test_port_in_use() -> None:
    """With the remedy."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = tornchat("--port", str(taken.getsockname()[1]))
    assert result.returncode == 2
    assert b"(Address already in use): end what uses it, or give another --port" in result.stderr


def test_environment_mistake(tmp_path: Path) -> None:
    """Environment variables are checked too."""
    assert b"did you mean TORNCHAT_PORT?" in tornchat(TORNCHAT_PROT="1").stderr


def test_help() -> None:
    """Exit code 0, on standard output."""
    result = tornchat("--help")
    assert result.returncode == 0
    assert b"--port" in result.stdout
