"""CCTray XML, read by a parser."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.board.events import at, generic, github_run, gitlab_job_hook, state
from tornchat.board import cctray
from tornchat.event import Event

PAGE = "https://ci.example.com/?run=1&x=<y>"


def read(*events: Event) -> list[dict[str, str]]:
    root = ElementTree.fromstring(cctray.encode(state(events)))
    assert root.tag == "Projects"
    assert {child.tag for child in root} <= {"Project"}
    return [dict(child.items()) for child in root]


def test_a_project() -> None:
    """All fields, with the link to the build that failed, not to the newer one of another ref."""
    failed = github_run(1, "failed", 60, finished_at=at(60), url=PAGE)
    other = github_run(2, "success", 90, finished_at=at(90), ref="dev", created_at=at(70))
    assert read(failed, other) == [
        {
            "name": "shop/web",
            "activity": "Sleeping",
            "lastBuildStatus": "Failure",
            "lastBuildLabel": "1",
            "lastBuildTime": "2026-11-24T09:01:00.000Z",
            "webUrl": PAGE,
        }
    ]


@pytest.mark.parametrize(
    ("status", "shown"),
    [("success", "Success"), ("warning", "Success"), ("failed", "Failure"), ("cancelled", "Unknown")],
)
def test_last_status(status: str, shown: str) -> None:
    """A warning is a success with remarks; who cancelled learned nothing."""
    assert read(github_run(1, status, 1))[0]["lastBuildStatus"] == shown


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("running", "Building"),
        ("queued", "CheckingModifications"),
        ("waiting", "CheckingModifications"),
        ("success", "Sleeping"),
    ],
)
def test_activity(status: str, shown: str) -> None:
    """What goes on is said beside how it ended last."""
    [project] = read(github_run(1, "failed", 1), github_run(2, status, 2, ref="dev", created_at=at(2)))
    assert (project["activity"], project["lastBuildStatus"]) == (shown, "Failure")


def test_before_the_first_end() -> None:
    """Unknown, with the time of the last word, which readers expect."""
    [project] = read(gitlab_job_hook(1, 2, "unit", "running", 30))
    assert project == {
        "name": "shop/web",
        "activity": "Building",
        "lastBuildStatus": "Unknown",
        "lastBuildTime": at(30),
    }


def test_what_builds_nothing_is_left_out() -> None:
    """A push alone makes no lamp in anybody's tray."""
    assert read(generic("a", "success", 1, kind="push")) == []


def test_hostile_names_stay_text() -> None:
    """No markup, no second attribute, and no character that XML cannot hold."""
    name = "a\"/><script>&amp;'\x00\ufffe\ud800\n"
    [project] = read(generic("1", "failed", 1, project=name))
    assert project["name"] == "a\"/><script>&amp;'\ufffd\ufffd\ufffd\n"
