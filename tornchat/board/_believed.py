"""What of an event is believed: known fields with values of their type. The rest is left out, never an error.

An event may come from an older version, or from another process; what is folded must stay foldable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tornchat.board._merge import Fields, number
from tornchat.run import STATUSES

_GREATEST = 10**14  # of a clock: ids, and times in ms up to the year 5138
_KINDS = frozenset({"pipeline", "job", "deployment", "push", "tag", "release", "check"})

_LEVELS = ("ok", "warning", "critical")

Test = Callable[[object], bool]


def _text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -(10**18) < value < 10**18  # nor NaN


def _true(value: object) -> bool:
    return value is True


def _names(value: object) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _levels(value: object) -> bool:
    return isinstance(value, dict) and all(_text(name) and level in _LEVELS for name, level in value.items())


def _clock(value: object) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(_number(n) and 0 <= n < _GREATEST for n in value)


def _one_of(*words: str) -> Test:
    return lambda value: isinstance(value, str) and value in words


def _fields(names: str, test: Test) -> dict[str, Test]:
    return dict.fromkeys(names.split(), test)


_JOB = (
    _fields("key name stage status raw_status reason url started_at finished_at", _text)
    | _fields("duration queued", _number)
    | {"clock": _clock, "allow_failure": _true}
)
_RUN = (
    _JOB
    | _fields("kind source project project_url parent number ref ref_type", _text)
    | _fields("sha title author environment event created_at", _text)
    | {"attempt": _number, "stages": _names}
)
_HOST = (
    _fields("host disk_mount os agent seen_at", _text)
    | _fields("cpu mem swap disk load1 load5 load15 cores rx tx uptime interval", _number)
    | _fields("mem_used mem_total swap_used swap_total disk_used disk_total", _number)
    | {"state": _one_of("live", "stale", "offline"), "level": _one_of(*_LEVELS), "alarms": _levels}
)
_CHECK = (
    _fields("check kind target group error checked_at since", _text)
    | _fields("latency code days_left", _number)
    | {"status": _one_of("up", "pending", "down", "unknown")}
)


def run(data: Mapping[str, Any]) -> Fields | None:
    """The observation of a run, without its jobs; None if it lacks its key, kind, project, status or clock."""
    fields = _with_status(_known(data, _RUN))
    return fields if {"key", "project", "clock"} <= fields.keys() and fields.get("kind") in _KINDS else None


def jobs(data: Mapping[str, Any]) -> list[Fields]:
    """The observations of jobs that one of a pipeline lists."""
    listed = data.get("jobs")
    items = [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []
    return [job for item in items if "clock" in (job := as_job(item)) and "key" in job]


def as_job(data: Mapping[str, Any]) -> Fields:
    """The fields that a job has in its pipeline's list; `id` is from its key."""
    fields = _with_status(_known(data, _JOB))
    key = fields.get("key", "")
    return fields | {"id": number(key) or key.rpartition("|")[2]}


def host(data: Mapping[str, Any]) -> Fields | None:
    """A host's numbers; None without its name and state."""
    fields = _known(data, _HOST)
    return fields if {"host", "state"} <= fields.keys() else None


def check(data: Mapping[str, Any]) -> Fields | None:
    """A check's result; None without its name and status."""
    fields = _known(data, _CHECK)
    return fields if {"check", "status"} <= fields.keys() else None


def _known(data: Mapping[str, Any], tests: Mapping[str, Test]) -> Fields:
    return {field: value for field, value in data.items() if field in tests and tests[field](value)}


def _with_status(fields: Fields) -> Fields:
    """A status that we do not know is `unknown`."""
    if fields.get("status") not in STATUSES:
        fields["status"] = "unknown"
    return fields
