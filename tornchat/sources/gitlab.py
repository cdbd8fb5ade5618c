"""GitLab's webhooks: pipelines, jobs, deployments, pushes, tags and releases.

What is received is told by the body, as a System Hook has another header. Other events are accepted, and nothing is
made of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tornchat.run import ENDED, Origin, Run, rank
from tornchat.sources import Delivery
from tornchat.sources._git import push
from tornchat.sources._gitlab_ci import job, pipeline
from tornchat.sources._json import Json, document, origin_of
from tornchat.sources._verify import check_standard, check_token
from tornchat.sources._words import status_of

MAX_BODY_BYTES = 25 * 1024 * 1024  # GitLab sends no more


def sent(headers: Mapping[str, str]) -> bool:
    """GitLab says which event it is in a header, though the body says it better."""
    return "X-Gitlab-Event" in headers


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """By the signing token (GitLab 19.0), else by the secret token. What is signed must be signed right: GitLab
    sends both while one changes over, and who cannot sign could leave the signature wrong.
    """
    if "webhook-signature" in headers:
        check_standard(headers, body, secrets, now)
    else:
        check_token(headers.get("X-Gitlab-Token", ""), secrets, "X-Gitlab-Token")


def delivery_id(headers: Mapping[str, str]) -> str:
    """X-Gitlab-Event-UUID is not one: events that an event causes share it. X-Gitlab-Webhook-UUID is drawn anew
    for each request.
    """
    return Json(headers.get("Idempotency-Key")).line


def parse(headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
    """See `Source.parse`."""
    payload = document(body)
    kind = payload["object_kind"].line or payload["event_name"].line
    origin = _origin(headers, payload)
    match kind:
        case "pipeline":
            runs = pipeline(payload, origin)
        case "build":
            runs = job(payload, origin)
        case "deployment":
            runs = _deployment(payload, origin, now)
        case "push" | "tag_push":
            commit = f"{origin.url}/-/commit/{payload['checkout_sha'].line}" if origin.url else ""
            runs = push(payload, origin, now, author=payload["user_name"], url=commit)
        case "release":
            runs = _release(payload, origin, now)
        case _:
            runs = []
    return Delivery(kind or "unknown", runs if origin.project else [])


def _origin(headers: Mapping[str, str], payload: Json) -> Origin:
    project = payload["project"]
    url = project["web_url"].link or payload["repository"]["homepage"].link  # a Job Hook before 15 has no project
    instance = Json(headers.get("X-Gitlab-Instance")).link.rstrip("/") or origin_of(url)
    path = project["path_with_namespace"].line or url.removeprefix(instance).strip("/")
    id = project["id"].whole or payload["project_id"].whole
    return Origin(
        "gitlab", instance, str(id or path), path or payload["project_name"].line.replace(" / ", "/"), url
    )


def _deployment(payload: Json, origin: Origin, now: float) -> list[Run]:
    id, raw = payload["deployment_id"].whole, payload["status"].line
    if not id or not raw:
        return []
    status = status_of(raw)
    changed = payload["status_changed_at"].moment
    return [
        Run(
            origin=origin,
            kind="deployment",
            id=str(id),
            status=status,
            clock=(changed or int(now * 1000), rank(status), 0),
            raw_status=raw,
            name=payload["environment"].line,
            ref=payload["ref"].line,
            sha=payload["short_sha"].line[:12],
            title=payload["commit_title"].prose,
            author=payload["user"]["name"].prose,
            environment=payload["environment"].line,
            url=payload["deployable_url"].link,
            started_at=changed if status == "running" else None,
            finished_at=changed if rank(status) == ENDED else None,
        )
    ]


def _release(payload: Json, origin: Origin, now: float) -> list[Run]:
    tag, commit = payload["tag"].line, payload["commit"]
    if not tag or payload["action"].value == "delete":
        return []
    released = payload["released_at"].moment or payload["created_at"].moment
    return [
        Run(
            origin=origin,
            kind="release",
            id=payload["id"].line or tag,
            status="success",
            clock=(released or int(now * 1000), ENDED, 0),
            name=payload["name"].line or tag,
            ref=tag,
            ref_type="tag",
            sha=commit["id"].line[:12],
            title=commit["title"].prose or commit["message"].prose,
            author=commit["author"]["name"].prose,
            url=payload["url"].link,
            created_at=released,
        )
    ]
