"""What came of the last webhooks; tests/handlers/test_hooks.py has the rest."""

from __future__ import annotations

from unittest.mock import patch

from tornchat.deliveries import MOST, Deliveries
from tornchat.errors import Unavailable
from tornchat.hub import Hub


async def test_newest_first(hub: Hub) -> None:
    """So many."""
    deliveries = Deliveries(hub)
    for number in range(MOST + 5):
        await deliveries.note({"number": number})
    assert [delivery["number"] for delivery in deliveries.newest_first()] == list(range(MOST + 4, 4, -1))


async def test_a_broker_that_is_away(hub: Hub) -> None:
    """A hook is not answered with an error because nobody could be told of it."""
    deliveries = Deliveries(hub)
    with patch.object(hub.broker, "relay", side_effect=Unavailable("away", "try again")):
        await deliveries.note({})
    assert deliveries.newest_first() == []
