"""Who is told what: each failure once, each recovery once, and no noise."""

from __future__ import annotations

from typing import Any

import pytest

from tornchat import transitions
from tornchat.event import Event
from tornchat.transitions import Transitions

PIPELINE = {
    "key": "gitlab|https://git.example|7|pipeline|812",
    "kind": "pipeline",
    "source": "gitlab",
    "project": "shop/web",
    "ref": "main",
    "number": "812",
    "title": "Fix <b> & co",
    "author": "Ada",
    "url": "https://git.example/shop/web/-/pipelines/812?a=1&b=2|3",
}
FAILED = (
    "🔴 <https://git.example/shop/web/-/pipelines/812?a=1&amp;b=2%7C3|shop/web 812> failed on main:"
    " Fix &lt;b&gt; &amp; co (Ada)"
)
AGAIN = "🟢 <https://git.example/shop/web/-/pipelines/812?a=1&amp;b=2%7C3|shop/web 812> succeeds again on main"


@pytest.fixture
def told() -> Transitions:
    return Transitions()


def run(told: Transitions, status: str, **fields: Any) -> str | None:
    return told.text(Event("ci", "run", PIPELINE | {"status": status} | fields))


def check(told: Transitions, status: str, **fields: Any) -> str | None:
    data = {"check": "shop", "kind": "http", "target": "https://shop.example/", "status": status}
    return told.text(Event("hosts", "check", data | fields))


def host(told: Transitions, state: str, level: str, **fields: Any) -> str | None:
    return told.text(Event("hosts", "host", {"host": "web1", "state": state, "level": level} | fields))


def test_pipeline_fails_and_recovers(told: Transitions) -> None:
    """Each once; what is not finished says nothing yet."""
    statuses = ["success", "queued", "running", "failed", "running", "failed", "cancelled", "success", "success"]
    assert [run(told, s) for s in statuses] == [None, None, None, FAILED, None, None, None, AGAIN, None]


def test_first_sight(told: Transitions) -> None:
    """Nothing of what is well, but of what is not: nobody has been told."""
    assert run(told, "success") is None
    assert run(told, "failed", ref="other") is not None
    assert check(told, "up") is None
    assert host(told, "live", "ok") is None


def test_warning_is_a_success(told: Transitions) -> None:
    """A job that may fail has failed."""
    run(told, "failed")
    assert run(told, "warning") == AGAIN


def test_each_ref_and_workflow_is_its_own(told: Transitions) -> None:
    """That lint is well does not say that the tests are; but GitLab's name is a title, which differs each time."""
    assert run(told, "failed", source="github", name="test")
    assert run(told, "success", source="github", name="lint") is None
    assert run(told, "success", source="github", name="test", ref="v1") is None
    text = run(told, "success", source="github", name="test", url=None)
    assert text == "🟢 shop/web test 812 succeeds again on main"
    assert run(told, "failed", name="Merge a")
    assert run(told, "success", name="Merge b") == AGAIN


def test_old_news_is_no_news(told: Transitions) -> None:
    """A webhook that is delivered again a day later changes nothing; a retried job ends its pipeline later."""
    assert run(told, "failed", finished_at="2026-11-24T09:00:00.000Z")
    assert run(told, "success", finished_at="2026-11-24T10:00:00.000Z")
    assert run(told, "failed", finished_at="2026-11-24T09:00:00.000Z") is None
    assert run(told, "success", finished_at="2026-11-24T11:00:00.000Z") is None
    assert run(told, "failed", finished_at="2026-11-24T12:00:00.000Z")


def test_jobs_and_child_pipelines_are_parts(told: Transitions) -> None:
    """The pipeline that they belong to speaks for them; one that another project started speaks for itself."""
    assert run(told, "failed", kind="job") is None
    assert run(told, "failed", parent="gitlab|https://git.example|7|pipeline|811") is None
    assert run(told, "failed", parent="gitlab|https://git.example|8|pipeline|811") == FAILED


def test_check(told: Transitions) -> None:
    """Down and up again; a failure that is not yet one too many is nothing."""
    assert check(told, "up") is None
    assert check(told, "pending", error="x") is None
    down = "🔴 shop is down: connection refused (https://shop.example/)"
    assert check(told, "down", error="connection refused") == down
    assert check(told, "down", error="well again, 1 of 2 times") is None
    assert check(told, "up") == "🟢 shop is up again"
    assert check(told, "up") is None


def test_check_with_a_warning(told: Transitions) -> None:
    """Once while it lasts, and nobody needs to know that it is over."""
    error = "days until the certificate ends: 13"
    assert check(told, "up", error=error) == f"🟡 shop is up, but {error}"
    assert check(told, "up", error="days until the certificate ends: 12") is None
    assert check(told, "up") is None
    assert check(told, "down", error="x")
    assert check(told, "up", error=error) == f"🟡 shop is up, but {error}"


def test_host(told: Transitions) -> None:
    """Gone and back, too full and well again, each for itself, and nothing for what lies between."""
    critical = {"cpu": 12.3, "mem": 97.6, "load1": 3}
    assert host(told, "live", "warning") is None
    assert host(told, "live", "critical", **critical) == "🔴 web1 is critical: cpu 12 %, mem 98 %"
    assert host(told, "stale", "critical") is None
    assert host(told, "offline", "critical", seen_at="2026-11-24T09:00:00.000Z") == (
        "🔴 web1 is offline, last seen 2026-11-24T09:00:00.000Z"
    )
    assert host(told, "live", "warning") == "🟢 web1 is live again"
    assert host(told, "live", "critical", **critical) is None
    assert host(told, "live", "ok") == "🟢 web1 is ok again"
    assert host(told, "offline", "ok")
    assert host(told, "live", "critical", disk=99) == "🟢 web1 is live again\n🔴 web1 is critical: disk 99 %"


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("a\nb\t c\x1b[2J", "a b c\ufffd[2J"),
        ("x" * 201, "x" * 199 + "…"),
    ],
)
def test_text_is_harmless(told: Transitions, title: str, shown: str) -> None:
    """What somebody has written into a commit calls nobody, forges no line and fills no screen."""
    assert (
        run(told, "failed", title=title, url="javascript:x", author="")
        == f"🔴 shop/web 812 failed on main: {shown}"
    )


@pytest.mark.parametrize("type", ["run", "check", "host", "message", "strange"])
@pytest.mark.parametrize(
    "data", [{}, {"status": []}, {"kind": "pipeline", "status": "failed", "project": {"a": 1}, "url": 7}]
)
def test_strange_events(told: Transitions, type: str, data: dict[str, Any]) -> None:
    """Whatever comes, nothing breaks."""
    told.text(Event("ci", type, data))


def test_memory_is_bounded(told: Transitions, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch that nobody has built for longest is forgotten first."""
    monkeypatch.setattr(transitions, "MAX_KEYS", 2)
    run(told, "failed", ref="a")
    run(told, "failed", ref="b")
    run(told, "failed", ref="a")
    run(told, "failed", ref="c")
    assert run(told, "success", ref="b") is None
    assert run(told, "success", ref="c")
