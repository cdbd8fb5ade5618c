"""GitLab's pipelines and jobs. Helper of gitlab.py.

A pipeline may go from failed back to running and succeed, under the same id: a retried job has a new id. So the
clock of a pipeline begins with the greatest id of its jobs, and a job has a key of its own.
"""

from __future__ import annotations

from tornchat.run import Clock, Job, Origin, RefType, Run, Status, latest, rank
from tornchat.sources._json import Json
from tornchat.sources._words import status_of

MAX_JOBS = 1000  # of a pipeline; the newest stay
MAX_STAGES = 100


def pipeline(payload: Json, origin: Origin) -> list[Run]:
    attributes, commit, upstream = payload["object_attributes"], payload["commit"], payload["source_pipeline"]
    id, raw = attributes["id"].whole, attributes["status"].line
    if not id or not raw:
        return []
    builds = sorted((b for b in payload["builds"] if b["id"].whole), key=lambda b: b["id"].whole)[-MAX_JOBS:]
    jobs = tuple(_job_of_pipeline(build, origin) for build in builds)
    status = status_of(raw)
    allowed = attributes["detailed_status"].line == "passed with warnings" or any(
        j.status == "warning" for j in jobs
    )
    if status == "success" and allowed:
        status = "warning"
    created, finished = attributes["created_at"].moment, attributes["finished_at"].moment
    times = [created, finished, *(job.clock[1] for job in jobs)]
    parent = Origin("gitlab", origin.instance, str(upstream["project"]["id"].whole), "")
    return [
        Run(
            origin=origin,
            kind="pipeline",
            id=str(id),
            status=status,
            clock=(builds[-1]["id"].whole if builds else 0, latest(*times), rank(status)),
            raw_status=raw,
            parent=parent.key("pipeline", str(upstream["pipeline_id"].whole))
            if upstream["pipeline_id"].whole
            else "",
            name=attributes["name"].line,
            number=str(id),
            ref=attributes["ref"].line,
            ref_type="mr" if payload["merge_request"]["iid"].whole else _branch_or_tag(attributes["tag"]),
            sha=attributes["sha"].line[:12],
            title=commit["title"].prose or commit["message"].prose,
            author=commit["author"]["name"].prose or payload["user"]["name"].prose,
            event=attributes["source"].line,
            url=attributes["url"].link or page(origin, "pipelines", id),
            created_at=created,
            finished_at=finished,
            duration=attributes["duration"].seconds,
            queued=attributes["queued_duration"].seconds,
            stages=tuple(stage.line for stage in list(attributes["stages"])[:MAX_STAGES] if stage.line),
            jobs=jobs,
        )
    ]


def _job_of_pipeline(build: Json, origin: Origin) -> Job:
    id, raw, allowed = build["id"].whole, build["status"].line, build["allow_failure"].value is True
    status = _job_status(raw, allowed)
    started, finished = build["started_at"].moment, build["finished_at"].moment
    return Job(
        key=origin.key("job", str(id)),
        id=id,
        name=build["name"].line,
        stage=build["stage"].line,
        status=status,
        clock=_job_clock(status, build["created_at"].moment, started, finished),
        raw_status=raw,
        reason=_reason(raw, build["failure_reason"]),
        allow_failure=allowed,
        url=page(origin, "jobs", id),
        started_at=started,
        finished_at=finished,
        duration=build["duration"].seconds,
        queued=build["queued_duration"].seconds,
    )


def job(payload: Json, origin: Origin) -> list[Run]:
    id, raw, allowed = payload["build_id"].whole, payload["build_status"].line, payload["build_allow_failure"]
    commit = payload["commit"]
    pipeline = payload["pipeline_id"].whole or commit["id"].whole  # this commit's id is that of the pipeline
    if not id or not raw or not pipeline:
        return []
    status = _job_status(raw, allowed.value is True)
    created, started, finished = (
        payload[f"build_{step}_at_iso"].moment or payload[f"build_{step}_at"].moment
        for step in ("created", "started", "finished")
    )
    return [
        Run(
            origin=origin,
            kind="job",
            id=str(id),
            status=status,
            clock=_job_clock(status, created, started, finished),
            raw_status=raw,
            parent=origin.key("pipeline", str(pipeline)),
            name=payload["build_name"].line,
            stage=payload["build_stage"].line,
            ref=payload["ref"].line,
            ref_type="tag" if payload["tag"].value is True else None,
            sha=payload["sha"].line[:12],
            title=commit["message"].prose,
            author=commit["author_name"].prose or payload["user"]["name"].prose,
            environment=payload["environment"]["name"].line,
            reason=_reason(raw, payload["build_failure_reason"]),
            allow_failure=allowed.value is True,
            url=page(origin, "jobs", id),
            created_at=created,
            started_at=started,
            finished_at=finished,
            duration=payload["build_duration"].seconds,
            queued=payload["build_queued_duration"].seconds,
        )
    ]


def page(origin: Origin, place: str, id: int) -> str:
    """The address of a pipeline or a job, which payloads do not have, or not before 15."""
    return f"{origin.url}/-/{place}/{id}" if origin.url else ""


def _job_status(raw: str, allow_failure: bool) -> Status:
    status = status_of(raw)
    return "warning" if status == "failed" and allow_failure else status


def _job_clock(status: Status, *times: int | None) -> Clock:
    return rank(status), latest(*times), 0


def _reason(raw: str, reason: Json) -> str:
    """GitLab has `unknown_failure` for jobs that did not fail, too."""
    return reason.line if raw == "failed" and reason.value != "unknown_failure" else ""


def _branch_or_tag(tag: Json) -> RefType:
    return "tag" if tag.value is True else "branch"
