"""What was measured, round by round, and the medians of it."""

from __future__ import annotations

import statistics
from collections import defaultdict

from benchmarks.aims import Round
from benchmarks.measure import Figures, Outcome
from benchmarks.scenarios import Scenario


class Results:
    """Outcomes by scenario and server."""

    def __init__(self) -> None:
        self._outcomes: defaultdict[tuple[Scenario, str], list[Outcome]] = defaultdict(list)

    def add(self, scenario: Scenario, name: str, outcome: Outcome) -> None:
        """One more round."""
        self._outcomes[scenario, name].append(outcome)

    def median(self, scenario: Scenario, name: str) -> Figures:
        """Of each figure; of what is lost, the most."""
        figures = [outcome.figures for outcome in self._outcomes[scenario, name] if outcome.figures]
        return {
            key: max(values) if key == "lost" else statistics.median(values)
            for key in (figures[0] if figures else ())
            if (values := [each[key] for each in figures])
        }

    def failures(self, scenario: Scenario, name: str) -> str:
        """In how many rounds there were no figures, and why in the first of these."""
        outcomes = self._outcomes[scenario, name]
        failures = [outcome.failure for outcome in outcomes if not outcome.figures]
        return f"{failures[0]} ({len(failures)} of {len(outcomes)} runs)" if failures else ""

    def rounds(self, scenario: Scenario) -> list[Round]:
        """Those figures that were measured side by side."""
        names = {name: outcomes for (of, name), outcomes in self._outcomes.items() if of == scenario}
        count = max(map(len, names.values()), default=0)
        return [
            {name: outcomes[index].figures for name, outcomes in names.items() if outcomes[index].figures}
            for index in range(count)
        ]
