"""Webhooks as their senders document them, in Python, and small enough to read."""

from __future__ import annotations

import json
from typing import Any

from tornado.httputil import HTTPHeaders

Payload = dict[str, Any]
NOW = 1_795_510_860.0  # 2026-11-24T09:01:00Z, after all times here
SHA = "a" * 40
USER = {"id": 7, "name": "Ana Dev", "username": "ana", "login": "ana", "email": "ana@example.com"}
COMMIT = {
    "id": SHA,
    "title": "Add basket",
    "message": "Add basket\n\nSigned-off-by: Ana <ana@example.com>\n",
    "timestamp": "2026-11-24T09:59:30+01:00",
    "url": f"https://gitlab.example.com/shop/web/-/commit/{SHA}",
    "author": {"name": "Ana Dev", "email": "ana@example.com"},
}

GITLAB_PROJECT = {
    "id": 42,
    "name": "web",
    "web_url": "https://gitlab.example.com/shop/web",
    "git_ssh_url": "git@gitlab.example.com:shop/web.git",
    "path_with_namespace": "shop/web",
    "default_branch": "main",
}


def gitlab_build(id: int, name: str = "unit", status: str = "success", **changes: object) -> Payload:
    """A job in the `builds` of a Pipeline Hook."""
    return {
        "id": id,
        "stage": "test",
        "name": name,
        "status": status,
        "created_at": "2026-11-24 09:00:00 UTC",
        "started_at": "2026-11-24 09:00:04 UTC",
        "finished_at": "2026-11-24 09:00:34 UTC",
        "duration": 30.25,
        "queued_duration": 4,
        "failure_reason": None,
        "allow_failure": False,
        "user": USER,
        "runner": {"id": 1, "description": "r1"},
        "environment": None,
    } | changes


def gitlab_pipeline(*builds: Payload, **changes: object) -> Payload:
    """A Pipeline Hook; `changes` are of its `object_attributes`."""
    attributes = {
        "id": 9001,
        "iid": 12,
        "name": None,
        "ref": "main",
        "tag": False,
        "sha": SHA,
        "source": "push",
        "status": "success",
        "detailed_status": "passed",
        "stages": ["build", "test"],
        "created_at": "2026-11-24 09:00:00 UTC",
        "finished_at": "2026-11-24 09:00:40 UTC",
        "duration": 36,
        "queued_duration": 4,
        "variables": [{"key": "TOKEN", "value": "hunter2"}],
        "url": "https://gitlab.example.com/shop/web/-/pipelines/9001",
    }
    return {
        "object_kind": "pipeline",
        "object_attributes": attributes | changes,
        "merge_request": None,
        "user": USER,
        "project": GITLAB_PROJECT,
        "commit": COMMIT,
        "builds": list(builds),
    }


def gitlab_job(**changes: object) -> Payload:
    """A Job Hook, whose `commit` has the id of the pipeline."""
    return {
        "object_kind": "build",
        "ref": "main",
        "tag": False,
        "sha": SHA,
        "build_id": 501,
        "build_name": "unit",
        "build_stage": "test",
        "build_status": "success",
        "build_created_at": "2026-11-24 09:00:00 UTC",
        "build_started_at": "2026-11-24 09:00:04 UTC",
        "build_finished_at": "2026-11-24 09:00:34 UTC",
        "build_duration": 30.25,
        "build_queued_duration": 4,
        "build_allow_failure": False,
        "build_failure_reason": "unknown_failure",
        "pipeline_id": 9001,
        "project_id": 42,
        "project_name": "shop / web",
        "user": USER,
        "commit": {
            "id": 9001,
            "message": "Add basket\n",
            "author_name": "Ana Dev",
            "author_email": "ana@example.com",
        },
        "repository": {"name": "web", "homepage": "https://gitlab.example.com/shop/web"},
        "project": GITLAB_PROJECT,
        "environment": None,
    } | changes


def gitlab_deployment(**changes: object) -> Payload:
    """A Deployment Hook."""
    return {
        "object_kind": "deployment",
        "status": "success",
        "status_changed_at": "2026-11-24 10:00:50 +0100",
        "deployment_id": 15,
        "deployable_id": 796,
        "deployable_url": "https://gitlab.example.com/shop/web/-/jobs/796",
        "environment": "production",
        "project": GITLAB_PROJECT,
        "short_sha": "aaaaaaaa",
        "user": USER,
        "commit_title": "Add basket",
        "ref": "main",
    } | changes


