"""results.svg: the main figures as bars, one panel for each load."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from benchmarks.report import cell
from benchmarks.results import Results
from benchmarks.scenarios import FLOOD, SPEAKERS, Scenario
from benchmarks.servers import Server

PANEL_WIDTH, COLUMNS, ROW, HEAD, MARGIN = 460, 2, 20, 34, 16
NAME_WIDTH, VALUE_WIDTH = 130, 90
COLOURS = ["#1b6ca8", "#6bb1e0", "#c9c9c9", "#8a8a8a", "#d98c3f"]
FIGURES = {  # of a kind of load: what it is called, the figure, its format
    "say": ("says/s", "says", ",.0f"),
    "saturated": (f"deliveries/s, {SPEAKERS} speakers", "deliveries", ",.0f"),
    "flooded": (f"deliveries/s, {FLOOD} speakers", "deliveries", ",.0f"),
    "paced": ("p50 until heard (less is better)", "hear p50", ".2f ms"),
    "idle": ("memory per listener (less is better)", "memory", ".1f KiB"),
}


class Bar(NamedTuple):
    """One server's figure; None where it has none."""

    name: str
    value: float | None
    label: str


def svg(results: Results, scenarios: Sequence[Scenario], servers: Sequence[Server]) -> str:
    """The whole file."""
    shown = [scenario for scenario in scenarios if scenario.kind in FIGURES]
    height = HEAD + ROW * len(servers) + MARGIN
    rows = -(-len(shown) // COLUMNS)
    size = f'width="{PANEL_WIDTH * COLUMNS}" height="{height * rows + MARGIN}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for index, scenario in enumerate(shown):
        what, figure, form = FIGURES[scenario.kind]
        bars = []
        for server in servers:
            value = results.median(scenario, server.name).get(figure)
            none = "missing" if server.missing else "failed"
            bars.append(Bar(server.name, value, none if value is None else cell(value, form)))
        x, y = index % COLUMNS * PANEL_WIDTH, index // COLUMNS * height + MARGIN
        parts += _panel(f"{scenario.title}: {what}", bars, x + MARGIN, y)
    return "\n".join([*parts, "</svg>", ""])


def _panel(title: str, bars: list[Bar], x: int, y: int) -> list[str]:
    most = max((bar.value or 0 for bar in bars), default=0) or 1
    room = PANEL_WIDTH - NAME_WIDTH - VALUE_WIDTH - MARGIN
    parts = [f'<text x="{x}" y="{y + 14}" font-weight="bold">{escape(title)}</text>']
    for row, bar in enumerate(bars):
        top = y + HEAD - 10 + ROW * row
        width = room * max(bar.value or 0, 0) / most
        left = x + NAME_WIDTH
        colour = COLOURS[row % len(COLOURS)]
        parts += [
            f'<text x="{left - 6}" y="{top + 12}" text-anchor="end">{escape(bar.name)}</text>',
            f'<rect x="{left}" y="{top}" width="{width:.1f}" height="{ROW - 5}" fill="{colour}"/>',
            f'<text x="{left + width + 4:.1f}" y="{top + 12}">{escape(bar.label)}</text>',
        ]
    return parts
