"""results.md: the tables, and what became of the aims."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence

from benchmarks.aims import AIMS, verdict
from benchmarks.measure import Figures
from benchmarks.results import Results
from benchmarks.scenarios import FLOOD, SPEAKERS, WINDOWS, Scenario
from benchmarks.servers import Server

Column = tuple[str, str, str]  # heading, figure, format

TITLES = {
    "say": "One listener: `/say`",
    "wrk": "`/say` at saturation, by wrk",
    "saturated": f"Fan-out at saturation, {SPEAKERS} speakers",
    "flooded": f"Fan-out at saturation, {FLOOD} speakers",
    "paced": "Fan-out at the same rate of deliveries",
    "idle": "Idle listeners",
}
FAN_OUT = [
    ("deliveries/s", "deliveries", ",.0f"),
    ("says/s", "says", ",.0f"),
    ("heard p50", "hear p50", ".0f ms"),
    ("server CPU", "cpu", ".0f %"),
    ("server CPU per delivery", "cpu each", ".2f µs"),
    ("load's CPU per delivery", "load each", ".2f µs"),
    ("lost", "lost", ",.0f"),
]
COLUMNS: dict[str, list[Column]] = {
    "say": [
        ("success", "held", ".2f %"),
        ("says/s", "says", ",.0f"),
        ("ok. p50", "say p50", ".2f ms"),
        ("ok. p99", "say p99", ".2f ms"),
        ("heard p99", "hear p99", ".2f ms"),
        ("server CPU each", "cpu each", ".1f µs"),
        ("load's CPU each", "load each", ".1f µs"),
        ("lost", "lost", ",.0f"),
    ],
    "wrk": [("says/s", "says", ",.0f")],
    "saturated": FAN_OUT,
    "flooded": FAN_OUT,
    "paced": [
        ("heard p50", "hear p50", ".2f ms"),
        ("heard p99", "hear p99", ".2f ms"),
        ("server CPU", "cpu", ".0f %"),
        ("server CPU per delivery", "cpu each", ".1f µs"),
        ("lost", "lost", ",.0f"),
    ],
    "idle": [
        ("memory per listener", "memory", ".1f KiB"),
        ("CPU while idle", "cpu", ".1f %"),
        ("joins/s", "joins", ",.0f"),
    ],
}


def markdown(
    results: Results, scenarios: Sequence[Scenario], servers: Sequence[Server], how: str, scale: int
) -> str:
    """The whole file."""
    return "\n".join(
        [
            "# Results",
            "",
            f"Made by `make bench`: {how}; Python {platform.python_version()}, {os.cpu_count()} cores, which the"
            " servers share with the load. Compare within this run, not with other machines.",
            "",
            "Latency counts from when a message was to be said. At saturation each speaker says the next when the"
            " last is acknowledged, while so many messages have yet to be heard by all:"
            f" {WINDOWS[SPEAKERS]} with {SPEAKERS} speakers, {WINDOWS[FLOOD]:,} with {FLOOD}. CPU and memory are of"
            " the server's processes (100 % is one core); Go may use all cores. A delivery is lost if its message"
            " was acknowledged and the listener missed it, or heard it twice or in another order than others.",
            "",
            "![the main figures](results.svg)",
            *_aims(results, scenarios, servers, scale),
            *(line for kind in TITLES for line in table(kind, results, scenarios, servers)),
            "",
        ]
    )


def cell(value: float, form: str) -> str:
    """The number in its format, which may end with a unit."""
    number, _, unit = form.partition(" ")
    return f"{value:{number}}{' ' + unit if unit else ''}" if value == value else "-"


def brief(kind: str, figures: Figures) -> str:
    """One line of figures, for who waits."""
    return ", ".join(f"{heading} {cell(figures[key], form)}" for heading, key, form in COLUMNS[kind] if figures)


def _aims(results: Results, scenarios: Sequence[Scenario], servers: Sequence[Server], scale: int) -> Iterator[str]:
    names = [server.name for server in servers if server.name.startswith("tornchat")]
    yield from ("", "## Aims", "")
    yield f"| aim | wanted | {' | '.join(names)} |"
    yield "|---|---|" + "---|" * len(names)
    for aim in AIMS:
        for listeners in aim.listeners:
            scenario = next(s for s in scenarios if (s.kind, s.listeners) == (aim.kind, max(1, listeners // scale)))
            verdicts = [verdict(aim, results.rounds(scenario), name) for name in names]
            wanted = f"{'≥' if aim.at_least else '≤'} {aim.wanted:g}{aim.unit}"
            what = aim.what if aim.kind == "say" else f"{aim.what}, {scenario.listeners:,} listeners"
            yield f"| {what} | {wanted} | {' | '.join(verdicts)} |"
    verdicts = [_lost(results, scenarios, name) for name in names]
    yield f"| nothing lost anywhere | 0 | {' | '.join(verdicts)} |"


def _lost(results: Results, scenarios: Sequence[Scenario], name: str) -> str:
    if any(results.failures(scenario, name) for scenario in scenarios):
        return "missed: not every run came to its end"
    lost = sum(results.median(scenario, name).get("lost", 0) for scenario in scenarios)
    return f"missed by {lost:,.0f} deliveries" if lost else "met"


def table(kind: str, results: Results, scenarios: Sequence[Scenario], servers: Sequence[Server]) -> Iterator[str]:
    """One kind of load, a row for each server under each."""
    columns = COLUMNS[kind]
    yield from ("", f"## {TITLES[kind]}", "")
    yield f"| load | server | {' | '.join(heading for heading, _, _ in columns)} |"
    yield "|---|---|" + "---:|" * len(columns)
    for scenario in scenarios:
        if scenario.kind != kind:
            continue
        for server in servers:
            figures = results.median(scenario, server.name)
            if server.missing:
                row = [f"missing: {server.missing}"]
            elif not figures:
                row = [results.failures(scenario, server.name)]
            else:
                row = [cell(figures[key], form) for _, key, form in columns]
                if failures := results.failures(scenario, server.name):
                    row[0] += f"; but {failures}"
            row += [""] * (len(columns) - len(row))
            yield f"| {scenario.title} | {server.name} | {' | '.join(row)} |"
