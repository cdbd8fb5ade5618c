"""Any CI, in one line of a script, with what it knows:

    curl -H "Authorization: Bearer $SECRET" -d project=shop/web -d status=success https://…/hooks/generic

`project` and `status` suffice. `id` or `number` tells one run from the next; without them it is the commit's.
JSON with the same fields will do as well. What is said last counts, so no time needs to be sent: what a run did
not say of its beginning or its end is when it arrives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tornchat.errors import BadRequest, InvalidEvent, Unauthorized, near_match
from tornchat.run import ENDED, STATUSES, Kind, Origin, Run, Status, rank, span
from tornchat.sources import Delivery
from tornchat.sources._json import Json, document, form, is_form
from tornchat.sources._verify import check_standard, check_token
from tornchat.sources._words import WORDS, normal

MAX_BODY_BYTES = 1024 * 1024
KINDS: dict[str, Kind] = {
    "pipeline": "pipeline",
    "deployment": "deployment",
    "check": "check",
    "release": "release",
}


def sent(headers: Mapping[str, str]) -> bool:
    """Nothing tells a script."""
    return False


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float) -> None:
    """By Standard Webhooks where it is signed, else by the secret itself as bearer token."""
    if "webhook-signature" in headers:
        check_standard(headers, body, secrets, now)
        return
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() not in ("", "bearer"):
        raise Unauthorized("the Authorization is no Bearer", "send Authorization: Bearer and the secret")
    check_token(token.strip(), secrets, "Authorization: Bearer")


def delivery_id(headers: Mapping[str, str]) -> str:
    """See `Source.delivery_id`."""
    return Json(headers.get("webhook-id")).line or Json(headers.get("Idempotency-Key")).line


def parse(headers: Mapping[str, str], body: bytes, now: float) -> Delivery:
    """See `Source.parse`.

    Raises:
        BadRequest: the body is neither a form nor a JSON object.
        InvalidEvent: `project` or `status` is missing, or `status` or `kind` is none that we know.
    """
    fields = _fields(headers, body)
    project, word = fields["project"].line, fields["status"].line
    if not project or not word:
        missing = "status" if project else "project"
        raise InvalidEvent(f"{missing} is missing or no text", "send project=group/name and status=success")
    status = _status(word)
    kind = KINDS.get(fields["kind"].line or "pipeline")
    if kind is None:
        remedy = near_match(fields["kind"].line, KINDS, f"use one of {', '.join(KINDS)}")
        raise InvalidEvent(f"there is no kind {fields['kind'].line[:40]!a}", remedy)
    arrived = int(now * 1000)
    created, started, finished = (fields[f"{step}_at"].moment for step in ("created", "started", "finished"))
    if rank(status) < rank("running"):
        created = created or arrived
    elif status == "running":
        started = started or arrived
    else:
        finished = finished or arrived
    duration = fields["duration"].seconds
    run = Run(
        origin=Origin("generic", "", project, project, fields["project_url"].link),
        kind=kind,
        id=_id(fields),
        status=status,
        clock=(arrived, rank(status), 0),
        raw_status=word,
        name=fields["name"].line,
        number=fields["number"].line,
        ref=fields["ref"].line,
        sha=fields["sha"].line[:12],
        title=fields["title"].prose,
        author=fields["author"].prose,
        environment=fields["environment"].line,
        reason=fields["reason"].prose,
        event=fields["event"].line,
        url=fields["url"].link,
        created_at=created,
        started_at=started,
        finished_at=finished if rank(status) == ENDED else None,
        duration=span(started, finished) if duration is None and rank(status) == ENDED else duration,
        queued=fields["queued"].seconds,
    )
    return Delivery(kind, [run])


def _fields(headers: Mapping[str, str], body: bytes) -> Json:
    """`curl -d` says that it sends a form, also where it sends JSON."""
    if is_form(headers) and not body.lstrip().startswith(b"{"):
        return Json(form(body))
    fields = document(body)
    if not isinstance(fields.value, dict):
        raise BadRequest("the JSON is no object", 'send {"project": "group/name", "status": "success"}')
    return fields


def _status(word: str) -> Status:
    """What a CI's word means, or the exit code of a command (`status=$?`)."""
    if word.isdecimal() and len(word) <= 3:
        return "success" if int(word) == 0 else "failed"
    status = WORDS.get(normal(word))
    if status is None:
        remedy = near_match(normal(word), WORDS, f"use one of {', '.join(STATUSES)}, or an exit code")
        raise InvalidEvent(f"there is no status {word[:40]!a}", remedy)
    return status


def _id(fields: Json) -> str:
    """What is said of the same run has the same id. Two pipelines of one commit differ by their name."""
    if id := fields["id"].line:
        return id
    which = fields["number"].line or fields["sha"].line or fields["ref"].line
    parts = (fields["environment"].line, fields["name"].line, which)
    return "/".join(part for part in parts if part)
