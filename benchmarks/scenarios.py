"""What is measured: each line one load, the same for all servers."""

from __future__ import annotations

from typing import NamedTuple

SPEAKERS = 64
FLOOD = 512  # enough to saturate each server; at 64 speakers tornchat still batches more the more is said
WINDOWS = {64: 128, 512: 2048}  # messages that not all have heard
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
    speakers: int = SPEAKERS
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
        Scenario("say", 1, window=WINDOWS[SPEAKERS]),
        Scenario("wrk", 0),
        *(Scenario("saturated", crowd, window=WINDOWS[SPEAKERS], pause_ms=PAUSE_MS) for crowd in crowds),
        *(Scenario("flooded", crowd, window=WINDOWS[FLOOD], pause_ms=PAUSE_MS, speakers=FLOOD) for crowd in crowds),
        *(Scenario("paced", crowd, rate=DELIVERIES / scale / crowd) for crowd in crowds),
        *(Scenario("idle", crowd // scale) for crowd in (1_000, 10_000)),
    ]
