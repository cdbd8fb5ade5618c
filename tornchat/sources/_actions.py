"""GitHub Actions, and releases, which Gitea reports alike.

The clock of a run, and of a job, begins with its attempt: it is run again under the same id. A time that is not
known is 0 in a clock, never the time of arrival, which would be later than the whole seconds that follow.
"""

from __future__ import annotations

from tornchat.run import ENDED, Origin, Run, Status, latest, rank, span
from tornchat.sources._json import Json, origin_of
from tornchat.sources._words import status_of


def origin_of_repository(source: str, repository: Json) -> Origin:
    """The repository as origin; its project is empty where there is none."""
    url, path = repository["html_url"].link, repository["full_name"].line
    return Origin(source, origin_of(url), repository["id"].line or path, path, url)


def outcome(item: Json, action: Json) -> tuple[str, Status, str]:
    """The sender's word, the status, and the reason where the word says more than `failure`.

    `conclusion` where there is one, else `status`: by its action a run may be `completed` while it is queued.
    """
    raw = item["conclusion"].line or item["status"].line or action.line
    status = status_of(raw)
    return raw, status, raw if status == "failed" and raw != "failure" else ""


def workflow_run(payload: Json, origin: Origin) -> list[Run]:
    """A run of a workflow, which is a pipeline here."""
    run = payload["workflow_run"]
    id = run["id"].whole
    if not id:
        return []
    raw, status, reason = outcome(run, payload["action"])
    created, updated = run["created_at"].moment, run["updated_at"].moment
    began = run["run_started_at"].moment or run["started_at"].moment
    started = began if rank(status) >= rank("running") else None
    finished = run["completed_at"].moment or updated if rank(status) == ENDED else None
    attempt = run["run_attempt"].whole or 1
    return [
        Run(
            origin=origin,
            kind="pipeline",
            id=str(id),
            status=status,
            clock=(attempt, latest(created, began, updated, finished), rank(status)),
            raw_status=raw,
            name=run["name"].line or payload["workflow"]["name"].line,
            number=run["run_number"].line,
            ref=_ref(run, origin),
            ref_type="pr" if run["event"].line.startswith("pull_request") else None,
            sha=run["head_sha"].line[:12],
            title=run["display_title"].prose or run["head_commit"]["message"].prose,
            author=run["head_commit"]["author"]["name"].prose or run["actor"]["login"].prose,
            reason=reason,
            event=run["event"].line,
            attempt=attempt if attempt > 1 else None,
            url=run["html_url"].link,
            created_at=created,
            started_at=started,
            finished_at=finished,
            duration=span(started, finished),
        )
    ]


def workflow_job(payload: Json, origin: Origin) -> list[Run]:
    """A job of a run of a workflow."""
    job = payload["workflow_job"]
    id, run_id = job["id"].whole, job["run_id"].whole
    if not id or not run_id:
        return []
    raw, status, reason = outcome(job, payload["action"])
    created, began, finished = job["created_at"].moment, job["started_at"].moment, job["completed_at"].moment
    started = began if rank(status) >= rank("running") else None  # of a queued job it is when it was created
    attempt = job["run_attempt"].whole or 1
    return [
        Run(
            origin=origin,
            kind="job",
            id=str(id),
            status=status,
            clock=(attempt, latest(created, began, finished), rank(status)),
            raw_status=raw,
            parent=origin.key("pipeline", str(run_id)),
            name=job["name"].line,
            ref=job["head_branch"].line,
            sha=job["head_sha"].line[:12],
            reason=reason,
            attempt=attempt if attempt > 1 else None,
            url=job["html_url"].link,
            created_at=created,
            started_at=started,
            finished_at=finished,
            duration=span(started, finished),
            queued=span(created, started),
        )
    ]


def release(payload: Json, origin: Origin, now: float) -> list[Run]:
    """A release that people can see; nothing of a draft, or of one that is taken back."""
    item = payload["release"]
    tag = item["tag_name"].line
    if not tag or item["draft"].value is True or payload["action"].value in ("deleted", "unpublished"):
        return []
    published = item["published_at"].moment or item["created_at"].moment
    return [
        Run(
            origin=origin,
            kind="release",
            id=item["id"].line or tag,
            status="success",
            clock=(published or int(now * 1000), ENDED, 0),
            name=item["name"].line or tag,
            ref=tag,
            ref_type="tag",
            author=item["author"]["login"].prose,
            url=item["html_url"].link,
            created_at=published,
        )
    ]


def _ref(run: Json, origin: Origin) -> str:
    """The branch; that of a fork with its owner before it, as GitHub writes it, so that its `main` is not ours."""
    branch, head = run["head_branch"].line, run["head_repository"]["full_name"].line
    return f"{head.partition('/')[0]}:{branch}" if branch and head not in ("", origin.project) else branch
