"""GitLab's webhooks become runs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.sources.payloads import (
    COMMIT,
    GITLAB_PROJECT,
    NOW,
    SHA,
    Payload,
    body,
    gitlab_build,
    gitlab_deployment,
    gitlab_job,
    gitlab_pipeline,
    gitlab_push,
    gitlab_release,
    headers,
)
from tornchat.errors import Unauthorized
from tornchat.run import event
from tornchat.sources import gitlab

INSTANCE = "https://gitlab.example.com"
FIELDS = headers({"X-Gitlab-Event": "Some Hook", "X-Gitlab-Instance": INSTANCE})
NINE = 1_795_510_800_000  # 2026-11-24T09:00:00Z


def one(payload: Payload) -> dict[str, Any]:
    """The data of the only event that comes of it."""
    [run] = gitlab.parse(FIELDS, body(payload), NOW).runs
    return dict(event(run, "ci").data)


def test_pipeline() -> None:
    """All that a dashboard shows of one, with its jobs, whose addresses are not in the payload."""
    data = one(gitlab_pipeline(gitlab_build(502), gitlab_build(501, "compile", stage="build")))
    jobs = data.pop("jobs")
    assert data == {
        "key": f"gitlab|{INSTANCE}|42|pipeline|9001",
        "kind": "pipeline",
        "source": "gitlab",
        "project": "shop/web",
        "project_url": f"{INSTANCE}/shop/web",
        "status": "success",
        "clock": [502, NINE + 40_000, 3],
        "number": "9001",
        "ref": "main",
        "ref_type": "branch",
        "sha": SHA[:12],
        "title": "Add basket",
        "author": "Ana Dev",
        "event": "push",
        "url": f"{INSTANCE}/shop/web/-/pipelines/9001",
        "created_at": "2026-11-24T09:00:00.000Z",
        "finished_at": "2026-11-24T09:00:40.000Z",
        "duration": 36,
        "queued": 4,
        "stages": ["build", "test"],
    }
    assert [job["name"] for job in jobs] == ["compile", "unit"]
    assert jobs[1] == {
        "key": f"gitlab|{INSTANCE}|42|job|502",
        "id": 502,
        "name": "unit",
        "stage": "test",
        "status": "success",
        "clock": [3, NINE + 34_000, 0],
        "url": f"{INSTANCE}/shop/web/-/jobs/502",
        "started_at": "2026-11-24T09:00:04.000Z",
        "finished_at": "2026-11-24T09:00:34.000Z",
        "duration": 30.25,
        "queued": 4,
    }


def test_job_says_the_same_as_its_pipeline() -> None:
    """Job Hook and Pipeline Hook about one job carry the same key and clock: neither is news after the other."""
    job = one(gitlab_job())
    [listed] = one(gitlab_pipeline(gitlab_build(501)))["jobs"]
    shared = {name: job[name] for name in listed if name != "id"}
    assert shared | {"id": 501} == listed
    assert job["parent"] == f"gitlab|{INSTANCE}|42|pipeline|9001"
    assert (job["ref"], job["title"], job["author"]) == ("main", "Add basket", "Ana Dev")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("created", "queued"), ("preparing", "queued"), ("pending", "queued"), ("waiting_for_resource", "queued"),
        ("waiting_for_callback", "queued"), ("manual", "waiting"), ("scheduled", "waiting"), ("running", "running"),
        ("canceling", "running"), ("success", "success"), ("failed", "failed"), ("canceled", "cancelled"),
        ("skipped", "skipped"), ("levitating", "unknown"),
    ],
)  # fmt: skip
def test_status(word: str, status: str) -> None:
    """All words that GitLab has, and one that it has not yet; that is kept as raw_status."""
    for data in (one(gitlab_pipeline(status=word)), one(gitlab_job(build_status=word))):
        assert data["status"] == status
        assert data.get("raw_status", status) == word


def test_warning() -> None:
    """What failed and may fail is a warning, of the job and of a pipeline that succeeds otherwise."""
    lint = gitlab_build(502, "lint", "failed", allow_failure=True, failure_reason="script_failure")
    data = one(gitlab_pipeline(gitlab_build(501), lint))
    assert (data["status"], data["raw_status"]) == ("warning", "success")
    assert data["jobs"][1]["status"] == "warning"
    assert data["jobs"][1]["allow_failure"] is True
    assert data["jobs"][1]["reason"] == "script_failure"
    assert one(gitlab_pipeline(lint, status="failed"))["status"] == "failed"
    # A child pipeline's warning is in no job of ours.
    assert one(gitlab_pipeline(detailed_status="passed with warnings"))["status"] == "warning"
    assert one(gitlab_job(build_status="failed", build_allow_failure=True))["status"] == "warning"


def test_reason_is_only_of_what_failed() -> None:
    """GitLab says unknown_failure of jobs that are well."""
    assert "reason" not in one(gitlab_job())
    assert one(gitlab_job(build_status="failed", build_failure_reason="stuck"))["reason"] == "stuck"


def test_retry_is_newer_than_the_failure() -> None:
    """The same pipeline goes from failed to running: the new job's id is greater, though it has no times yet."""
    failed = one(gitlab_pipeline(gitlab_build(501), gitlab_build(502, status="failed"), status="failed"))
    retried = gitlab_build(503, status="pending", started_at=None, finished_at=None)
    running = one(gitlab_pipeline(gitlab_build(501), retried, status="running", finished_at=None))
    assert failed["key"] == running["key"]
    assert running["clock"] > failed["clock"]
    assert running["jobs"][1]["key"] != failed["jobs"][1]["key"]