def gitlab_push(**changes: object) -> Payload:
    """A Push Hook, or with `object_kind="tag_push"` a Tag Push Hook."""
    return {
        "object_kind": "push",
        "before": "b" * 40,
        "after": SHA,
        "ref": "refs/heads/main",
        "checkout_sha": SHA,
        "user_name": "Ana Dev",
        "user_email": "ana@example.com",
        "project_id": 42,
        "project": GITLAB_PROJECT,
        "commits": [COMMIT | {"id": "c" * 40, "message": "Before"}, COMMIT],
        "total_commits_count": 2,
    } | changes


def gitlab_release(**changes: object) -> Payload:
    """A Release Hook."""
    return {
        "object_kind": "release",
        "action": "create",
        "id": 5,
        "tag": "v1.0",
        "name": "One",
        "description": "for ana@example.com",
        "released_at": "2026-11-24 09:00:00 UTC",
        "url": "https://gitlab.example.com/shop/web/-/releases/v1.0",
        "commit": COMMIT,
        "project": GITLAB_PROJECT,
    } | changes


REPOSITORY = {
    "id": 1,
    "name": "web",
    "full_name": "shop/web",
    "html_url": "https://github.com/shop/web",
    "owner": {"login": "shop", "email": "shop@example.com"},
}


def workflow_run(**changes: object) -> Payload:
    """A run of GitHub Actions; `changes` are of its `workflow_run`."""
    run = {
        "id": 100,
        "name": "CI",
        "display_title": "Add basket",
        "run_number": 812,
        "run_attempt": 1,
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "head_branch": "main",
        "head_sha": SHA,
        "head_commit": COMMIT,
        "html_url": "https://github.com/shop/web/actions/runs/100",
        "actor": USER,
        "created_at": "2026-11-24T09:00:00Z",
        "run_started_at": "2026-11-24T09:00:01Z",
        "updated_at": "2026-11-24T09:00:41Z",
        "head_repository": REPOSITORY,
    }
    return {"action": "completed", "workflow_run": run | changes, "repository": REPOSITORY, "sender": USER}


def workflow_job(**changes: object) -> Payload:
    """A job of GitHub Actions; `changes` are of its `workflow_job`."""
    job = {
        "id": 200,
        "run_id": 100,
        "run_attempt": 1,
        "name": "unit",
        "workflow_name": "CI",
        "status": "completed",
        "conclusion": "success",
        "created_at": "2026-11-24T09:00:01Z",
        "started_at": "2026-11-24T09:00:05Z",
        "completed_at": "2026-11-24T09:00:35Z",
        "head_branch": "main",
        "head_sha": SHA,
        "html_url": "https://github.com/shop/web/actions/runs/100/job/200",
        "steps": [{"name": "make test", "status": "completed"}],
    }
    return {"action": "completed", "workflow_job": job | changes, "repository": REPOSITORY, "sender": USER}


def check_run(**changes: object) -> Payload:
    """A check of an app; `changes` are of its `check_run`."""
    check = {
        "id": 300,
        "name": "coverage",
        "status": "completed",
        "conclusion": "timed_out",
        "started_at": "2026-11-24T09:00:05Z",
        "completed_at": "2026-11-24T09:00:35Z",
        "details_url": "https://ci.example.com/300",
        "head_sha": SHA,
        "output": {"title": "for ana@example.com", "text": "log"},
        "check_suite": {"id": 301, "head_branch": "main"},
        "app": {"slug": "coverage", "name": "Coverage"},
    }
    return {"action": "completed", "check_run": check | changes, "repository": REPOSITORY}


def check_suite(**changes: object) -> Payload:
    """All checks of an app for a commit; `changes` are of its `check_suite`."""
    suite = {
        "id": 301,
        "status": "completed",
        "conclusion": "failure",
        "head_branch": "main",
        "head_sha": SHA,
        "head_commit": COMMIT,
        "created_at": "2026-11-24T09:00:05Z",
        "updated_at": "2026-11-24T09:00:36Z",
        "app": {"slug": "coverage", "name": "Coverage"},
    }
    return {"action": "completed", "check_suite": suite | changes, "repository": REPOSITORY}


def commit_status(**changes: object) -> Payload:
    """How another CI reports to GitHub."""
    return {
        "id": 400,
        "sha": SHA,
        "state": "failure",
        "context": "ci/circleci",
        "target_url": "https://circleci.com/400",
        "description": "for ana@example.com",
        "updated_at": "2026-11-24T09:00:36+00:00",
        "branches": [{"name": "main"}],
        "commit": {"commit": COMMIT},
        "repository": REPOSITORY,
    } | changes


