"""Which format an `Accept` header asks for."""

from __future__ import annotations

import pytest

from tornchat import formats


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "plain"),
        ("*/*", "plain"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "plain"),
        ("text/event-stream", "sse"),
        ("TEXT/Event-Stream", "sse"),
        ("application/x-ndjson, */*", "ndjson"),
        ("text/plain;q=0.5, text/event-stream", "sse"),
        ("text/event-stream;q=0, application/x-ndjson;q=0.1", "ndjson"),
        ("text/event-stream; charset=utf-8; q=0.2, text/plain; q=0.3", "plain"),
        ("text/event-stream;q=x", "plain"),
        ("text/event-stream;q=nan", "plain"),
        ("application/pdf", "plain"),
        (",;,q=1", "plain"),
    ],
)
def test_accept(accept: str, name: str) -> None:
    """The best liked that is known; plain if none is."""
    assert formats.accepted(accept) is formats.named(name)
