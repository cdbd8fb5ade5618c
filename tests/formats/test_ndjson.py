"""NDJSON, to the byte."""

from __future__ import annotations

import json

from hypothesis import given

from tests.formats.test_contract import NAMES, STREAM_EVENTS, TEXT
from tornchat.event import Event, clean, message
from tornchat.formats import ndjson


def test_bytes() -> None:
    """One object, one line."""
    event = Event("lobby", "message", {"name": "ü", "message": "1\n2"}, "e-1", "2026-01-01T00:00:00.000Z")
    expected = (
        '{"id":"e-1","room":"lobby","type":"message","at":"2026-01-01T00:00:00.000Z",'
        '"name":"ü","message":"1\\n2"}\n'
    )
    assert ndjson.encode(event) == expected.encode()


def test_a_transient_event_has_no_id() -> None:
    """What is not kept cannot be resumed from: the field is absent, not empty."""
    event = Event("hosts", "host", {"host": "web1", "cpu": 3.5}, at="2026-01-01T00:00:00.000Z")
    expected = b'{"room":"hosts","type":"host","at":"2026-01-01T00:00:00.000Z","host":"web1","cpu":3.5}\n'
    assert ndjson.encode(event) == expected


def test_every_line_has_a_type() -> None:
    """Heartbeats and stream events are objects too."""
    lines = [ndjson.HEARTBEAT, *map(ndjson.encode, STREAM_EVENTS)]
    assert [json.loads(line)["type"] for line in lines] == [
        "heartbeat", "ready", "gap", "gap", "reset", "bye",
    ]  # fmt: skip


@given(text=TEXT, name=NAMES)
def test_any_text_comes_back(text: str, name: str) -> None:
    """One line of JSON that holds the very text."""
    event = message({"message": text, "name": name}, max_bytes=10**6)
    encoded = ndjson.encode(event)
    assert encoded.count(b"\n") == 1
    assert json.loads(encoded)["message"] == clean(text)
    assert json.loads(encoded)["name"] == event.data["name"]
