"""What is known of one project: its newest runs, and how its pipelines ended.

Nothing here depends on the order in which observations come: they are merged (`_merge.py`), and what stays is a
matter of the runs' own age. Of a **line** (a ref, and the workflow where a ref has several) the newest pipeline and
the newest result stay as long as the line is among the `LINES` newest; so a busy branch does not push out what is
known of a quiet one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from tornchat.board._believed import as_job
from tornchat.board._merge import ENDED, Fields, lasting, merge, order
from tornchat.board._pipeline import Pipeline, of_job, shown

PIPELINES, LINES, CHILDREN, RESULTS = 10, 10, 10, 30
OTHERS = 10  # of each other kind: a late word about one that is not the newest is news, too
GROUPS = {"deployment": 30, "check": 20, "push": 1, "release": 1}  # environments, names, and the newest of all

_RESULT = ("key", "kind", "clock", "name", "number", "ref", "status", "url", "created_at")
_RESULT_TIMES = ("started_at", "finished_at", "duration")


@dataclass(frozen=True, slots=True)
class Project:
    """By key: pipelines; how each of them last ended, also while it runs again; and all other runs."""

    pipelines: Mapping[str, Pipeline] = field(default_factory=dict)
    results: Mapping[str, Fields] = field(default_factory=dict)
    others: Mapping[str, Fields] = field(default_factory=dict)

    def after(self, run: Fields, jobs: Iterable[Fields]) -> Project:
        """The project when this has been seen of it; itself where that changes nothing."""
        if run["kind"] == "pipeline":
            return self._after_pipeline(run, jobs)
        if run["kind"] != "job":
            return self._after_other(run)
        # A job of no pipeline has no place on the board.
        return self._after_pipeline(of_job(run), [as_job(run)]) if "parent" in run else self

    def ended(self) -> list[Fields]:
        """The results with all that is known of their pipelines, the newest first."""
        known = [ended(result, self.pipelines.get(key)) for key, result in self.results.items()]
        return sorted(known, key=order, reverse=True)

    def snapshot(self) -> Fields:
        """What `load` makes the same project of."""
        pipelines = [{"run": one.run, "jobs": [*one.jobs.values()]} for one in self.pipelines.values()]
        return {"pipelines": pipelines, "results": [*self.results.values()], "others": [*self.others.values()]}

    @classmethod
    def load(cls, snapshot: Fields) -> Self:
        """The project that returned this `snapshot()`."""
        pipelines = {one["run"]["key"]: Pipeline(one["run"], _by_key(one["jobs"])) for one in snapshot["pipelines"]}
        return cls(pipelines, _by_key(snapshot["results"]), _by_key(snapshot["others"]))

    def _after_pipeline(self, run: Fields, jobs: Iterable[Fields]) -> Project:
        key = run["key"]
        pipeline = self.pipelines.get(key, Pipeline(run)).after(run, jobs)
        after = replace(self, pipelines={**self.pipelines, key: pipeline}, results=self._results_after(run))
        if key not in self.pipelines:
            after = after._without_old_pipelines(key)
        if len(after.results) > len(self.results):
            newest = _newest(after.ended(), RESULTS, LINES, line)
            after = replace(after, results={run["key"]: after.results[run["key"]] for run in newest})
        return self if after == self else after

    def _results_after(self, run: Fields) -> Mapping[str, Fields]:
        """Of what is said of a pipeline's end, the latest word holds. A child's end is its parent's matter."""
        if run.get("status") not in ENDED or is_child(run):
            return self.results
        key, result = run["key"], {f: run[f] for f in (*_RESULT, *_RESULT_TIMES) if f in run}
        known = self.results.get(key)
        if known is None or result["clock"] > known["clock"]:
            return {**self.results, key: result}
        return self.results if result["clock"] < known["clock"] else {**self.results, key: merge(known, result)}

    def _without_old_pipelines(self, new: str) -> Project:
        """What is known of a pipeline that goes stays in its result; a `new` one that goes at once adds nothing."""
        runs = [pipeline.run for pipeline in self.pipelines.values()]
        children = [run for run in runs if is_child(run)]
        newest = _newest([run for run in runs if not is_child(run)], PIPELINES, LINES, line)
        kept = {run["key"] for run in [*newest, *_newest(children, CHILDREN, 0, line)]}
        if len(kept) == len(runs):
            return self
        results = dict(self.results)
        for key in (self.pipelines.keys() & results.keys()) - kept - {new}:
            results[key] = ended(results[key], self.pipelines[key])
        pipelines = {key: pipeline for key, pipeline in self.pipelines.items() if key in kept}
        return replace(self, pipelines=pipelines, results=results)

    def _after_other(self, run: Fields) -> Project:
        key, kind = run["key"], other_kind(run)
        merged = merge(self.others[key], run) if key in self.others else run
        same = [other for other in self.others.values() if other_kind(other) == kind and other["key"] != key]
        kept = {other["key"] for other in _newest([*same, merged], OTHERS, GROUPS[kind], place)}
        gone = {other["key"] for other in same} - kept
        others = {other: run for other, run in self.others.items() if other not in gone}
        if key in kept:
            others[key] = merged
        return self if others == self.others else replace(self, others=others)


def ended(result: Fields, pipeline: Pipeline | None) -> Fields:
    """A result, with what is known of its pipeline: while that runs again, only what does not change by that."""
    if pipeline is None:
        return shown(result)
    run = pipeline.run if pipeline.run.get("status") in ENDED else lasting(pipeline.run)
    return shown(result | {f: run[f] for f in (*_RESULT, *_RESULT_TIMES) if f in run})


def line(run: Fields) -> Hashable:
    """The pipelines that follow each other. In GitLab a name may be each pipeline's own, and tells no line."""
    return run.get("ref"), None if run["key"].startswith("gitlab|") else run.get("name")


def place(run: Fields) -> str:
    """Where a deployment is, or what a check is called: the newest there is the one to show."""
    names = {"deployment": run.get("environment", run.get("name", "")), "check": run.get("name", "")}
    return str(names.get(run["kind"], ""))


def other_kind(run: Fields) -> str:
    """A tag is pushed."""
    return "push" if run["kind"] == "tag" else str(run["kind"])


def is_child(run: Fields) -> bool:
    """Whether a pipeline belongs to another of its own project."""
    return "parent" in run and run["parent"].rpartition("|")[0] == run["key"].rpartition("|")[0]


def _by_key(runs: Iterable[Fields]) -> dict[str, Fields]:
    return {run["key"]: run for run in runs}


def _newest(runs: Iterable[Fields], count: int, groups: int, group: Callable[[Fields], Hashable]) -> list[Fields]:
    """The `count` newest, and the newest of each of the `groups` newest groups; the newest first."""
    seen: set[Hashable] = set()
    kept = []
    for age, run in enumerate(sorted(runs, key=order, reverse=True)):
        is_first = group(run) not in seen and len(seen) < groups
        if is_first:
            seen.add(group(run))
        if is_first or age < count:
            kept.append(run)
    return kept
