"""What a CI reports, normalised: `Run`, its statuses and clock, and the event that it becomes.

Pure. A `Run` is one observation of one thing, not merged with others: whoever folds them compares clocks.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from tornchat.event import Event, rfc3339

Status = Literal[
    "failed", "warning", "running", "waiting", "queued", "unknown", "cancelled", "success", "skipped"
]  # fmt: skip
Kind = Literal["pipeline", "job", "deployment", "push", "tag", "release", "check"]
RefType = Literal["branch", "tag", "mr", "pr"]

STATUSES: tuple[Status, ...] = get_args(Status)  # the most severe first
KINDS: tuple[Kind, ...] = get_args(Kind)

# Compared as a tuple: of two observations of one thing, the greater is the newer, whatever came first.
Clock = tuple[int, int, int]

ENDED = 3  # the rank of all other statuses
_RANKS: dict[Status, int] = {"queued": 0, "unknown": 0, "waiting": 1, "running": 2}


@dataclass(frozen=True, slots=True)
class Origin:
    """The project that runs are of, as its sender names it."""

    source: str
    instance: str  # where the sender itself is, such as https://gitlab.example.com; empty where it does not say
    id: str  # what stays when the project is renamed; else its path
    project: str  # its path with namespace, such as shop/web
    url: str = ""

    def key(self, kind: Kind, id: str) -> str:
        """The same text in each delivery about the same thing."""
        parts = (self.source, self.instance, self.id, kind, id)
        return "|".join(part.replace("|", "%7C") for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job in the list of its pipeline. Times are in ms since 1970, durations in seconds."""

    key: str
    id: int
    name: str
    stage: str
    status: Status
    clock: Clock
    raw_status: str = ""
    reason: str = ""
    allow_failure: bool = False
    url: str = ""
    started_at: int | None = None
    finished_at: int | None = None
    duration: float | None = None
    queued: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One observation. What is unknown is empty or None. Times are in ms since 1970, durations in seconds."""

    origin: Origin
    kind: Kind
    id: str
    status: Status
    clock: Clock
    raw_status: str = ""  # the sender's own word
    parent: str = ""  # the key of the pipeline that a job is of, or of the upstream pipeline
    name: str = ""
    number: str = ""
    stage: str = ""
    ref: str = ""
    ref_type: RefType | None = None
    sha: str = ""
    title: str = ""
    author: str = ""
    environment: str = ""
    reason: str = ""
    event: str = ""  # what it was started by
    allow_failure: bool = False
    attempt: int | None = None
    url: str = ""
    created_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    duration: float | None = None
    queued: float | None = None
    stages: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()


def rank(status: Status) -> int:
    """How far a run has come: queued 0, waiting 1, running 2, ended 3. What is unknown has not come far."""
    return _RANKS.get(status, ENDED)


def latest(*times: int | None) -> int:
    """The last of times in ms, for a clock; 0 where none is known."""
    return max((time for time in times if time is not None), default=0)


def span(start: int | None, end: int | None) -> float | None:
    """The seconds between two times in ms; None where one is unknown, or the end is before the start."""
    return (end - start) / 1000 if start is not None and end is not None and end >= start else None


def event(run: Run, room: str) -> Event:
    """The event of type `run`, not kept yet. What is unknown is absent."""
    head = {
        "key": run.origin.key(run.kind, run.id),
        "source": run.origin.source,
        "project": run.origin.project,
        "project_url": run.origin.url,
    }
    data = {name: value for name, value in head.items() if value} | _known(run)
    data.pop("origin")
    data.pop("id", None)  # the key has it
    if run.jobs:
        data["jobs"] = [_known(job) for job in run.jobs]
    return Event(room, "run", data)


def _known(thing: Run | Job) -> dict[str, Any]:
    """The fields that are known, as JSON has them."""
    known: dict[str, Any] = {}
    for field in fields(thing):
        value = getattr(thing, field.name)
        if value is None or value is False or value == "" or value == ():
            continue
        if field.name.endswith("_at"):
            value = rfc3339(value / 1000)
        known[field.name] = list(value) if isinstance(value, tuple) else value
    if thing.raw_status == thing.status:
        known.pop("raw_status")
    return known
