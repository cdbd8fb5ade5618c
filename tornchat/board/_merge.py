"""The merge rule: what the observations of one run add up to, whatever their order and however often they come.

An observation is a dict of fields with a `clock`. Each field of the merged run comes from the observation with the
greatest clock that has it, so far as an older one may still speak:

- of the status (`status`, `raw_status`, `reason`, `allow_failure`, `attempt`) only the greatest clock speaks;
- of times of one attempt (`started_at`, `finished_at`, `duration`, `queued`) all of its generation do, which is the
  part of the clock before the time: a retry of the pipeline or run, where the clock tells it;
- of the rest (title, url, …) all do; `created_at` is the earliest.

Where clocks are equal, the more severe status and the greater JSON text win. Each of these is a maximum, so that
merging is commutative, associative and idempotent. Fields that an older observation filled in have its clock under
`late`, since one that lies between may yet correct them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tornchat.event import rfc3339
from tornchat.run import STATUSES

Fields = dict[str, Any]
Clock = list[float]

LATE = "late"
UNFINISHED = frozenset({"queued", "waiting", "running"})
ENDED = frozenset({"success", "warning", "failed", "cancelled"})  # with a result; what was skipped has none

_OF_STATUS = frozenset({"status", "raw_status", "reason", "allow_failure", "attempt"})
_OF_ATTEMPT = frozenset({"started_at", "finished_at", "duration", "queued"})
_SEVERITY: dict[str, int] = {status: rank for rank, status in enumerate(reversed(STATUSES))}
_NUMBER_DIGITS = 15  # more is a hash, or past what JSON's numbers hold exactly


def merge(old: Fields, new: Fields) -> Fields:
    """The run that is known as `old`, with the observation `new`; `old` itself where that changes nothing."""
    late = old.get(LATE, {})
    if new["clock"] > old["clock"]:
        merged, kept = dict(new), {}
        for field, value in old.items():
            clock = late.get(field, old["clock"])
            if field not in new and field != LATE and _speaks(field, clock, new["clock"]):
                merged[field] = value
                kept[field] = clock
    else:
        merged, kept = dict(old), dict(late)
        for field, value in new.items():
            if field in old:
                mine = late.get(field, old["clock"])
                if new["clock"] < mine or (
                    new["clock"] == mine and _rank(field, value) <= _rank(field, old[field])
                ):
                    continue
            elif not _speaks(field, new["clock"], old["clock"]):
                continue
            merged[field] = value
            kept[field] = new["clock"]
    if "created_at" in old and "created_at" in new:
        merged["created_at"] = min(old["created_at"], new["created_at"])
    kept = {field: clock for field, clock in kept.items() if clock != merged["clock"] and field != "created_at"}
    merged.pop(LATE, None)
    if kept:
        merged[LATE] = kept
    return old if merged == old else merged


def lasting(run: Fields) -> Fields:
    """What does not change when a run is run again."""
    changing = _OF_STATUS | _OF_ATTEMPT | {"clock", LATE}
    return {field: value for field, value in run.items() if field not in changing}


def _speaks(field: str, clock: Clock, greatest: Clock) -> bool:
    """Whether an observation at `clock` may fill `field` in a run whose greatest clock is another."""
    if field in _OF_STATUS:
        return clock == greatest
    return field not in _OF_ATTEMPT or generation(clock) == generation(greatest)


def _rank(field: str, value: object) -> tuple[int, str]:
    if field == "status":
        return _SEVERITY[str(value)], ""
    return 0, value if isinstance(value, str) else json.dumps(value)


def generation(clock: Clock) -> tuple[float, ...]:
    """What stands in a clock before the time, which is its greatest number: an attempt, an id, or nothing."""
    return tuple(clock[: clock.index(max(clock))])


def moment(clock: Clock) -> float:
    """The time in a clock, in ms since 1970: ids, attempts and ranks are smaller."""
    return max(clock)


def worst(statuses: Iterable[str]) -> str:
    """The most severe; `unknown` of none."""
    return max(statuses, key=_SEVERITY.__getitem__, default="unknown")


def number(key: str) -> int:
    """The id at the end of a run's key as a number, or 0 where it is none: CI servers count upwards."""
    digits = key.rpartition("|")[2]
    return int(digits) if digits.isdecimal() and digits.isascii() and len(digits) <= _NUMBER_DIGITS else 0


def order(run: Fields) -> tuple[float | str, ...]:
    """Sorts runs by age, the newest last. It is the run's own, so that it does not matter when it was heard of."""
    # GitLab's deployments say when they changed, not when they began; their ids count.
    if run["kind"] == "deployment":
        return number(run["key"]), _time(run), run["key"]
    return _time(run), number(run["key"]), run["key"]


def _time(run: Fields) -> str:
    return str(run.get("created_at") or run.get("started_at") or rfc3339(moment(run["clock"]) / 1000))
