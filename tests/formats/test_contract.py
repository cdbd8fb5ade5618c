"""What every format promises; a new file in `tornchat/formats` is tested here by itself."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tornchat import formats, plugins
from tornchat.event import Event, clean, message
from tornchat.formats import Format

FORMATS = [pytest.param(formats.named(name), id=name) for name in plugins.names(formats.__name__)]
TEXT = st.text(st.characters(exclude_categories=()), min_size=1).filter(lambda t: not clean(t).isspace())
NAMES = st.text(st.characters(exclude_categories=()), max_size=20).filter(lambda t: not clean(t).startswith("*"))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
NAMED = ["project", "ref", "name", "title", "author", "url", "host", "check", "target"]
FIELDS = st.sampled_from(
    [*NAMED, "status", "state", "level", "number", "attempt", "duration", "jobs", "cpu", "cores"]
)
KINDS = st.sampled_from(["pipeline", "job", "deployment", "push", "tag", "release", "check", "x"])
OBSERVED = st.builds(
    lambda type, id, data, kind: Event("ci", type, {"project": "p", "status": "failed", "kind": kind} | data, id),
    st.sampled_from(["run", "host", "check"]),
    st.sampled_from(["", "e-1"]),
    st.dictionaries(FIELDS, JSON),
    KINDS,
)

STREAM_EVENTS = [
    Event("", "ready", {"rooms": ["*"], "retry": 1500}, "e-1", "2026-01-01T00:00:00.000Z"),
    Event("", "gap", {"missed": 3}, "e-4"),
    Event("", "gap", {"missed": None}, "e-4"),
    Event("", "reset", {}, "e-1"),
    Event("", "bye", {"reason": "slow"}, at="2026-01-01T00:00:00.000Z"),
]


@pytest.mark.parametrize("format", FORMATS)
def test_media_type_is_its_own(format: Format) -> None:
    """`Accept` tells formats apart."""
    others = [formats.named(n) for n in plugins.names(formats.__name__)]
    assert [f.MEDIA_TYPE for f in others].count(format.MEDIA_TYPE) == 1
    assert formats.accepted(format.MEDIA_TYPE) is format


@pytest.mark.parametrize("format", FORMATS)
def test_heartbeat_is_one_line(format: Format) -> None:
    """It can stand between any two events."""
    assert format.HEARTBEAT.endswith(b"\n")
    assert format.HEARTBEAT.count(b"\n") == 1


@pytest.mark.parametrize("event", STREAM_EVENTS, ids=lambda event: event.type)
@pytest.mark.parametrize("format", FORMATS)
def test_stream_events_are_whole_lines(format: Format, event: Event) -> None:
    """What the stream says of itself ends its last line, or is not shown at all."""
    data = format.encode(event)
    assert data.endswith(b"\n") or (event.type, data) == ("ready", b"")


@pytest.mark.parametrize("format", FORMATS)
@given(text=TEXT, name=NAMES)
def test_any_text_is_harmless(format: Format, text: str, name: str) -> None:
    """No terminal command, no forged line: no control characters but the format's own line ends."""
    event = message({"message": text, "name": name}, max_bytes=10**6).kept("e-1", "2026-01-01T00:00:00.000Z")
    encoded = format.encode(event).decode()
    assert not set(encoded) & set(map(chr, [*range(10), 11, 12, *range(14, 32), *range(127, 160)]))
    assert "\r" not in encoded.removesuffix("\r\n")
    assert encoded.endswith("\n")


@pytest.mark.parametrize("format", FORMATS)
@example(event=Event("ci", "run", {"project": "a", "status": "failed", "title": "\ud800"}))
@given(event=OBSERVED)
def test_strange_observations_are_whole_lines(format: Format, event: Event) -> None:
    """A run, a host or a check may come from another version; no listener's stream breaks by it."""
    encoded = format.encode(event)
    assert encoded == b"" or encoded.endswith(b"\n")
    assert "\r" not in encoded.decode().removesuffix("\r\n")
