"""How fast the board is, and how large its state: `python -m benchmarks.board`."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from tornchat.board import Board
from tornchat.event import Event, timestamp

PROJECTS, PIPELINES, JOBS = 1000, 5, 10
START = 1_795_510_800_000  # ms since 1970
TIME = "2026-11-24T09:00:%02d.000Z"


def pipeline(project: int, number: int, jobs: int, seconds: int) -> Event:
    """An observation that is `seconds` old, with all fields that GitLab gives."""
    instance, path = "https://gitlab.example.com", f"group/project-{project}"
    listed = [
        {
            "key": f"gitlab|{instance}|{project}|job|{number * 100 + job}",
            "id": number * 100 + job,
            "name": f"unit {job}",
            "stage": f"stage {job // 4}",
            "status": "success",
            "clock": [3, START + seconds * 1000, 0],
            "url": f"{instance}/{path}/-/jobs/{number * 100 + job}",
            "started_at": TIME % 1,
            "finished_at": TIME % seconds,
            "duration": 42.5,
            "queued": 1.2,
        }
        for job in range(jobs)
    ]
    data = {
        "key": f"gitlab|{instance}|{project}|pipeline|{number}",
        "kind": "pipeline",
        "source": "gitlab",
        "project": path,
        "project_url": f"{instance}/{path}",
        "status": "success",
        "clock": [number * 100 + jobs, START + seconds * 1000, 3],
        "number": str(number),
        "ref": f"branch-{number % 3}",
        "ref_type": "branch",
        "sha": "0123456789ab",
        "title": "Let the basket remember what was in it",
        "author": "Ada Lovelace",
        "event": "push",
        "url": f"{instance}/{path}/-/pipelines/{number}",
        "created_at": TIME % number,
        "finished_at": TIME % seconds,
        "duration": 42.5,
        "stages": [f"stage {stage}" for stage in range((jobs + 3) // 4)],
        "jobs": listed,
    }
    return Event("ci", "run", data)


def each(events: Sequence[Event], do: Callable[[Event], object]) -> float:
    """The mean time of one, in seconds."""
    start = perf_counter()
    for event in events:
        do(event)
    return (perf_counter() - start) / len(events)


def once(do: Callable[[], Any]) -> tuple[float, Any]:
    """Its time in seconds, and what it returned."""
    start = perf_counter()
    result = do()
    return perf_counter() - start, result


def main() -> None:
    """Prints a table for Markdown."""
    board, one = Board(), Board()
    updates = [pipeline(1, 1, 20, second) for second in range(60)]
    rows = [("apply(): a pipeline with 20 jobs, all changed", f"{each(updates, one.apply) * 1e6:,.0f} µs")]
    rows += [("would_change(): the same, said before", f"{each(updates, one.would_change) * 1e6:,.0f} µs")]
    events = (pipeline(p, n, JOBS, 50) for p in range(PROJECTS) for n in range(1, PIPELINES + 1))
    tracemalloc.start()
    for event in events:
        board.apply(
            Event("ci", "run", json.loads(json.dumps(event.data)))
        )  # with texts of its own, as a server has
    rows += [("memory", f"{tracemalloc.get_traced_memory()[0] / 1e6:,.0f} MB")]
    tracemalloc.stop()
    now = timestamp()
    rows += [("state(): first", f"{once(lambda: board.state(now))[0] * 1e3:,.1f} ms")]
    first, text = once(lambda: board.json(now, "e-1"))
    rows += [("json(): first", f"{first * 1e3:,.1f} ms")]
    board.apply(pipeline(1, 5, JOBS, 51))
    rows += [("state(): one project changed", f"{once(lambda: board.state(now))[0] * 1e3:,.1f} ms")]
    rows += [("json(): one project changed", f"{once(lambda: board.json(now, 'e-1'))[0] * 1e3:,.1f} ms")]
    rows += [("json.dumps(state())", f"{once(lambda: json.dumps(board.state(now)))[0] * 1e3:,.1f} ms")]
    rows += [("JSON", f"{len(text) / 1e6:,.1f} MB")]
    rows += [("JSON, gzip -6", f"{len(gzip.compress(text, 6)) / 1e6:,.2f} MB")]
    seconds, snapshot = once(board.snapshot)
    rows += [
        ("snapshot()", f"{seconds * 1e3:,.1f} ms"),
        ("load()", f"{once(lambda: Board.load(snapshot))[0] * 1e3:,.1f} ms"),
    ]
    print(f"| {PROJECTS:,} projects with {PIPELINES} pipelines of {JOBS} jobs | |\n|---|---:|")
    print("\n".join(f"| {what} | {figure} |" for what, figure in rows))


if __name__ == "__main__":
    main()
