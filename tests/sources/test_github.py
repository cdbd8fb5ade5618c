"""GitHub's webhooks become runs."""

from __future__ import annotations

import hmac
import json
import os
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sources.payloads import (
    NOW,
    REPOSITORY,
    SHA,
    Payload,
    body,
    check_run,
    check_suite,
    commit_status,
    deployment_status,
    headers,
    push,
    release,
    workflow_job,
    workflow_run,
)
from tests.sources.test_contract import observe
from tests.support import ROOT
from tornchat import sources
from tornchat.errors import Unauthorized
from tornchat.run import event
from tornchat.sources import github

OCTOKIT = ROOT / ".venv/octokit/node_modules/@octokit/webhooks-examples/api.github.com/index.json"
NINE = 1_795_510_800_000  # 2026-11-24T09:00:00Z
HOME = {
    "source": "github",
    "project": "shop/web",
    "project_url": "https://github.com/shop/web",
}


def some(kind: str, payload: Payload) -> list[dict[str, Any]]:
    """The data of the events that come of it."""
    delivery = github.parse(headers({"X-GitHub-Event": kind}), body(payload), NOW)
    assert delivery.kind == kind
    return [dict(event(run, "ci").data) for run in delivery.runs]


def test_workflow_run() -> None:
    """A pipeline, which ended when it was updated last."""
    assert some("workflow_run", workflow_run()) == [
        HOME
        | {
            "key": "github|https://github.com|1|pipeline|100",
            "kind": "pipeline",
            "status": "success",
            "clock": [1, NINE + 41_000, 3],
            "name": "CI",
            "number": "812",
            "ref": "main",
            "sha": SHA[:12],
            "title": "Add basket",
            "author": "Ana Dev",
            "event": "push",
            "url": "https://github.com/shop/web/actions/runs/100",
            "created_at": "2026-11-24T09:00:00.000Z",
            "started_at": "2026-11-24T09:00:01.000Z",
            "finished_at": "2026-11-24T09:00:41.000Z",
            "duration": 40,
        }
    ]


def test_workflow_job() -> None:
    """A job of it, with the time that it waited for a runner."""
    assert some("workflow_job", workflow_job()) == [
        HOME
        | {
            "key": "github|https://github.com|1|job|200",
            "kind": "job",
            "status": "success",
            "clock": [1, NINE + 35_000, 3],
            "parent": "github|https://github.com|1|pipeline|100",
            "name": "unit",
            "ref": "main",
            "sha": SHA[:12],
            "url": "https://github.com/shop/web/actions/runs/100/job/200",
            "created_at": "2026-11-24T09:00:01.000Z",
            "started_at": "2026-11-24T09:00:05.000Z",
            "finished_at": "2026-11-24T09:00:35.000Z",
            "duration": 30,
            "queued": 4,
        }
    ]


@pytest.mark.parametrize(
    ("action", "status", "conclusion", "ours"),
    [
        ("requested", "queued", None, "queued"),
        ("in_progress", "in_progress", None, "running"),
        ("completed", "completed", "success", "success"),
        ("completed", "completed", "neutral", "success"),
        ("completed", "completed", "failure", "failed"),
        ("completed", "completed", "timed_out", "failed"),
        ("completed", "completed", "startup_failure", "failed"),
        ("completed", "completed", "cancelled", "cancelled"),
        ("completed", "completed", "stale", "cancelled"),
        ("completed", "completed", "skipped", "skipped"),
        ("queued", "waiting", None, "waiting"),
        ("queued", "pending", None, "queued"),
        # GitHub's own examples have these two.
        ("completed", "queued", None, "queued"),
        ("requested", "completed", "action_required", "waiting"),
        ("in_progress", None, None, "running"),
        ("completed", "completed", None, "unknown"),
    ],
)
def test_status(action: str, status: str | None, conclusion: str | None, ours: str) -> None:
    """The conclusion where there is one, else the status, else the action."""
    for kind, payload in (
        ("workflow_run", workflow_run(status=status, conclusion=conclusion)),
        ("workflow_job", workflow_job(status=status, conclusion=conclusion)),
        ("check_run", check_run(status=status, conclusion=conclusion)),
    ):
        [data] = some(kind, payload | {"action": action})
        assert data["status"] == ours
        assert data.get("reason", "") == (conclusion if conclusion in ("timed_out", "startup_failure") else "")


