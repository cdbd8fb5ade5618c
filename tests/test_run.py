"""Statuses, clocks and the event that a run becomes."""

from __future__ import annotations

import pytest

from tornchat.board._merge import worst
from tornchat.run import ENDED, STATUSES, Job, Origin, Run, event, latest, rank, span

ORIGIN = Origin("gitlab", "https://gitlab.example.com", "42", "shop/web", "https://gitlab.example.com/shop/web")
JOB = Job(
    key="j", id=501, name="unit", stage="test", status="running", clock=(2, 5, 0), started_at=1_795_510_804_123
)


def test_event_has_what_is_known() -> None:
    """All fields of the contract, with times as texts and the clock as a list, which JSON has too."""
    run = Run(
        origin=ORIGIN, kind="pipeline", id="9001", status="running", clock=(501, 5, 2), raw_status="running",
        ref="main", ref_type="branch", created_at=1_795_510_800_000, duration=0, stages=("build", "test"),
        jobs=(JOB,),
    )  # fmt: skip
    happened = event(run, "ci")
    assert (happened.room, happened.type) == ("ci", "run")
    assert happened.data == {
        "key": "gitlab|https://gitlab.example.com|42|pipeline|9001",
        "kind": "pipeline",
        "source": "gitlab",
        "project": "shop/web",
        "project_url": "https://gitlab.example.com/shop/web",
        "status": "running",
        "clock": [501, 5, 2],
        "ref": "main",
        "ref_type": "branch",
        "created_at": "2026-11-24T09:00:00.000Z",
        "duration": 0,
        "stages": ["build", "test"],
        "jobs": [
            {
                "key": "j",
                "id": 501,
                "name": "unit",
                "stage": "test",
                "status": "running",
                "clock": [2, 5, 0],
                "started_at": "2026-11-24T09:00:04.123Z",
            }
        ],
    }


def test_event_has_nothing_of_what_is_unknown() -> None:
    """Absent, never null: a newer observation must not erase by what it does not say."""
    run = Run(origin=Origin("generic", "", "a", "a"), kind="check", id="1", status="failed", clock=(5, 3, 0))
    assert event(run, "ci").data == {
        "key": "generic||a|check|1", "kind": "check", "source": "generic", "project": "a", "status": "failed",
        "clock": [5, 3, 0],
    }  # fmt: skip


def test_two_things_never_share_a_key() -> None:
    """A name may hold what parts a key."""
    assert Origin("generic", "", "a|check", "").key("check", "1") != Origin("generic", "", "a", "").key(
        "check", "check|1"
    )


def test_failed_is_the_worst() -> None:
    """The order is that of severity: what shows all of a board's state goes by it."""
    assert worst(["success", "running", "failed", "warning"]) == "failed"
    assert worst(STATUSES) == "failed"
    assert worst(["skipped", "success", "cancelled"]) == "cancelled"
    assert worst([]) == "unknown"


def test_rank_is_how_far_a_run_is() -> None:
    """An unknown status is never taken for the end: whatever comes then would be late."""
    assert [rank(status) for status in ("queued", "waiting", "running")] == [0, 1, 2]
    assert {rank(s) for s in ("success", "warning", "failed", "cancelled", "skipped")} == {ENDED}
    assert rank("unknown") == 0


def test_times() -> None:
    """The last that is known."""
    assert latest(None, 5, 7, None) == 7
    assert latest(None) == 0


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [(1000, 3500, 2.5), (1000, 1000, 0), (2000, 1000, None), (None, 1, None), (1, None, None)],
)
def test_span(start: int | None, end: int | None, seconds: float | None) -> None:
    """GitHub's skipped jobs end before they start: no duration."""
    assert span(start, end) == seconds
