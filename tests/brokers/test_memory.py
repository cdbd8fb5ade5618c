"""What only the memory broker has."""

from __future__ import annotations

from unittest.mock import patch

from tests.brokers.test_contract import replay, say, texts
from tornchat.brokers import _trimmed
from tornchat.brokers.memory import MemoryBroker


async def test_each_start_is_another_history() -> None:
    """An id of before the restart is recognised."""
    first, second = (MemoryBroker(history_age=0, history_count=9, history_bytes=10**6) for _ in range(2))
    for broker in (first, second):
        await broker.start(lambda events: None)
        await broker.publish(say("1"))
    assert texts(await second.page(first.cursor, None)) == ["reset"]


async def test_rooms_by_the_million_do_not_fill_the_memory() -> None:
    """Only so many trimmed rooms are remembered; one that is forgotten may hear a gap too many."""
    broker = MemoryBroker(history_age=0, history_count=1, history_bytes=10**6)
    await broker.start(lambda events: None)
    start = broker.cursor
    with patch.object(_trimmed, "TRACKED_ROOMS", 3):
        for number in range(10):
            await broker.publish(say("x", room=f"room{number}"))
    assert len(broker._trimmed.removed) == 3
    assert texts(await replay(broker, start, frozenset({"never"}))) == ["gap"]
    assert texts(await replay(broker, broker.cursor, frozenset({"never"}))) == []
    assert texts(await replay(broker, start, frozenset({"room8"}))) == ["gap"]
