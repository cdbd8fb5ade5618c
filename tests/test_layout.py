"""The shape of the source: small files that say what they are, and no file without its test."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support import ROOT

SOURCES = sorted((ROOT / "tornchat").rglob("*.py"))
# These are shown by the tests of what uses them.
TESTED_ELSEWHERE = {"errors.py", "engines/tornado.py"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "tornchat"))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_file(path: Path) -> None:
    """One idea: a first line that says which, and at most about 250 lines."""
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))
    assert len(text.splitlines()) <= 250


@pytest.mark.parametrize("path", [p for p in SOURCES if not p.name.startswith("_")], ids=name)
def test_tests_mirror_the_source(path: Path) -> None:
    """A reader finds the test of a file by its name."""
    if name(path) not in TESTED_ELSEWHERE:
        assert (ROOT / "tests" / path.parent.relative_to(ROOT / "tornchat") / f"test_{path.name}").exists()


PAGES = sorted(path for path in (ROOT / "ui/src").rglob("*") if path.suffix in (".ts", ".tsx"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_of_the_pages(path: Path) -> None:
    """The same for TypeScript."""
    lines = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"// .+", lines[0])
    assert len(lines) <= 250
    assert max(map(len, lines)) <= 130
