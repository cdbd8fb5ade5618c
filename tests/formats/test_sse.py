"""Server-Sent Events, to the byte, and read by a parser that is not ours."""

from __future__ import annotations

import json

import httpx
import pytest
from httpx_sse import EventSource, ServerSentEvent
from hypothesis import given

from tests.formats.test_contract import NAMES, TEXT
from tornchat.event import Event, clean, message
from tornchat.formats import sse

AT = "2026-01-01T00:00:00.000Z"


def parse(data: bytes) -> list[ServerSentEvent]:
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=data)
    return list(EventSource(response).iter_sse())


@pytest.mark.parametrize(
    ("event", "block"),
    [
        (
            Event("lobby", "message", {"name": "a", "message": "1\n2"}, "e-1", AT),
            f'id: e-1\ndata: {{"id":"e-1","room":"lobby","type":"message","at":"{AT}",'
            '"name":"a","message":"1\\n2"}\n\n',
        ),
        (
            Event("", "ready", {"rooms": ["a"], "retry": 1500}, "e-0", AT),
            "id: e-0\nevent: ready\nretry: 1500\n"
            f'data: {{"id":"e-0","type":"ready","at":"{AT}","rooms":["a"],"retry":1500}}\n\n',
        ),
        (
            Event("", "gap", {"missed": None}, "e-4"),
            'id: e-4\nevent: gap\ndata: {"id":"e-4","type":"gap","missed":null}\n\n',
        ),
        (Event("", "reset", {}, "e-9"), 'id: e-9\nevent: reset\ndata: {"id":"e-9","type":"reset"}\n\n'),
        (
            Event("ci", "run", {"kind": "push", "project": "p"}, "e-1", AT),
            f'id: e-1\nevent: run\ndata: {{"id":"e-1","room":"ci","type":"run","at":"{AT}",'
            '"kind":"push","project":"p"}\n\n',
        ),
        (
            Event("hosts", "host", {"host": "web1", "cpu": 3.5}, at=AT),
            f'event: host\ndata: {{"room":"hosts","type":"host","at":"{AT}","host":"web1","cpu":3.5}}\n\n',
        ),
        (
            Event("", "bye", {"reason": "slow"}),
            'event: bye\ndata: {"type":"bye","reason":"slow"}\n\n',
        ),
    ],
)
def test_bytes(event: Event, block: str) -> None:
    """Exactly these."""
    assert sse.encode(event) == block.encode()


@given(text=TEXT, name=NAMES)
def test_any_text_comes_back(text: str, name: str) -> None:
    """A parser of another make finds one event, with the id and the very text."""
    event = message({"message": text, "name": name}, max_bytes=10**6).kept("e-7", AT)
    [parsed] = parse(sse.encode(event))
    assert (parsed.event, parsed.id) == ("message", "e-7")
    data = json.loads(parsed.data)
    assert data["message"] == clean(text)
    assert data["name"] == event.data["name"]


def test_a_transient_event_keeps_the_last_id() -> None:
    """A browser resumes after the last event that was kept, not at nothing."""
    kept = Event("ci", "run", {"project": "p"}, "e-7", AT)
    sample = Event("hosts", "host", {"host": "web1"}, at=AT)
    assert [(e.event, e.id) for e in parse(sse.encode(kept) + sse.encode(sample))] == [
        ("run", "e-7"),
        ("host", "e-7"),
    ]


def test_heartbeat_is_no_event() -> None:
    """Before, between and after events, a parser sees nothing of it."""
    event = sse.encode(Event("", "reset", {}, "e-9"))
    assert len(parse(sse.HEARTBEAT + event + sse.HEARTBEAT + event + sse.HEARTBEAT)) == 2
