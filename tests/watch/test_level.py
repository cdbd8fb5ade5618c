"""When an alarm begins and ends."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornchat.watch.level import LEVELS, SAMPLES, THRESHOLDS, Alarm, Threshold

AT_ONCE = Threshold(90, 97, margin=5, seconds=0)


def levels(alarm: Alarm, *values: float, every: float = 10) -> list[str]:
    """What the alarm says after each value."""
    said = []
    for number, value in enumerate(values):
        alarm.see(value, number * every)
        said.append(alarm.level)
    return said


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((95, 95, 95), "ok ok warning"),
        ((99, 99, 99), "ok ok critical"),
        ((99, 92, 99), "ok ok warning"),  # critical was not lasting
        ((95, 95, 10, 95, 95), "ok ok ok ok ok"),  # not in a row
        ((95, 95, 95, 99, 99, 99), "ok ok warning warning warning critical"),
        ((95, 95, 95, 99, 95, 99, 99), "ok ok warning warning warning warning warning"),
        ((95, 95, 95, 86, 86, 86), "ok ok warning warning warning warning"),  # not below the margin
        ((95, 95, 95, 84, 84, 84), "ok ok warning warning warning ok"),
        ((95, 95, 95, 84, 86, 84, 84), "ok ok warning warning warning warning warning"),
        ((95, 95, 95, 84, 84, 99, 99, 99), "ok ok warning warning warning warning warning critical"),
        ((99, 99, 99, 91, 91, 10), "ok ok critical critical critical warning"),
    ],
)
def test_rises_and_falls(values: tuple[float, ...], says: str) -> None:
    """Only what lasts counts, in both directions, and a number at the edge does not swing to and fro."""
    assert levels(Alarm(AT_ONCE), *values) == says.split()


def test_it_waits_for_its_seconds_too() -> None:
    """An agent that sends each second is not three times as nervous as one that sends every three."""
    long = Threshold(95, inf, margin=5, seconds=60)
    assert levels(Alarm(long), *[99] * 8, every=10) == ["ok"] * 6 + ["warning"] * 2
    assert levels(Alarm(long), *[99] * 3, every=60) == ["ok", "ok", "warning"]


@pytest.mark.parametrize("name", THRESHOLDS)
def test_the_table_is_possible(name: str) -> None:
    """Each alarm can begin, and can end again."""
    threshold = THRESHOLDS[name]
    assert 0 < threshold.margin < threshold.warning < threshold.critical
    alarm = Alarm(threshold)
    assert levels(alarm, *[threshold.warning] * 10, every=60)[-1] == "warning"
    assert levels(alarm, *[0] * SAMPLES)[-1] == "ok"


@given(st.lists(st.floats(0, 100), max_size=50), st.sampled_from(LEVELS))
def test_one_sample_changes_nothing(values: list[float], level: str) -> None:
    """Between two changes there are always at least so many samples."""
    alarm = Alarm(AT_ONCE, level)
    said = [level, *levels(alarm, *values)]
    changes = [number for number in range(1, len(said)) if said[number] != said[number - 1]]
    assert all(later - earlier >= SAMPLES for earlier, later in zip([0, *changes], changes, strict=False))
