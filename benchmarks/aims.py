"""What tornchat is to reach, as ratios between servers of one run."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from typing import NamedTuple

from benchmarks.measure import Figures

Round = Mapping[str, Figures]  # of one scenario in one round: figures by server


class Aim(NamedTuple):
    """At least, or at most, so much."""

    what: str
    kind: str
    listeners: tuple[int, ...]  # before they are scaled
    wanted: float
    at_least: bool
    value: Callable[[Round, str], float]  # of one round and the server; KeyError where one is missing
    unit: str = "x"


def _ratio(figure: str, other: str) -> Callable[[Round, str], float]:
    return lambda round, name: round[name][figure] / round[other][figure]


def _figure(figure: str) -> Callable[[Round, str], float]:
    return lambda round, name: round[name][figure]


AIMS = [
    Aim("9,001 says/s: acknowledged", "say", (1,), 100, True, _figure("held"), " %"),
    Aim("9,001 says/s: p99 to `ok.`", "say", (1,), 10, False, _figure("say p99"), " ms"),
    *(
        Aim(f"{kind} fan-out, of {peer}", kind, listeners, wanted, True, _ratio("deliveries", peer))
        for kind in ("saturated", "flooded")
        for peer, listeners, wanted in [
            ("Go, mutex", (100,), 2.5),
            ("Go, mutex", (1_000, 5_000), 10),
            ("nchan", (1_000, 5_000), 5),
        ]
    ),
    Aim(
        "p50 at 100 messages/s, of Go's with a mutex", "paced", (100,), 1.5, False, _ratio("hear p50", "Go, mutex")
    ),
    Aim(
        "memory for a listener, of Go's with a mutex",
        "idle",
        (1_000, 10_000),
        0.5,
        False,
        _ratio("memory", "Go, mutex"),
    ),
]


def verdict(aim: Aim, rounds: list[Round], name: str) -> str:
    """The median over the rounds, and by how much it misses."""
    values = []
    for round in rounds:
        try:
            values.append(aim.value(round, name))
        except (KeyError, ZeroDivisionError):
            continue
    if not values:
        return "not measured"
    value = statistics.median(values)
    text = f"{value:,.2f}{aim.unit}"
    if value >= aim.wanted if aim.at_least else value <= aim.wanted:
        return f"{text}: met"
    return f"{text}: missed by {abs(value - aim.wanted):,.2f}{aim.unit}"
