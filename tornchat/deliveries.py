"""What came of the last webhooks: the first that somebody needs whose hook does nothing."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from typing import Any

from tornchat.errors import Unavailable
from tornchat.event import Event
from tornchat.hub import Hub

logger = logging.getLogger(__name__)

MOST = 100
DELIVERY = "_delivery"  # the type of what is relayed to all processes, so that each knows of all


class Deliveries:
    """The last of all processes, as far as this one has heard of them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._last: deque[Mapping[str, Any]] = deque(maxlen=MOST)
        hub.watch(self._watch, DELIVERY)

    def newest_first(self) -> list[Mapping[str, Any]]:
        """Of each: source, kind, verdict and reason; neither headers nor body."""
        return list(reversed(self._last))

    async def note(self, delivery: Mapping[str, Any]) -> None:
        """One has come. That others may not hear of it now is nobody's concern."""
        try:
            await self._hub.relay([Event("", DELIVERY, delivery)])
        except Unavailable:
            logger.info("a delivery is not noted: %s", dict(delivery))

    def _watch(self, event: Event) -> None:
        self._last.append(event.data)
