"""Webhooks of Gitea and of Forgejo: Actions, pushes and releases.

Gitea reports Actions as GitHub does. Forgejo reports only how a run has ended, as `action_run_*`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tornchat.run import Origin, Run, latest, rank, span
from tornchat.sources import Delivery
from tornchat.sources._actions import origin_of_repository, release, workflow_job, workflow_run
from tornchat.sources._git import push
from tornchat.sources._json import Json, document, payload
from tornchat.sources._verify import check_hmac
from tornchat.sources._words import status_of

MAX_BODY_BYTES = 25 * 1024 * 1024


def sent(headers: Mapping[str, str]) -> bool:
    """Forgejo sends Gitea's headers beside its own."""
    return "X-Gitea-Event" in headers or "X-Forgejo-Event" in headers


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """By the signature, which is of the JSON text, also where that is a field of a form."""
    own = headers.get("X-Gitea-Signature", "") or headers.get("X-Forgejo-Signature", "")
    signature = own or headers.get("X-Hub-Signature-256", "").removeprefix("sha256=")
    check_hmac(signature, payload(headers, body), secrets, "X-Gitea-Signature")


def delivery_id(headers: Mapping[str, str]) -> str:
    """See `Source.delivery_id`."""
    return Json(headers.get("X-Gitea-Delivery")).line or Json(headers.get("X-Forgejo-Delivery")).line


def parse(headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
    """See `Source.parse`."""
    hook = document(payload(headers, body))
    kind = Json(headers.get("X-Gitea-Event")).line or Json(headers.get("X-Forgejo-Event")).line
    run = hook["run"]
    repository = hook["repository"] if hook["repository"].value else run["repository"]
    origin = origin_of_repository("gitea", repository)
    match kind:
        case "workflow_run":
            runs = workflow_run(hook, origin)
        case "workflow_job":
            runs = workflow_job(hook, origin)
        case "action_run_success" | "action_run_failure" | "action_run_recover":
            runs = _action_run(run, origin)
        case "push":
            runs = push(hook, origin, now, author=hook["pusher"]["login"], url=hook["compare_url"].link)
        case "release":
            runs = release(hook, origin, now)
        case _:
            runs = []
    return Delivery(kind or "unknown", runs if origin.project else [])


def _action_run(run: Json, origin: Origin) -> list[Run]:
    id, raw = run["id"].whole, run["status"].line
    if not id or not raw:
        return []
    status = status_of(raw)
    created, updated = run["created"].moment, run["updated"].moment
    started, finished = run["started"].moment, run["stopped"].moment
    return [
        Run(
            origin=origin,
            kind="pipeline",
            id=str(id),
            status=status,
            clock=(1, latest(created, started, finished, updated), rank(status)),
            raw_status=raw,
            name=run["workflow_id"].line,
            number=run["index_in_repo"].line,
            ref=run["prettyref"].line,
            ref_type="pr" if run["event"].line.startswith("pull_request") else None,
            sha=run["commit_sha"].line[:12],
            title=run["title"].prose,
            author=run["trigger_user"]["login"].prose,
            event=run["event"].line,
            url=run["html_url"].link,
            created_at=created,
            started_at=started,
            finished_at=finished,
            duration=span(started, finished),
        )
    ]
