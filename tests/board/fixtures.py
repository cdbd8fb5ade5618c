"""Writes tests/fixtures/board: events, and the state that the board and the browser both have to make of them.

.venv/bin/python -m tests.board.fixtures
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tests.board.events import (
    GITHUB,
    GITLAB,
    at,
    check,
    fold,
    generic,
    github_run,
    gitlab_job,
    gitlab_job_hook,
    gitlab_pipeline,
    host,
    ms,
    run,
)
from tests.support import ROOT
from tornchat.event import Event

FOLDER = ROOT / "tests/fixtures/board"

STAGES = ["build", "test", "deploy"]
COMPILED = gitlab_job(
    501, "compile", "success", 34, stage="build", started_at=at(4), finished_at=at(34), duration=30
)
LINT = gitlab_job(503, "lint", "warning", 50, stage="test", allow_failure=True, reason="script_failure")
MANUAL = gitlab_job(504, "prod", "waiting", 0, stage="deploy", raw_status="manual")
LIFE_CYCLE = [
    gitlab_job_hook(9001, 501, "compile", "queued", 0, stage="build", title="Add basket"),
    gitlab_pipeline(
        9001, "queued", 0, [MANUAL, gitlab_job(501, "compile", "queued", 0, stage="build")], stages=STAGES
    ),
    gitlab_job_hook(9001, 501, "compile", "running", 4, stage="build", started_at=at(4)),
    gitlab_pipeline(
        9001, "running", 4, [MANUAL, gitlab_job(501, "compile", "running", 4, stage="build")], stages=STAGES
    ),
    gitlab_job_hook(9001, 501, "compile", "success", 34, stage="build", started_at=at(4), finished_at=at(34)),
    gitlab_job_hook(9001, 502, "unit", "failed", 95, stage="test", reason="script_failure"),
    gitlab_pipeline(
        9001,
        "failed",
        95,
        [MANUAL, LINT, gitlab_job(502, "unit", "failed", 95, stage="test", reason="script_failure"), COMPILED],
        stages=STAGES,
        finished_at=at(95),
        duration=91,
    ),
    gitlab_job_hook(9001, 505, "unit", "queued", 125, stage="test"),
    gitlab_pipeline(
        9001,
        "running",
        125,
        [gitlab_job(505, "unit", "queued", 125, stage="test"), MANUAL, LINT, COMPILED],
        stages=STAGES,
    ),
    gitlab_job_hook(9001, 505, "unit", "running", 130, stage="test", started_at=at(130)),
    gitlab_job_hook(9001, 505, "unit", "success", 180, stage="test", started_at=at(130), finished_at=at(180)),
    gitlab_pipeline(
        9001,
        "warning",
        180,
        [gitlab_job(505, "unit", "success", 180, stage="test", duration=50), MANUAL, LINT, COMPILED],
        stages=STAGES,
        finished_at=at(180),
        duration=176,
        raw_status="success",
    ),
]


def github_job(id: int, name: str, status: str, seconds: float, attempt: int = 1) -> Event:
    clock = [attempt, ms(seconds), {"queued": 0, "running": 2}.get(status, 3)]
    parent = f"{GITHUB}|pipeline|71"
    return run("job", f"{GITHUB}|job|{id}", status, clock, name=name, parent=parent, ref="main", created_at=at(1))


def deployment(id: int, status: str, seconds: float, environment: str) -> Event:
    clock = [ms(seconds), {"running": 2}.get(status, 3), 0]
    return run("deployment", f"{GITLAB}|deployment|{id}", status, clock, environment=environment, ref="main")


SCENARIOS: dict[str, list[Event]] = {
    "gitlab_life_cycle": LIFE_CYCLE,
    "gitlab_running_again": LIFE_CYCLE[:9],
    "gitlab_out_of_order": [*LIFE_CYCLE[::-1], *LIFE_CYCLE[::3]],
    "gitlab_child": [
        gitlab_pipeline(9002, "success", 40, parent=f"{GITLAB}|pipeline|9001", created_at=at(10)),
        gitlab_pipeline(9001, "failed", 30),
    ],
    "github_attempts": [
        github_run(71, "running", 5, started_at=at(5), title="Fix it"),
        github_job(1, "test", "running", 6),
        github_job(2, "lint", "success", 20),
        github_job(1, "test", "failed", 60),
        github_run(71, "failed", 61, started_at=at(5), finished_at=at(61), duration=56, reason="failure"),
        github_run(71, "running", 100, attempt=2, started_at=at(99)),
        github_job(3, "test", "running", 101, attempt=2),
        github_run(71, "failed", 61, author="Ana"),
        github_run(72, "success", 50, name="Lint", duration=12, created_at=at(30), finished_at=at(50)),
    ],
    "stub": [
        gitlab_job_hook(9003, 601, "compile", "success", 9, stage="build", sha="0123456789ab", title="Add basket"),
        gitlab_job_hook(9003, 602, "unit", "failed", 20, stage="test"),
        gitlab_job_hook(9003, 603, "lint", "running", 15, stage="test"),
    ],
    "two_refs": [
        gitlab_pipeline(1, "failed", 1, ref="release", created_at=at(0), duration=9),
        *(gitlab_pipeline(n, "success", n, created_at=at(n), duration=100 + n) for n in range(2, 14)),
        gitlab_pipeline(20, "running", 21, created_at=at(20)),
        gitlab_pipeline(1, "failed", 1, ref="release", created_at=at(0), duration=9),
    ],
    "filled_in": [
        generic("5", "success", 60, finished_at=at(60)),
        generic("5", "running", 10, started_at=at(10), ref="main", title="second"),
        generic("5", "queued", 5, title="first", url="https://ci.example.com/5"),
    ],
    "other_runs": [
        deployment(2, "running", 40, "production"),
        deployment(1, "success", 50, "production"),
        deployment(3, "failed", 30, "staging"),
        generic("a", "success", 6, kind="push", title="Add basket", author="Ana", ref="main"),
        generic("v1", "success", 7, kind="tag", name="v1", project_url="https://git.example.com/shop/web"),
        generic("v1", "success", 8, kind="release", name="v1"),
        generic("x", "failed", 8, kind="check", name="coverage", created_at=at(8)),
        generic("y", "success", 9, kind="check", name="coverage", created_at=at(9)),
    ],
    "hosts": [
        host("web1", "live", 5, cpu=3.5, swap=1, mem=40),
        host("web1", "live", 10, cpu=93, mem=41, level="warning", alarms={"cpu": "warning"}),
        host("web1", "live", 5, cpu=3.5, swap=1, mem=40),
        host("web2", "live", 10, cpu=1),
        host("web2", "offline", 10),
    ],
    "checks": [
        check("shop", "up", 10, latency=0.045, code=200, since=at(0)),
        check("shop", "pending", 30, error="timeout", since=at(30)),
        check("shop", "up", 20, latency=0.05, code=200, since=at(0)),
        check("shop", "down", 40, error="timeout", since=at(40)),
        check("db", "up", 10, kind="tcp", target="db:5432", group="data"),
    ],
    "strange": [
        Event("ci", "run", {"kind": "pipeline"}),
        Event("lobby", "message", {"name": "a", "message": "hi"}),
        generic("1", "exploded", 1, title=3, jobs="none", ref="main"),
        generic("2", "failed", 1, kind="job"),
    ],
}


def files() -> Iterable[tuple[str, str]]:
    """Each file's name and text: the events as NDJSON has them, and the state without `at`."""
    for name, events in SCENARIOS.items():
        state = fold(events).state("")
        del state["at"]
        yield f"{name}.json", _text({"name": name, "events": [wire(event) for event in events], "state": state})


def wire(event: Event) -> dict[str, Any]:
    """The event as one flat object."""
    flat: dict[str, Any] = json.loads(event.json())
    return flat


def _text(fixture: dict[str, Any]) -> str:
    events = ",\n".join("    " + json.dumps(event, ensure_ascii=False) for event in fixture["events"])
    state = json.dumps(fixture["state"], ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return f'{{\n  "name": "{fixture["name"]}",\n  "events": [\n{events}\n  ],\n  "state": {state}\n}}\n'


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for name, text in files():
        (FOLDER / name).write_text(text, encoding="utf-8")
