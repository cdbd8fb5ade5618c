"""How a value is read; tests/test_config.py shows the sentences."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from tornchat.errors import ConfigError
from tornchat.option import CHECKS, TEXTS, as_text, check, is_flag, option, parse


@dataclasses.dataclass
class Options:
    number: int = option(1, "", least=1, most=9)
    secret: str = option("", "", secret=True)
    file: str = option("", "", file_only=True)


FIELDS = {field.name: field for field in dataclasses.fields(Options)}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (int, "5", 5),
        (float, "5", 5.0),
        (str, "5", "5"),
        (bool, "Yes", True),
        (bool, "0", False),
        (TEXTS, " a, ,b ", ("a", "b")),
    ],
)
def test_parse(kind: Any, text: str, value: object) -> None:
    """As a person types it."""
    assert parse(FIELDS["number"], kind, text, "--x") == value


@pytest.mark.parametrize(("kind", "value"), [(int, True), (bool, 1), (str, 1), (TEXTS, [1]), (int, 0), (int, 10)])
def test_check(kind: Any, value: object) -> None:
    """Another type, or beyond the limits."""
    with pytest.raises(ConfigError):
        check(FIELDS["number"], kind, value, "file")


def test_checks_are_read() -> None:
    """See tests/watch/test_check_options.py."""
    assert check(FIELDS["number"], CHECKS, [], "file") == ()


def test_is_flag() -> None:
    """What everybody may see, and what is no more than a text."""
    assert [is_flag(field) for field in FIELDS.values()] == [True, False, False]


def test_as_text() -> None:
    """For --help and the docs."""
    assert [as_text(value) for value in (("a", "b"), 1.0, 5, "x")] == ["a,b", "1", "5", "x"]
