"""Plug-in folders: what lies there is found, and nothing else can be reached."""

from __future__ import annotations

import pytest

from tornchat import plugins
from tornchat.errors import BadRequest


def test_files_register_themselves() -> None:
    """Helpers with an underscore are not plug-ins."""
    assert {"plain", "sse", "ndjson"} <= set(plugins.names("tornchat.formats"))
    assert "_base" not in plugins.names("tornchat.handlers")


def test_near_match() -> None:
    """A slip is named; a name like none gets the list."""
    with pytest.raises(BadRequest, match=r"there is no format 'plian': did you mean plain\?"):
        plugins.load("tornchat.formats", "plian")
    with pytest.raises(BadRequest, match=r"use one of .*ndjson, plain, sse"):
        plugins.load("tornchat.formats", "xyzzy")


@pytest.mark.parametrize("name", ["_base", "", "..server", "os", "plain.json"])
def test_nothing_else_is_imported(name: str) -> None:
    """A request cannot reach other code by a name."""
    with pytest.raises(BadRequest):
        plugins.load("tornchat.formats", name)
