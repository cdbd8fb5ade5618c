"""The fixtures that the dashboard's reducer is tested with are what this board makes of the same events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.board.fixtures import FOLDER, SCENARIOS, files
from tornchat.board import Board
from tornchat.event import Event

REMEDY = "run .venv/bin/python -m tests.board.fixtures, and make the reducer do the same"


def received(flat: dict[str, Any]) -> Event:
    head = {field: flat.get(field, "") for field in ("room", "type", "id", "at")}
    data = {field: value for field, value in flat.items() if field not in head}
    return Event(head["room"], head["type"], data, head["id"], head["at"])


def test_fixtures_are_up_to_date() -> None:
    """Two folds of one stream that differ would show another state after a reload."""
    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert kept == dict(files()), REMEDY


@pytest.mark.parametrize("name", SCENARIOS)
def test_wire_objects_fold_to_the_state(name: str) -> None:
    """What a program reads from the stream suffices; and what arrives once more changes nothing."""
    fixture = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    board = Board()
    for flat in fixture["events"]:
        board.apply(received(flat))
    assert board.state("") == {**fixture["state"], "at": ""}
    assert not any(board.apply(received(flat)) for flat in fixture["events"])
