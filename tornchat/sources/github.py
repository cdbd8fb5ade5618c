"""GitHub's webhooks: Actions, checks and commit statuses of others, deployments, pushes and releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tornchat.run import ENDED, Origin, Run, latest, rank, span
from tornchat.sources import Delivery, gitea
from tornchat.sources._actions import origin_of_repository, outcome, release, workflow_job, workflow_run
from tornchat.sources._git import push
from tornchat.sources._json import Json, document, payload
from tornchat.sources._verify import check_hmac
from tornchat.sources._words import status_of

MAX_BODY_BYTES = 25 * 1024 * 1024  # GitHub sends no more
_ACTIONS = "github-actions"  # the app whose checks are the jobs that workflow_job tells better


def sent(headers: Mapping[str, str]) -> bool:
    """Gitea and Forgejo send GitHub's headers beside their own."""
    return "X-GitHub-Event" in headers and not gitea.sent(headers)


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """By X-Hub-Signature-256, over the body as it came, a form too. The older header, SHA-1, does not count."""
    signature = headers.get("X-Hub-Signature-256", "")
    check_hmac(signature.removeprefix("sha256="), body, secrets, "X-Hub-Signature-256")


def delivery_id(headers: Mapping[str, str]) -> str:
    """The same when it is delivered again by hand."""
    return Json(headers.get("X-GitHub-Delivery")).line


def parse(headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
    """See `Source.parse`."""
    hook = document(payload(headers, body))
    kind = Json(headers.get("X-GitHub-Event")).line
    origin = origin_of_repository("github", hook["repository"])
    match kind:
        case "workflow_run":
            runs = workflow_run(hook, origin)
        case "workflow_job":
            runs = workflow_job(hook, origin)
        case "check_run":
            runs = _check_run(hook, origin, now)
        case "check_suite":
            runs = _check_suite(hook, origin, now)
        case "status":
            runs = _status(hook, origin, now)
        case "deployment_status":
            runs = _deployment(hook, origin, now)
        case "push":
            runs = push(hook, origin, now, author=hook["pusher"]["name"], url=hook["compare"].link)
        case "release":
            runs = release(hook, origin, now)
        case _:
            runs = []
    return Delivery(kind or "unknown", runs if origin.project else [])


def _check_run(hook: Json, origin: Origin, now: float) -> list[Run]:
    check = hook["check_run"]
    id = check["id"].whole
    if not id or check["app"]["slug"].value == _ACTIONS:
        return []
    raw, status, reason = outcome(check, hook["action"])
    began, finished = check["started_at"].moment, check["completed_at"].moment
    started = began if rank(status) >= rank("running") else None
    return [
        Run(
            origin=origin,
            kind="check",
            id=str(id),
            status=status,
            clock=(latest(began, finished) or int(now * 1000), rank(status), 0),
            raw_status=raw,
            name=check["name"].line,
            ref=check["check_suite"]["head_branch"].line,
            sha=check["head_sha"].line[:12],
            reason=reason,
            url=check["details_url"].link or check["html_url"].link,
            started_at=started,
            finished_at=finished,
            duration=span(started, finished),
        )
    ]


def _check_suite(hook: Json, origin: Origin, now: float) -> list[Run]:
    suite = hook["check_suite"]
    id = suite["id"].whole
    if not id or suite["app"]["slug"].value == _ACTIONS:
        return []
    raw, status, reason = outcome(suite, hook["action"])
    created, updated = suite["created_at"].moment, suite["updated_at"].moment
    return [
        Run(
            origin=origin,
            kind="check",
            id=f"suite-{id}",
            status=status,
            clock=(latest(created, updated) or int(now * 1000), rank(status), 0),
            raw_status=raw,
            name=suite["app"]["name"].line,
            ref=suite["head_branch"].line,
            sha=suite["head_sha"].line[:12],
            title=suite["head_commit"]["message"].prose,
            author=suite["head_commit"]["author"]["name"].prose,
            reason=reason,
            created_at=created,
            finished_at=updated if rank(status) == ENDED else None,
        )
    ]


def _status(hook: Json, origin: Origin, now: float) -> list[Run]:
    """A commit status, by which other CIs report to GitHub. Each has an id of its own, so context and commit make
    the key.
    """
    context, sha, raw = hook["context"].line, hook["sha"].line, hook["state"].line
    if not context or not sha or not raw:
        return []
    status = status_of(raw)
    updated = hook["updated_at"].moment
    branches = [branch["name"].line for branch in hook["branches"]]
    return [
        Run(
            origin=origin,
            kind="check",
            id=f"{sha}@{context}",
            status=status,
            clock=(updated or int(now * 1000), rank(status), 0),
            raw_status=raw,
            name=context,
            ref=branches[0] if len(branches) == 1 else "",
            sha=sha[:12],
            title=hook["commit"]["commit"]["message"].prose,
            author=hook["commit"]["commit"]["author"]["name"].prose,
            url=hook["target_url"].link,
            finished_at=updated if rank(status) == ENDED else None,
        )
    ]


def _deployment(hook: Json, origin: Origin, now: float) -> list[Run]:
    deployment, step = hook["deployment"], hook["deployment_status"]
    id, raw = deployment["id"].whole, step["state"].line
    if not id or not raw or raw == "inactive":  # another has taken its place, which says so itself
        return []
    status = status_of(raw)
    created, changed = deployment["created_at"].moment, step["updated_at"].moment or step["created_at"].moment
    return [
        Run(
            origin=origin,
            kind="deployment",
            id=str(id),
            status=status,
            clock=(changed or int(now * 1000), rank(status), 0),
            raw_status=raw,
            name=deployment["environment"].line,
            ref=deployment["ref"].line,
            sha=deployment["sha"].line[:12],
            author=deployment["creator"]["login"].prose,
            environment=deployment["environment"].line,
            url=step["log_url"].link or step["target_url"].link or step["environment_url"].link,
            created_at=created,
            finished_at=changed if rank(status) == ENDED else None,
            duration=span(created, changed) if rank(status) == ENDED else None,
        )
    ]
