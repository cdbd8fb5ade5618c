"""Plain text, to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.formats.test_contract import NAMES, TEXT
from tornchat.event import Event, message
from tornchat.formats import plain


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (message({"name": "Florian", "message": "hi"}, max_bytes=9), "Florian hi\r\n"),
        (message({"name": "a\nb", "message": "1\n2\t3\r\n"}, max_bytes=9), "a ⏎ b 1 ⏎ 2 3 ⏎ \r\n"),
        (Event("", "ready", {"rooms": ["*"], "retry": 1}, "e-1"), ""),
        (Event("", "gap", {"missed": 12}, "e-1"), "* gap: 12 messages are no longer kept\r\n"),
        (Event("", "gap", {"missed": None}, "e-1"), "* gap: some messages are no longer kept\r\n"),
        (
            Event("", "reset", {}, "e-1"),
            "* reset: the history that you ask for is not here; this is live from now on\r\n",
        ),
        (Event("", "bye", {"reason": "shutdown"}), "* bye: shutdown\r\n"),
    ],
)
def test_bytes(event: Event, line: str) -> None:
    """Exactly these."""
    assert plain.encode(event) == line.encode()


@given(text=TEXT, name=NAMES)
def test_never_a_second_line_nor_one_of_the_server(text: str, name: str) -> None:
    """Whatever is said, it is one line, and does not begin as the server's own lines do."""
    line = plain.encode(message({"message": text, "name": name}, max_bytes=10**6)).decode()
    assert len(line.splitlines()) == 1
    assert not line.startswith("* ")