def deployment_status(state: str = "success", **changes: object) -> Payload:
    """A step of a deployment; `changes` are of its `deployment`."""
    deployment = {
        "id": 500,
        "sha": SHA,
        "ref": "main",
        "environment": "production",
        "payload": {"password": "hunter2"},
        "creator": USER,
        "created_at": "2026-11-24T09:00:00Z",
    }
    step = {"state": state, "log_url": "https://ci.example.com/500", "updated_at": "2026-11-24T09:00:30Z"}
    return {"deployment_status": step, "deployment": deployment | changes, "repository": REPOSITORY}


def push(**changes: object) -> Payload:
    """A push to GitHub or Gitea."""
    return {
        "ref": "refs/heads/main",
        "before": "b" * 40,
        "after": SHA,
        "compare": "https://github.com/shop/web/compare/b...a",
        "compare_url": "https://gitea.example.com/shop/web/compare/b...a",
        "commits": [COMMIT],
        "head_commit": COMMIT,
        "pusher": USER,
        "repository": REPOSITORY,
    } | changes


def release(action: str = "published", **changes: object) -> Payload:
    """A release on GitHub or Gitea; `changes` are of its `release`."""
    item = {
        "id": 600,
        "tag_name": "v1.0",
        "name": "One",
        "body": "for ana@example.com",
        "draft": False,
        "html_url": "https://github.com/shop/web/releases/tag/v1.0",
        "author": USER,
        "created_at": "2026-11-24T08:00:00Z",
        "published_at": "2026-11-24T09:00:00Z",
    }
    return {"action": action, "release": item | changes, "repository": REPOSITORY}


def forgejo_run(**changes: object) -> Payload:
    """A Forgejo run that has ended; `changes` are of its `run`."""
    run = {
        "id": 700,
        "title": "Add basket",
        "repository": REPOSITORY | {"html_url": "https://codeberg.org/shop/web"},
        "workflow_id": "ci.yml",
        "index_in_repo": 12,
        "trigger_user": USER,
        "prettyref": "main",
        "commit_sha": SHA,
        "event": "push",
        "event_payload": '{"pusher": {"email": "ana@example.com"}}',
        "status": "failure",
        "started": "2026-11-24T09:00:01Z",
        "stopped": "2026-11-24T09:00:31Z",
        "created": "2026-11-24T09:00:00Z",
        "updated": "2026-11-24T09:00:31Z",
        "html_url": "https://codeberg.org/shop/web/actions/runs/12",
    }
    return {"action": "failure", "run": run | changes, "prior_status": "running"}


def generic(**changes: object) -> Payload:
    """All that the generic format has."""
    return {
        "project": "shop/web",
        "status": "passed",
        "id": "b-812",
        "kind": "pipeline",
        "number": "812",
        "name": "nightly",
        "ref": "main",
        "sha": SHA,
        "title": "Add basket",
        "author": "Ana Dev",
        "environment": "staging",
        "reason": "all is well",
        "event": "schedule",
        "url": "https://ci.example.com/812",
        "project_url": "https://git.example.com/shop/web",
        "created_at": "2026-11-24T09:00:00Z",
        "started_at": 1795510801,
        "finished_at": "1795510831",
        "queued": 1,
        "variables": {"TOKEN": "hunter2"},
        "log": "hunter2",
    } | changes


# What each source reads, by its name: the headers, and a payload.
EXAMPLES: dict[str, list[tuple[dict[str, str], Payload]]] = {
    "gitlab": [
        ({"X-Gitlab-Event": "Some Hook", "X-Gitlab-Instance": "https://gitlab.example.com"}, payload)
        for payload in (
            gitlab_pipeline(gitlab_build(501), gitlab_build(502, "lint", "failed", allow_failure=True)),
            gitlab_job(),
            gitlab_deployment(),
            gitlab_push(),
            gitlab_push(object_kind="tag_push", ref="refs/tags/v1.0"),
            gitlab_release(),
        )
    ],
    "github": [
        ({"X-GitHub-Event": event}, payload)
        for event, payload in (
            ("workflow_run", workflow_run()),
            ("workflow_job", workflow_job()),
            ("check_run", check_run()),
            ("check_suite", check_suite()),
            ("status", commit_status()),
            ("deployment_status", deployment_status()),
            ("push", push()),
            ("release", release()),
        )
    ],
    "gitea": [
        ({"X-Gitea-Event": event, "X-GitHub-Event": event}, payload)
        for event, payload in (
            ("workflow_run", workflow_run()),
            ("workflow_job", workflow_job()),
            ("action_run_failure", forgejo_run()),
            ("push", push()),
            ("release", release()),
        )
    ],
    "generic": [({"Content-Type": "application/json"}, generic())],
}


def headers(fields: dict[str, str]) -> HTTPHeaders:
    """As a server has them: a name is found in any case."""
    return HTTPHeaders(fields)


def body(payload: object) -> bytes:
    """The payload as it is sent."""
    return json.dumps(payload).encode()
