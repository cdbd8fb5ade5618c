"""A project as the board shows it."""

from __future__ import annotations

from collections.abc import Sequence

from tornchat.board._merge import UNFINISHED, Fields, moment, order, worst
from tornchat.board._pipeline import Pipeline, shown
from tornchat.board._project import GROUPS, LINES, Project, line, other_kind, place

EXPECT_FROM = 10  # good results

_RESULT = ("key", "number", "name", "ref", "status", "duration", "finished_at", "url")


def show(name: str, project: Project) -> Fields:
    """The project's part of the board's state."""
    ended = project.ended()
    pipelines = sorted(project.pipelines.values(), key=lambda pipeline: order(pipeline.run), reverse=True)
    active = [pipeline.status for pipeline in pipelines if pipeline.status in UNFINISHED]
    return {
        "project": name,
        **_last(project, {"project_url": "url", "source": "source"}),
        "status": _lamp(ended),
        **({"active": worst(active)} if active else {}),
        "pipelines": [pipeline.show() | _expected(pipeline, ended) for pipeline in pipelines],
        "results": [{f: run[f] for f in _RESULT if f in run} for run in reversed(ended)],
        **_others(project),
    }


def _last(project: Project, names: dict[str, str]) -> Fields:
    """What the latest word about any run says of the project."""
    runs = [*(pipeline.run for pipeline in project.pipelines.values()), *project.others.values()]
    runs.sort(key=lambda run: (moment(run["clock"]), run["key"]))
    return {shown: run[field] for run in runs for field, shown in names.items() if field in run}


def _lamp(ended: Sequence[Fields]) -> str:
    """The worst of the last results of the newest lines; `unknown` before the first."""
    lines: dict[object, str] = {}
    for run in ended:
        lines.setdefault(line(run), run["status"])
    return worst(list(lines.values())[:LINES])


def _expected(pipeline: Pipeline, ended: Sequence[Fields]) -> Fields:
    """How many seconds an unfinished one may take: the median of the last good ones of its line, or of all."""
    if pipeline.status not in UNFINISHED:
        return {}
    good = [run for run in ended if run["status"] in ("success", "warning") and "duration" in run]
    alike = [run for run in good if line(run) == line(pipeline.run)] or good
    durations = sorted(run["duration"] for run in alike[:EXPECT_FROM])
    if not durations:
        return {}
    middle = len(durations) // 2
    return {"expected": round((durations[middle] + durations[-1 - middle]) / 2, 3)}


def _others(project: Project) -> Fields:
    kinds: dict[str, dict[str, Fields]] = {kind: {} for kind in GROUPS}
    for run in sorted(project.others.values(), key=lambda run: (run["kind"] == "deployment", order(run))):
        kinds[other_kind(run)][place(run)] = shown(run)  # the newest is the last
    newest = {kind: kinds[kind][""] for kind in ("release", "push") if kinds[kind]}
    return {"deployments": kinds["deployment"], "checks": kinds["check"], **newest}