def test_any_order_ends_the_same() -> None:
    """The greatest clock is the last state, in whatever order and however often deliveries come."""
    waiting: dict[str, Any] = {"started_at": None, "finished_at": None}
    steps = [
        gitlab_pipeline(gitlab_build(501, status="created", **waiting), status="created", finished_at=None),
        gitlab_pipeline(gitlab_build(501, status="pending", **waiting), status="pending", finished_at=None),
        gitlab_pipeline(gitlab_build(501, status="running", finished_at=None), status="running", finished_at=None),
        gitlab_pipeline(gitlab_build(501, status="failed"), status="failed"),
        gitlab_pipeline(gitlab_build(502, status="pending", **waiting), status="running", finished_at=None),
        gitlab_pipeline(
            gitlab_build(502, started_at="2026-11-24 09:05:00 UTC", finished_at="2026-11-24 09:06:00 UTC")
        ),
    ]
    observed = [one(step) for step in steps]
    clocks = [data["clock"] for data in observed]
    assert clocks == sorted(clocks)
    for seed in range(100):
        shuffled = random.Random(seed).choices(observed, k=12) + observed
        random.Random(seed).shuffle(shuffled)
        assert max(shuffled, key=lambda data: data["clock"])["status"] == "success"


def test_child_pipeline() -> None:
    """It hangs from the one that started it, of another project too."""
    upstream = {"project": {"id": 41, "path_with_namespace": "shop/all"}, "job_id": 3401, "pipeline_id": 8000}
    data = one(gitlab_pipeline() | {"source_pipeline": upstream})
    assert data["parent"] == f"gitlab|{INSTANCE}|41|pipeline|8000"


def test_ref_types() -> None:
    """A merge request's pipeline says so, and a tag's."""
    assert one(gitlab_pipeline() | {"merge_request": {"iid": 3}})["ref_type"] == "mr"
    assert one(gitlab_pipeline(tag=True))["ref_type"] == "tag"
    assert one(gitlab_job(tag=True))["ref_type"] == "tag"


def test_old_gitlab() -> None:
    """Before 15.5 there is no instance in the headers, before 15 no project in a Job Hook and no URL."""
    old_job = {key: value for key, value in gitlab_job().items() if key != "project"}
    old_pipeline = gitlab_pipeline(url=None)
    [job] = gitlab.parse(headers({}), body(old_job), NOW).runs
    [pipeline] = gitlab.parse(headers({}), body(old_pipeline), NOW).runs
    assert job.parent == event(pipeline, "ci").data["key"] == f"gitlab|{INSTANCE}|42|pipeline|9001"
    assert job.origin == pipeline.origin
    assert pipeline.url == f"{INSTANCE}/shop/web/-/pipelines/9001"
    older = {key: value for key, value in old_job.items() if key != "repository"}
    [job] = gitlab.parse(headers({}), body(older), NOW).runs
    assert (job.origin.project, job.url) == ("shop/web", "")


def test_instance_below_a_path() -> None:
    """A GitLab at a relative URL has its own keys, and the same project path."""
    project = GITLAB_PROJECT | {"web_url": "https://example.com/gitlab/shop/web", "path_with_namespace": None}
    fields = headers({"X-Gitlab-Instance": "https://example.com/gitlab/"})
    [run] = gitlab.parse(fields, body(gitlab_push(project=project)), NOW).runs
    assert (run.origin.instance, run.origin.project) == ("https://example.com/gitlab", "shop/web")


def test_many_jobs_are_cut() -> None:
    """The newest stay, as they may be retries; the clock does not suffer."""
    data = one(gitlab_pipeline(*(gitlab_build(id, f"job {id}") for id in range(1, 1202)), stages=["s"] * 200))
    assert len(data["jobs"]) == 1000
    assert data["jobs"][-1]["id"] == data["clock"][0] == 1201
    assert len(data["stages"]) == 100


