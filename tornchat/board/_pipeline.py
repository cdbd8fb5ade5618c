"""One pipeline: what its own observations and those of its jobs add up to, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tornchat.board._merge import ENDED, LATE, UNFINISHED, Fields, generation, merge, moment, number, worst
from tornchat.event import rfc3339

MAX_JOBS = 500  # of one pipeline; the newest stay

_FROM_JOB = ("source", "project", "project_url", "ref", "ref_type", "sha", "title", "author", "event", "created_at")
_NEVER = frozenset({LATE})
_NOT_YET = frozenset({LATE, "finished_at", "duration"})
_RANK = {"queued": 0, "waiting": 1, "running": 2}


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`run` has no status as long as only jobs have been heard of: a stub."""

    run: Fields
    jobs: Mapping[str, Fields] = field(default_factory=dict)

    def after(self, run: Fields, jobs: Iterable[Fields]) -> Pipeline:
        """The pipeline when this has been seen of it; itself where that changes nothing."""
        run = merge(self.run, run)
        merged = dict(self.jobs)
        for job in jobs:
            known = merged.get(job["key"])
            merged[job["key"]] = job if known is None else merge(known, job)
        if merged != self.jobs:
            merged = _latest(merged)
        return self if run is self.run and merged == self.jobs else Pipeline(run, merged)

    @property
    def status(self) -> str:
        """A stub is as far as its jobs: unfinished while one of them is."""
        if "status" in self.run:
            return str(self.run["status"])
        statuses = {job["status"] for job in self.jobs.values()}
        return worst(statuses & UNFINISHED or statuses)

    def show(self) -> Fields:
        """Its fields, the jobs in `stages`, and `updated_at`: the last time that a clock of it says."""
        updated = max(moment(seen["clock"]) for seen in (self.run, *self.jobs.values()))
        return shown(self.run) | {
            "status": self.status,
            "stages": self._stages(),
            "updated_at": rfc3339(updated / 1000),
        }

    def _stages(self) -> list[Fields]:
        """In the pipeline's own order; those that it does not list follow, by their first job."""
        stages: dict[str, list[Fields]] = {name: [] for name in self.run.get("stages", [])}
        for job in sorted(self.jobs.values(), key=_age):
            stages.setdefault(job.get("stage", ""), []).append(shown(job))
        return [
            {"name": name, "status": worst(job["status"] for job in jobs), "jobs": jobs}
            for name, jobs in stages.items()
        ]


def of_job(job: Fields) -> Fields:
    """What an observation of a job says of its pipeline: less than any of the pipeline itself."""
    known = {field: job[field] for field in _FROM_JOB if field in job}
    clock = [-1, moment(job["clock"]), _RANK.get(job["status"], 3)]
    return known | {"key": job["parent"], "kind": "pipeline", "clock": clock}


def _latest(jobs: Mapping[str, Fields]) -> dict[str, Fields]:
    """A retried job has the stage and name of the one that it replaces."""
    attempts: dict[tuple[str | None, str | None], tuple[float, ...]] = {}
    for job in jobs.values():
        place = job.get("stage"), job.get("name")
        attempts[place] = max(attempts.get(place, ()), _attempt(job))
    latest = [job for job in jobs.values() if _attempt(job) == attempts[job.get("stage"), job.get("name")]]
    return {job["key"]: job for job in sorted(latest, key=_age)[-MAX_JOBS:]}


def _attempt(job: Fields) -> tuple[float, ...]:
    """GitLab gives each attempt of a job an id, the others count attempts in the clock."""
    return (number(job["key"]),) if job["key"].startswith("gitlab|") else generation(job["clock"])


def _age(job: Fields) -> tuple[int, str]:
    return number(job["key"]), job["key"]


def shown(run: Fields) -> Fields:
    """Without what is only for merging, or from before the run began again; with a duration if it can be told."""
    hidden = _NOT_YET if run.get("status") in UNFINISHED else _NEVER
    fields = run  # most often as it is: a copy of each job would double the memory
    if not hidden.isdisjoint(run):
        fields = {field: value for field, value in run.items() if field not in hidden}
    if fields.get("status") in ENDED and "duration" not in fields:
        duration = _seconds(fields.get("started_at", ""), fields.get("finished_at", ""))
        if duration is not None:
            fields = fields | {"duration": duration}
    return fields


def _seconds(start: str, end: str) -> float | None:
    """From one time to the other; None where one of them is missing or is no time."""
    try:
        return max(0.0, round((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds(), 3))
    except (ValueError, TypeError):  # TypeError: only one of them has a zone
        return None
