"""What is measured: each line one load, the same for all servers."""

from __future__ import annotations

from typing import NamedTuple

SPEAKERS = 64
WINDOW = 2 * SPEAKERS  # messages that not all have heard: one for each speaker is on its way, and one waits
PAUSE_MS = (
    1  # where only throughput counts, the load looks this often, which leaves more of the machine to the server
)
DELIVERIES = 10_000  # a second, where the rate of all fan-outs is the same


class Scenario(NamedTuple):
    """One load. With a rate it is an open loop, with a window a closed one, with neither all is silent."""

    kind: str  # what its figures are: a key of `report.COLUMNS`
    listeners: int
    rate: float = 0
    window: int = 0
    pause_ms: int = 0

    @property
    def title(self) -> str:
        """What a reader of the results sees."""
        listeners = f"{self.listeners:,} listener{'s' * (self.listeners != 1)}"
        match self.kind:
            case "say":
                return f"{self.rate:,.0f}/s" if self.rate else "saturation"
            case "paced":
                return f"{listeners}, {self.rate:,.4g} messages/s"
            case "wrk":
                return "no listener"
        return listeners


def scenarios(scale: int = 1) -> list[Scenario]:
    """All, with so many times fewer listeners."""
    crowds = [crowd // scale for crowd in (100, 1_000, 5_000)]
    return [
        Scenario("say", 1, rate=9_001),
        Scenario("say", 1, window=WINDOW),
        Scenario("wrk", 0),
        *(Scenario("saturated", crowd, window=WINDOW, pause_ms=PAUSE_MS) for crowd in crowds),
        *(Scenario("paced", crowd, rate=DELIVERIES / scale / crowd) for crowd in crowds),
        *(Scenario("idle", crowd // scale) for crowd in (1_000, 10_000)),
    ]