def test_deployment() -> None:
    """To an environment, with the job that deployed as its address."""
    data = one(gitlab_deployment())
    assert data == {
        "key": f"gitlab|{INSTANCE}|42|deployment|15",
        "kind": "deployment",
        "source": "gitlab",
        "project": "shop/web",
        "project_url": f"{INSTANCE}/shop/web",
        "status": "success",
        "clock": [NINE + 50_000, 3, 0],
        "name": "production",
        "environment": "production",
        "ref": "main",
        "sha": "aaaaaaaa",
        "title": "Add basket",
        "author": "Ana Dev",
        "url": f"{INSTANCE}/shop/web/-/jobs/796",
        "finished_at": "2026-11-24T09:00:50.000Z",
    }
    assert one(gitlab_deployment(status="running"))["started_at"] == "2026-11-24T09:00:50.000Z"
    assert one(gitlab_deployment(status_changed_at="soon"))["clock"] == [int(NOW * 1000), 3, 0]


def test_push() -> None:
    """Its last commit is what is shown, and its time that of that commit: two hooks for one push say the same."""
    data = one(gitlab_push())
    assert data == {
        "key": f"gitlab|{INSTANCE}|42|push|refs/heads/main@{SHA}",
        "kind": "push",
        "source": "gitlab",
        "project": "shop/web",
        "project_url": f"{INSTANCE}/shop/web",
        "status": "success",
        "clock": [NINE - 30_000, 3, 0],
        "ref": "main",
        "ref_type": "branch",
        "sha": SHA[:12],
        "title": "Add basket",
        "author": "Ana Dev",
        "url": f"{INSTANCE}/shop/web/-/commit/{SHA}",
        "created_at": "2026-11-24T08:59:30.000Z",
    }


def test_tag() -> None:
    """Of an annotated tag `after` is the tag, and the commit is checkout_sha; no commit needs to be told of."""
    data = one(gitlab_push(object_kind="tag_push", ref="refs/tags/v1.0", after="d" * 40))
    assert (data["kind"], data["ref"], data["ref_type"], data["sha"]) == ("tag", "v1.0", "tag", SHA[:12])
    data = one(gitlab_push(object_kind="tag_push", ref="refs/tags/v1.0", commits=[]))
    assert (data["sha"], data["clock"]) == (SHA[:12], [int(NOW * 1000), 3, 0])


def test_release() -> None:
    """As it is called, with its tag."""
    data = one(gitlab_release())
    assert (data["kind"], data["name"], data["ref"], data["title"]) == ("release", "One", "v1.0", "Add basket")
    assert data["created_at"] == "2026-11-24T09:00:00.000Z"


@pytest.mark.parametrize(
    "payload",
    [
        gitlab_push(after="0" * 40, checkout_sha=None),
        gitlab_push(ref=None),
        gitlab_release(action="delete"),
        gitlab_release(tag=None),
        gitlab_pipeline(id=None),
        gitlab_pipeline(status=None),
        gitlab_pipeline() | {"project": None},
        gitlab_job(build_id="x"),
        gitlab_job(pipeline_id=None, commit=None),
        gitlab_deployment(deployment_id=None),
        {"object_kind": "merge_request", "project": GITLAB_PROJECT},
        {"event_name": "user_create", "email": "ana@example.com"},
        {"object_kind": 5},
        {},
        [],
        None,
    ],
)
def test_nothing_to_show(payload: object) -> None:
    """A deletion, another event, a strange shape: accepted, as a hook that is refused often is switched off."""
    assert gitlab.parse(FIELDS, body(payload), NOW).runs == []


def test_kind_is_the_body_s() -> None:
    """A System Hook has another header, and no object_kind."""
    system = {k: v for k, v in gitlab_push().items() if k != "object_kind"} | {"event_name": "push"}
    delivery = gitlab.parse(headers({"X-Gitlab-Event": "System Hook"}), body(system), NOW)
    assert delivery.kind == "push"
    assert len(delivery.runs) == 1
    assert gitlab.parse(FIELDS, b"{}", NOW).kind == "unknown"


def test_title_without_title() -> None:
    """The first line of the message."""
    commit = {"message": COMMIT["message"]}
    assert one(gitlab_pipeline() | {"commit": commit})["title"] == "Add basket"


def test_token() -> None:
    """Each of the secrets that are valid now, and nothing else; not even with letters that HTTP does not know."""
    gitlab.verify(headers({"X-Gitlab-Token": "new"}), b"", ["old", "new"], NOW)
    as_sent = "pässword".encode().decode("latin-1")
    gitlab.verify(headers({"X-Gitlab-Token": as_sent}), b"", ["pässword"], NOW)
    for token in ("", "ol", "old ", "OLD", "oldold"):
        with pytest.raises(Unauthorized):
            gitlab.verify(headers({"X-Gitlab-Token": token}), b"", ["old", "new", ""], NOW)


def test_delivery_id() -> None:
    """What GitLab repeats with a delivery, and no other of its UUIDs."""
    fields = {"X-Gitlab-Event-UUID": "a", "X-Gitlab-Webhook-UUID": "b"}
    assert gitlab.delivery_id(headers(fields)) == ""
    assert gitlab.delivery_id(headers(fields | {"Idempotency-Key": "c"})) == "c"