def test_queued_job_has_not_started() -> None:
    """GitHub says that it started when it was created."""
    [data] = some("workflow_job", workflow_job(status="queued", conclusion=None, completed_at=None))
    assert not {"started_at", "finished_at", "duration", "queued"} & data.keys()


def test_new_attempt_is_newer() -> None:
    """It has the same id; whatever is still to come of the first is late."""
    [first] = some("workflow_run", workflow_run())
    [second] = some(
        "workflow_run",
        workflow_run(run_attempt=2, status="queued", conclusion=None, updated_at="2026-11-24T08:00:00Z"),
    )
    assert first["key"] == second["key"]
    assert second["clock"] > first["clock"]
    assert (first.get("attempt"), second["attempt"]) == (None, 2)


def test_pull_request_of_a_fork() -> None:
    """Its `main` is not ours."""
    fork = REPOSITORY | {"full_name": "eve/web"}
    [data] = some("workflow_run", workflow_run(event="pull_request_target", head_repository=fork))
    assert (data["ref"], data["ref_type"]) == ("eve:main", "pr")
    [data] = some("workflow_run", workflow_run(event="pull_request", head_repository=None))
    assert (data["ref"], data["ref_type"]) == ("main", "pr")


def test_checks_of_others() -> None:
    """Of apps, and by commit status, whose context and commit make the key."""
    [run], [suite], [status] = (
        some("check_run", check_run()),
        some("check_suite", check_suite()),
        some("status", commit_status()),
    )
    assert [data["kind"] for data in (run, suite, status)] == ["check"] * 3
    assert [data["name"] for data in (run, suite, status)] == ["coverage", "Coverage", "ci/circleci"]
    assert [data["status"] for data in (run, suite, status)] == ["failed"] * 3
    assert (run["reason"], run["url"], run["duration"]) == ("timed_out", "https://ci.example.com/300", 30)
    assert status["key"] == f"github|https://github.com|1|check|{SHA}@ci/circleci"
    assert status["clock"] == suite["clock"] == [NINE + 36_000, 3, 0]
    assert status["ref"] == "main"
    [status] = some("status", commit_status(branches=[{"name": "a"}, {"name": "b"}], state="pending"))
    assert status["status"] == "queued"
    assert "ref" not in status


def test_checks_of_actions_are_its_jobs() -> None:
    """They come as workflow_job too, and say more there."""
    actions = {"slug": "github-actions", "name": "GitHub Actions"}
    assert some("check_run", check_run(app=actions)) == some("check_suite", check_suite(app=actions)) == []


def test_deployment() -> None:
    """All steps of one deployment have one key; that it was replaced is no news of its own."""
    [running], [done] = (
        some("deployment_status", deployment_status("in_progress")),
        some("deployment_status", deployment_status()),
    )
    assert running["key"] == done["key"] == "github|https://github.com|1|deployment|500"
    assert (running["status"], done["status"]) == ("running", "success")
    assert (done["environment"], done["url"], done["duration"]) == ("production", "https://ci.example.com/500", 30)
    assert some("deployment_status", deployment_status("inactive")) == []
    [failed] = some("deployment_status", deployment_status("error"))
    assert failed["status"] == "failed"


def test_push() -> None:
    """Of a branch, of a tag; nothing of a deletion."""
    [branch] = some("push", push())
    assert (branch["kind"], branch["ref"], branch["ref_type"]) == ("push", "main", "branch")
    assert branch["url"] == "https://github.com/shop/web/compare/b...a"
    [tag] = some("push", push(ref="refs/tags/v1.0", commits=[]))
    assert (tag["kind"], tag["ref"], tag["ref_type"]) == ("tag", "v1.0", "tag")
    assert some("push", push(after="0" * 40, deleted=True, head_commit=None)) == []


