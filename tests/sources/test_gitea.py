"""Webhooks of Gitea and Forgejo become runs."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sources.payloads import (
    NOW,
    REPOSITORY,
    SHA,
    USER,
    Payload,
    body,
    forgejo_run,
    headers,
    push,
    release,
    workflow_job,
    workflow_run,
)
from tornchat.errors import Unauthorized
from tornchat.run import event
from tornchat.sources import gitea

NINE = 1_795_510_800_000  # 2026-11-24T09:00:00Z
NONE = "1970-01-01T01:00:00+01:00"  # as Gitea writes a time that is not yet


def some(kind: str, payload: Payload, header: str = "X-Gitea-Event") -> list[dict[str, Any]]:
    """The data of the events that come of it."""
    delivery = gitea.parse(headers({header: kind, "X-GitHub-Event": kind}), body(payload), NOW)
    assert delivery.kind == kind
    return [dict(event(run, "ci").data) for run in delivery.runs]


def gitea_run(**changes: object) -> Payload:
    """GitHub's shape, but for the times, and the name, which is beside it."""
    times = {"created_at": None, "run_started_at": None, "updated_at": None}
    run = {"name": None, "started_at": "2026-11-24T09:00:01Z", "completed_at": "2026-11-24T09:00:41Z"}
    return workflow_run(**(times | run | {"head_repository": None, "head_commit": None} | changes)) | {
        "workflow": {"name": "ci.yml"}
    }


def test_workflow_run() -> None:
    """As from GitHub."""
    [data] = some("workflow_run", gitea_run())
    assert data["key"] == "gitea|https://github.com|1|pipeline|100"
    assert (data["name"], data["author"], data["status"]) == ("ci.yml", "ana", "success")
    assert (data["clock"], data["duration"]) == ([1, NINE + 41_000, 3], 40)


def test_queued_run_is_never_late() -> None:
    """It has no time yet. With that of its arrival it would be newer than a start in the same second."""
    [queued] = some("workflow_run", gitea_run(status="queued", conclusion="", started_at=NONE, completed_at=NONE))
    [running] = some("workflow_run", gitea_run(status="in_progress", conclusion="", completed_at=NONE))
    [done] = some("workflow_run", gitea_run())
    assert queued["clock"] == [1, 0, 0]
    assert queued["clock"] < running["clock"] < done["clock"]
    assert not {"created_at", "started_at", "finished_at"} & queued.keys()


def test_workflow_job() -> None:
    """As from GitHub."""
    [data] = some("workflow_job", workflow_job())
    assert (data["kind"], data["parent"]) == ("job", "gitea|https://github.com|1|pipeline|100")


@pytest.mark.parametrize(
    ("kind", "status", "ours"),
    [
        ("action_run_success", "success", "success"),
        ("action_run_recover", "success", "success"),
        ("action_run_failure", "failure", "failed"),
        ("action_run_failure", "cancelled", "cancelled"),
    ],
)
def test_forgejo_run(kind: str, status: str, ours: str) -> None:
    """Its repository is in the run."""
    assert some(kind, forgejo_run(status=status), "X-Forgejo-Event") == [
        {
            "key": "gitea|https://codeberg.org|1|pipeline|700",
            "kind": "pipeline",
            "source": "gitea",
            "project": "shop/web",
            "project_url": "https://codeberg.org/shop/web",
            "status": ours,
            "clock": [1, NINE + 31_000, 3],
            **({"raw_status": status} if status != ours else {}),
            "name": "ci.yml",
            "number": "12",
            "ref": "main",
            "sha": SHA[:12],
            "title": "Add basket",
            "author": "ana",
            "event": "push",
            "url": "https://codeberg.org/shop/web/actions/runs/12",
            "created_at": "2026-11-24T09:00:00.000Z",
            "started_at": "2026-11-24T09:00:01.000Z",
            "finished_at": "2026-11-24T09:00:31.000Z",
            "duration": 30,
        }
    ]


def test_push_and_release() -> None:
    """Gitea has another name for the comparison, and tells of the last commit first."""
    commits = [{"id": SHA, "message": "Last"}, {"id": "b" * 40, "message": "First"}]
    [data] = some("push", push(commits=commits, head_commit=None))
    assert (data["title"], data["author"]) == ("Last", "ana")
    assert data["url"] == "https://gitea.example.com/shop/web/compare/b...a"
    [data] = some("release", release())
    assert (data["kind"], data["name"]) == ("release", "One")


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("pull_request", {"repository": REPOSITORY}),
        ("action_run_failure", {"run": {"id": 1}, "repository": REPOSITORY, "sender": USER}),
        ("action_run_failure", {}),
    ],
)
def test_nothing_to_show(kind: str, payload: Payload) -> None:
    """Accepted all the same."""
    assert some(kind, payload) == []


@pytest.mark.parametrize(
    ("header", "prefix"),
    [("X-Gitea-Signature", ""), ("X-Forgejo-Signature", ""), ("X-Hub-Signature-256", "sha256=")],
)
def test_signature(header: str, prefix: str) -> None:
    """Under each of the names that it has."""
    signature = prefix + hmac.new(b"secret", b"{}", "sha256").hexdigest()
    gitea.verify(headers({header: signature}), b"{}", ["other", "secret"], NOW)
    for text, secrets in ((b"{ }", ["secret"]), (b"{}", ["other"]), (b"{}", [""])):
        with pytest.raises(Unauthorized):
            gitea.verify(headers({header: signature}), text, secrets, NOW)


def test_form_is_signed_inside() -> None:
    """Gitea signs the JSON, also where it sends it in a form."""
    text = body(push())
    fields = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Gitea-Event": "push",
        "X-Gitea-Signature": hmac.new(b"secret", text, "sha256").hexdigest(),
    }
    form = urlencode({"payload": text.decode()}).encode()
    gitea.verify(headers(fields), form, ["secret"], NOW)
    assert len(gitea.parse(headers(fields), form, NOW).runs) == 1
    with pytest.raises(Unauthorized):
        gitea.verify(headers(fields), form.replace(b"main", b"next"), ["secret"], NOW)


def test_delivery_id() -> None:
    """Forgejo sends its own, and Gitea's."""
    assert gitea.delivery_id(headers({"X-Gitea-Delivery": "a", "X-GitHub-Delivery": "b"})) == "a"
    assert gitea.delivery_id(headers({"X-Forgejo-Delivery": "c"})) == "c"
