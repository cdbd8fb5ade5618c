"""When a host's number is too high: a table of thresholds, and the alarm that does not cry wolf.

Pure: no clock but the `now` that is passed in.
"""

from __future__ import annotations

from math import inf
from typing import NamedTuple

LEVELS = ("ok", "warning", "critical")  # from good to bad
SAMPLES = 3  # so many in a row before an alarm changes


class Threshold(NamedTuple):
    """From where a number is too high."""

    warning: float
    critical: float
    margin: float  # so far below a threshold it must fall before the alarm is over
    seconds: float  # so long it must stay there before the alarm begins


# By the number of a host event. A processor that is busy for two minutes and swap that is full are nothing that a
# person must get up for, so they are never critical.
THRESHOLDS = {
    "cpu": Threshold(95, inf, margin=10, seconds=120),
    "load": Threshold(2, 5, margin=0.5, seconds=0),  # of the last five minutes, per core
    "mem": Threshold(90, 97, margin=5, seconds=30),
    "swap": Threshold(95, inf, margin=10, seconds=30),
    "disk": Threshold(90, 97, margin=2, seconds=0),
}


class Alarm:
    """The level of one number. It rises once `SAMPLES` in a row, for the threshold's `seconds`, lie above; and
    falls once as many lie below by its margin.
    """

    def __init__(self, threshold: Threshold, level: str = LEVELS[0]) -> None:
        self._threshold = threshold
        self._level = self._next = LEVELS.index(level)
        self._samples = 0  # in a row that ask for another level
        self._since = 0.0  # when the row began

    @property
    def level(self) -> str:
        return LEVELS[self._level]

    def see(self, value: float, now: float) -> None:
        """The number's next sample, at `now` (seconds)."""
        next = self._of(value)
        if next == self._level:
            self._samples = 0
            return
        rises = next > self._level
        if self._samples == 0 or rises != (self._next > self._level):
            self._next, self._samples, self._since = next, 0, now
        # Of all samples of the row, the one that is nearest to the level now says how far it goes.
        self._next = min(self._next, next) if rises else max(self._next, next)
        self._samples += 1
        if self._samples >= SAMPLES and (not rises or now - self._since >= self._threshold.seconds):
            self._level, self._samples = self._next, 0

    def _of(self, value: float) -> int:
        """The level that the value asks for; at the level now it stays down to the margin."""
        for level, limit in ((2, self._threshold.critical), (1, self._threshold.warning)):
            if value >= limit - (self._threshold.margin if level <= self._level else 0):
                return level
        return 0
