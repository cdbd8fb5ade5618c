"""The webhooks that a GitLab would send of a pipeline."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

INSTANCE = "https://gitlab.example.com"


@dataclass
class Job:
    """One job, at one moment."""

    id: int
    stage: str
    name: str
    status: str = "created"
    started: float | None = None
    finished: float | None = None


@dataclass
class Pipeline:
    """One pipeline, at one moment. Times are in seconds since 1970."""

    project: str
    project_id: int
    id: int
    ref: str
    title: str
    author: str
    created: float
    status: str = "created"
    finished: float | None = None
    jobs: list[Job] = field(default_factory=list)

    def hook(self) -> bytes:
        """The body of its Pipeline Hook."""
        url = f"{INSTANCE}/{self.project}"
        attributes = {
            "id": self.id,
            "ref": self.ref,
            "sha": f"{self.id:040x}",
            "source": "push",
            "status": self.status,
            "stages": list(dict.fromkeys(job.stage for job in self.jobs)),
            "created_at": _time(self.created),
            "finished_at": _time(self.finished),
            "duration": None if self.finished is None else round(self.finished - self.created),
            "url": f"{url}/-/pipelines/{self.id}",
        }
        project = {"id": self.project_id, "path_with_namespace": self.project, "web_url": url}
        commit = {"title": self.title, "author": {"name": self.author}}
        return _body(
            object_kind="pipeline",
            object_attributes=attributes,
            project=project,
            commit=commit,
            user={"name": self.author},
            builds=[_build(self.created, job) for job in self.jobs],
        )

    def deployment(self, environment: str, at: float) -> bytes:
        """The body of a Deployment Hook."""
        return _body(
            object_kind="deployment",
            status="success",
            status_changed_at=_time(at),
            deployment_id=self.id,
            environment=environment,
            ref=self.ref,
            short_sha=f"{self.id:040x}"[:8],
            commit_title=self.title,
            user={"name": self.author},
            project={
                "id": self.project_id,
                "path_with_namespace": self.project,
                "web_url": f"{INSTANCE}/{self.project}",
            },
        )


def jobs(first: int, plan: Sequence[tuple[str, str]]) -> list[Job]:
    """Jobs with ids from `first` on, of pairs of stage and name."""
    return [Job(first + number, stage, name) for number, (stage, name) in enumerate(plan)]


def _build(created: float, job: Job) -> dict[str, Any]:
    took = None if job.started is None or job.finished is None else round(job.finished - job.started, 1)
    return {
        "id": job.id,
        "stage": job.stage,
        "name": job.name,
        "status": job.status,
        "created_at": _time(created),
        "started_at": _time(job.started),
        "finished_at": _time(job.finished),
        "duration": took,
        "allow_failure": False,
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _body(**fields: object) -> bytes:
    return json.dumps(fields).encode()
