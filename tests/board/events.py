"""Events as sources, agents and checks make them, in few words; times are seconds after nine o'clock."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

from tornchat.board import Board
from tornchat.event import Event

NINE = 1_795_510_800_000  # 2026-11-24T09:00:00.000Z
RANKS = {"queued": 0, "unknown": 0, "waiting": 1, "running": 2}
GITLAB, GITHUB = "gitlab|https://gitlab.example.com|42", "github||7"


def at(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"2026-11-24T{9 + int(minutes) // 60:02d}:{int(minutes) % 60:02d}:{rest:06.3f}Z"


def ms(seconds: float) -> int:
    return NINE + int(seconds * 1000)


def observed(type: str, known: dict[str, Any]) -> Event:
    room = "ci" if type == "run" else "hosts"
    return Event(room, type, {field: value for field, value in known.items() if value is not None})


def run(kind: str, key: str, status: str, clock: list[int], **known: Any) -> Event:
    common = {"key": key, "kind": kind, "source": key.partition("|")[0], "project": "shop/web"}
    return observed("run", common | {"status": status, "clock": clock} | known)


def gitlab_job(id: int, name: str, status: str, seconds: float, **known: Any) -> dict[str, Any]:
    """As a pipeline lists it."""
    clock = [RANKS.get(status, 3), ms(seconds), 0]
    return {"key": f"{GITLAB}|job|{id}", "id": id, "name": name, "status": status, "clock": clock} | known


def gitlab_job_hook(pipeline: int, id: int, name: str, status: str, seconds: float, **known: Any) -> Event:
    job = gitlab_job(id, name, status, seconds, **known)
    del job["id"]
    common = {"parent": f"{GITLAB}|pipeline|{pipeline}", "ref": "main", "created_at": at(0)}
    return run("job", **common | job)


def gitlab_pipeline(
    id: int, status: str, seconds: float, jobs: Sequence[dict[str, Any]] = (), **known: Any
) -> Event:
    clock = [max((job["id"] for job in jobs), default=0), ms(seconds), RANKS.get(status, 3)]
    common = {"number": str(id), "ref": "main", "created_at": at(0), "jobs": list(jobs) or None}
    return run("pipeline", f"{GITLAB}|pipeline|{id}", status, clock, **common | known)


def github_run(id: int, status: str, seconds: float, attempt: int = 1, **known: Any) -> Event:
    clock = [attempt, ms(seconds), RANKS.get(status, 3)]
    common: dict[str, Any] = {
        "name": "CI",
        "number": str(id),
        "ref": "main",
        "created_at": at(0),
        "attempt": attempt if attempt > 1 else None,
    }
    return run("pipeline", f"{GITHUB}|pipeline|{id}", status, clock, **common | known)


def generic(id: str, status: str, seconds: float, kind: str = "pipeline", **known: Any) -> Event:
    clock = [ms(seconds), RANKS.get(status, 3), 0]
    return run(kind, f"generic||shop/web|{kind}|{id}", status, **{"clock": clock} | known)


def host(name: str, state: str, seconds: float, **known: Any) -> Event:
    return observed("host", {"host": name, "state": state, "level": "ok", "seen_at": at(seconds)} | known)


def check(name: str, status: str, seconds: float, **known: Any) -> Event:
    common = {"check": name, "kind": "http", "target": "https://shop.example.com/", "checked_at": at(seconds)}
    return observed("check", common | {"status": status} | known)


def fold(events: Iterable[Event]) -> Board:
    board = Board()
    for event in events:
        board.apply(event)
    return board


def state(events: Iterable[Event]) -> dict[str, Any]:
    return fold(events).state("now")


def project(events: Iterable[Event]) -> dict[str, Any]:
    found: dict[str, Any] = state(events)["projects"]["shop/web"]
    return found


def shuffles(events: Sequence[Event], count: int) -> Iterable[list[Event]]:
    """The same events in other orders, some of them repeatedly."""
    for seed in range(count):
        chance = random.Random(seed)
        shuffled = [*events, *chance.choices(events, k=len(events) // 2)]
        chance.shuffle(shuffled)
        yield shuffled