def test_release() -> None:
    """What people can see; it is told of several times, under one key and with one clock."""
    told = [some("release", release(action)) for action in ("created", "published", "released", "edited")]
    assert all(data == told[0] for data in told)
    assert (told[0][0]["name"], told[0][0]["ref"]) == ("One", "v1.0")
    assert some("release", release("deleted")) == some("release", release(draft=True)) == []
    assert some("release", release(tag_name=None)) == []
    assert some("release", release(name=None))[0]["name"] == "v1.0"


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("ping", {"zen": "Design for failure.", "hook_id": 1}),
        ("issues", {"action": "opened", "repository": REPOSITORY}),
        ("workflow_run", workflow_run(id=None)),
        ("workflow_run", workflow_run() | {"repository": None}),
        ("workflow_job", workflow_job(run_id="x")),
        ("status", commit_status(context=None)),
        ("push", []),
    ],
)
def test_nothing_to_show(kind: str, payload: Payload) -> None:
    """Accepted all the same."""
    assert some(kind, payload) == []


def test_form() -> None:
    """A webhook may be set to send its JSON in a form."""
    fields = headers({"X-GitHub-Event": "workflow_run", "Content-Type": "application/x-www-form-urlencoded"})
    form = urlencode({"payload": body(workflow_run()).decode()}).encode()
    assert github.parse(fields, form, NOW).runs == github.parse(
        headers({"X-GitHub-Event": "workflow_run"}), body(workflow_run()), NOW
    ).runs  # fmt: skip


def test_published_signature() -> None:
    """The example of GitHub's documentation."""
    secret, text = "It's a Secret to Everybody", b"Hello, World!"
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    github.verify(headers({"X-Hub-Signature-256": signature}), text, ["other", secret], NOW)
    for given, told, secrets in (
        (signature, b"Hello, World?", [secret]),
        (signature[:-1] + "8", text, [secret]),
        (signature, text, ["other"]),
        (signature, text, []),
        ("", text, [secret]),
        ("sha256=ü", text, [secret]),
    ):
        with pytest.raises(Unauthorized):
            github.verify(headers({"X-Hub-Signature-256": given}), told, secrets, NOW)


def test_sha1_does_not_count() -> None:
    """The older header is there too."""
    signature = hmac.new(b"secret", b"{}", "sha1").hexdigest()
    with pytest.raises(Unauthorized):
        github.verify(headers({"X-Hub-Signature": f"sha1={signature}"}), b"{}", ["secret"], NOW)


@pytest.mark.skipif(
    not OCTOKIT.exists() and not os.environ.get("CI"), reason="not installed: tests/octokit-examples says why"
)
def test_github_s_own_examples() -> None:
    """All 329 payloads of @octokit/webhooks-examples are accepted, and what each kind comes to is known."""
    seen: Counter[str] = Counter()
    total = 0
    for entry in json.loads(OCTOKIT.read_text(encoding="utf-8")):
        for example in entry["examples"]:
            total += 1
            for run in observe(sources.named("github"), {"X-GitHub-Event": entry["name"]}, example):
                assert "@users.noreply.github.com" not in event(run, "ci").json()
                seen[f"{entry['name']} {run.kind} {run.status}"] += 1
    assert total == 329
    assert seen == {
        "check_run check queued": 3,
        "check_run check running": 1,
        "check_run check success": 4,
        "check_suite check queued": 3,
        "check_suite check success": 5,
        "deployment_status deployment running": 1,
        "deployment_status deployment success": 3,
        "push push success": 2,
        "push tag success": 1,
        "release release success": 11,
        "status check success": 4,
        "workflow_job job failed": 1,
        "workflow_job job queued": 1,
        "workflow_job job running": 3,
        "workflow_job job success": 1,
        "workflow_job job waiting": 2,
        "workflow_run pipeline queued": 2,
        "workflow_run pipeline success": 2,
        "workflow_run pipeline waiting": 1,
    }
