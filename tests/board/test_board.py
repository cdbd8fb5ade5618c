"""The board: what observations add up to, what stays, and what changes nothing."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.board.events import (
    GITHUB,
    GITLAB,
    at,
    check,
    fold,
    generic,
    github_run,
    gitlab_job,
    gitlab_job_hook,
    gitlab_pipeline,
    host,
    ms,
    project,
    run,
    shuffles,
    state,
)
from tornchat import board as board_module
from tornchat.board import Board
from tornchat.event import Event

BUILD = gitlab_job(501, "compile", "success", 34, stage="build")
BROKEN = gitlab_job(502, "unit", "failed", 95, stage="test", reason="script_failure")
AGAIN = gitlab_job(505, "unit", "running", 130, stage="test", started_at=at(130))
GOOD = gitlab_job(505, "unit", "success", 180, stage="test")
STAGES = ["build", "test"]
LIFE = [
    gitlab_job_hook(9001, 501, "compile", "queued", 0, stage="build", title="Add basket"),
    gitlab_pipeline(9001, "running", 4, [gitlab_job(501, "compile", "running", 4, stage="build")], stages=STAGES),
    gitlab_job_hook(9001, 501, "compile", "success", 34, stage="build"),
    gitlab_pipeline(9001, "failed", 95, [BUILD, BROKEN], stages=STAGES, finished_at=at(95), duration=91),
    gitlab_job_hook(9001, 505, "unit", "queued", 125, stage="test"),
    gitlab_pipeline(9001, "running", 130, [AGAIN, BUILD], stages=STAGES),
    gitlab_pipeline(9001, "success", 180, [GOOD, BUILD], stages=STAGES, finished_at=at(180), duration=176),
]


def statuses(pipeline: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {s["name"]: {job["name"]: job["status"] for job in s["jobs"]} for s in pipeline["stages"]}


def test_a_retried_pipeline_goes_from_failed_to_success() -> None:
    """Under the same id: an end is not final, and the new job stands in the place of the old."""
    [pipeline] = project(LIFE)["pipelines"]
    assert pipeline["status"] == "success"
    assert statuses(pipeline) == {"build": {"compile": "success"}, "test": {"unit": "success"}}
    assert [stage["status"] for stage in pipeline["stages"]] == ["success", "success"]
    assert pipeline["updated_at"] == at(180)
    assert pipeline["title"] == "Add basket"  # only a job said so


def test_while_it_runs_again_the_lamp_stays_as_it_ended() -> None:
    """Two axes, as in CCTray: what came out last, and what is going on."""
    again = project(LIFE[:-1])
    assert (again["status"], again["active"]) == ("failed", "running")
    [pipeline] = again["pipelines"]
    assert "finished_at" not in pipeline
    assert "duration" not in pipeline
    assert [(result["status"], result["duration"]) for result in again["results"]] == [("failed", 91)]
    assert "active" not in project(LIFE)


def test_order_and_repeats_do_not_matter() -> None:
    """A CI delivers late, twice, and the latest first."""
    for shuffled in shuffles(LIFE, 200):
        assert state(shuffled) == state(LIFE)


def test_a_repeat_changes_nothing() -> None:
    """So the webhook handler need not say it again: a group's and a project's hook may both fire."""
    board = fold(LIFE)
    before = board.json("now", "e-1")
    assert not any(board.would_change(event) or board.apply(event) for event in LIFE)
    assert board.json("now", "e-1") == before


def test_an_older_observation_only_fills_in() -> None:
    """It does not take back what a newer one said, but may know what that did not."""
    [pipeline] = project(
        [github_run(1, "success", 60, title="new"), github_run(1, "running", 9, title="old", author="Ana")]
    )["pipelines"]
    assert (pipeline["status"], pipeline["title"], pipeline["author"]) == ("success", "new", "Ana")


def test_what_was_filled_in_may_yet_be_corrected() -> None:
    """By one that lies between; otherwise the order in which they came would tell."""
    observed = [github_run(1, "queued", 1, title="first"), github_run(1, "running", 2, title="second")]
    observed += [github_run(1, "success", 3)]
    for told in itertools.permutations(observed):
        assert project(told)["pipelines"][0]["title"] == "second"


def test_nothing_is_filled_in_across_attempts() -> None:
    """A second attempt has not begun when the first had, nor failed for its reason."""
    first = github_run(1, "failed", 60, started_at=at(1), duration=59, reason="timed_out", title="Add basket")
    [pipeline] = project([first, github_run(1, "queued", 90, attempt=2)])["pipelines"]
    assert pipeline["attempt"] == 2
    assert pipeline["title"] == "Add basket"
    assert not pipeline.keys() & {"started_at", "finished_at", "duration", "reason"}


def test_a_generic_sender_need_not_repeat_itself() -> None:
    """The second line of a script knows the end only; the duration is from the first to it."""
    told = project([generic("5", "running", 10, ref="main", started_at=at(10)), generic("5", "success", 52.5)])
    assert told["status"] == "success"
    with_end = project(
        [
            generic("5", "running", 10, ref="main", started_at=at(10)),
            generic("5", "success", 52, finished_at=at(52.5)),
        ]
    )
    assert [(r["ref"], r["duration"]) for r in with_end["results"]] == [("main", 42.5)]


def test_jobs_of_an_unknown_pipeline_make_a_stub() -> None:
    """Its status is rolled up from the jobs, unfinished while one is, until the pipeline itself is heard of."""
    hooks = [
        gitlab_job_hook(1, 11, "compile", "success", 9, stage="build", sha="abc"),
        gitlab_job_hook(1, 12, "unit", "failed", 20, stage="test"),
        gitlab_job_hook(1, 13, "lint", "running", 15, stage="test"),
    ]
    stub = project(hooks)
    [pipeline] = stub["pipelines"]
    assert (pipeline["status"], pipeline["sha"], pipeline["ref"]) == ("running", "abc", "main")
    assert [stage["status"] for stage in pipeline["stages"]] == ["success", "failed"]
    assert (stub["status"], stub["active"], stub["results"]) == ("unknown", "running", [])
    ended = [*hooks, gitlab_job_hook(1, 13, "lint", "success", 25, stage="test")]
    assert project(ended)["pipelines"][0]["status"] == "failed"
    assert project(ended)["results"] == []  # other jobs may follow
    real = project([gitlab_pipeline(1, "queued", 0), *ended])
    assert real["pipelines"][0]["status"] == "queued"
    assert len(statuses(real["pipelines"][0])) == 2


def test_github_jobs_of_one_attempt_may_share_a_name() -> None:
    """They are two; of a later attempt they replace those of the one before."""

    def job(id: int, status: str, attempt: int) -> Event:
        parent = f"{GITHUB}|pipeline|1"
        key, clock = f"{GITHUB}|job|{id}", [attempt, ms(id), {"failed": 3}.get(status, 2)]
        return run("job", key, status, clock, name="test", parent=parent)

    first = [job(1, "failed", 1), job(2, "failed", 1)]
    assert [len(stage["jobs"]) for stage in project(first)["pipelines"][0]["stages"]] == [2]
    again = project([job(3, "running", 2), *first])["pipelines"][0]["stages"]
    assert [[job["id"] for job in stage["jobs"]] for stage in again] == [[3]]


def test_the_lamp_is_the_worst_of_the_lines() -> None:
    """Of each ref, and each workflow of it, the last result counts: one that succeeds does not hide another."""
    runs = [
        github_run(1, "failed", 10, name="CI"),
        github_run(2, "success", 20, name="Lint"),
        github_run(3, "success", 30, name="CI", ref="dev"),
        github_run(4, "running", 40, name="CI"),
    ]
    assert project(runs)["status"] == "failed"
    assert project([*runs, github_run(4, "success", 50, name="CI")])["status"] == "success"
    assert project([*runs[1:], github_run(5, "skipped", 60, name="Lint")])["status"] == "success"


def test_in_gitlab_a_name_makes_no_line() -> None:
    """`workflow:name` may be each pipeline's own: one that failed under its name would colour the lamp for long."""
    told = [gitlab_pipeline(1, "failed", 10, name="Fix x"), gitlab_pipeline(2, "success", 20, name="Fix y")]
    assert project(told)["status"] == "success"


def test_a_child_pipeline_is_no_result_of_its_own() -> None:
    """It ends after its parent has failed, on the same ref: it would hide that."""
    parent = gitlab_pipeline(1, "failed", 10)
    child = gitlab_pipeline(2, "success", 20, parent=f"{GITLAB}|pipeline|1")
    told = project([parent, child])
    assert (told["status"], len(told["results"])) == ("failed", 1)
    assert [pipeline.get("parent") for pipeline in told["pipelines"]] == [f"{GITLAB}|pipeline|1", None]
    downstream = gitlab_pipeline(2, "success", 20, parent="gitlab|https://gitlab.example.com|7|pipeline|1")
    assert project([parent, downstream])["status"] == "success"


def test_expected_is_the_median_of_the_last_successes() -> None:
    """Of the same ref and workflow, as long as there are any; a failure tells nothing of how long it takes."""
    past = [github_run(n, "success", n, created_at=at(n), duration=100.0 + n) for n in range(1, 13)]
    past += [github_run(20, "failed", 20, created_at=at(20), duration=1.0)]
    past += [github_run(21, "success", 21, created_at=at(21), name="Lint", duration=7.0)]
    running = [
        github_run(30, "running", 30, created_at=at(30)),
        github_run(31, "queued", 31, ref="dev", name="Lint"),
    ]
    told = project([*past, *running, github_run(32, "running", 32, created_at=at(32), name="Lint")])["pipelines"]
    expected = {pipeline["number"]: pipeline.get("expected") for pipeline in told}
    assert (expected["30"], expected["32"], expected["20"]) == (107.5, 7.0, None)


def test_a_busy_ref_does_not_push_out_a_quiet_one() -> None:
    """Of each of the ten newest refs the last pipeline stays, and its result."""
    quiet = gitlab_pipeline(1, "failed", 1, created_at=at(1), ref="release")
    busy = [gitlab_pipeline(n, "success", n, created_at=at(n)) for n in range(2, 60)]
    told = project([quiet, *busy])
    assert [pipeline["number"] for pipeline in told["pipelines"]] == [*map(str, range(59, 49, -1)), "1"]
    assert [result["number"] for result in told["results"]] == ["1", *map(str, range(30, 60))]
    assert told["status"] == "failed"
    refs = [gitlab_pipeline(n, "success", n, created_at=at(n), ref=f"mr-{n}") for n in range(60, 70)]
    assert project([quiet, *busy, *refs])["status"] == "success"


def test_what_is_too_old_changes_nothing() -> None:
    """A late word about a pipeline that has gone does not bring it back."""
    board = fold(gitlab_pipeline(n, "success", n, created_at=at(n)) for n in range(10, 60))
    assert not board.apply(gitlab_pipeline(1, "failed", 1, created_at=at(1)))
    assert not board.would_change(gitlab_job_hook(11, 5, "unit", "failed", 70, created_at=at(11)))


def test_what_goes_leaves_its_result() -> None:
    """With what was said of it before its end."""
    first = [generic("1", "running", 0, ref="main", number="7", started_at=at(0)), generic("1", "failed", 1)]
    later = [generic(str(n), "success", n, ref="main", started_at=at(n)) for n in range(2, 30)]
    told = project([*first, *later])
    assert (told["results"][0]["number"], told["results"][0]["ref"]) == ("7", "main")
    assert len(told["pipelines"]) == 10


def test_other_runs_have_their_places() -> None:
    """The newest deployment of an environment, the newest check of a name, the newest push or tag and release."""

    def deployment(id: int, status: str, seconds: float, environment: str) -> Event:
        key = f"{GITLAB}|deployment|{id}"
        return run("deployment", key, status, [ms(seconds), 3, 0], environment=environment)

    events = [
        deployment(1, "success", 50, "production"),  # GitLab says when it changed, not when it began
        deployment(2, "running", 40, "production"),
        deployment(3, "failed", 30, "staging"),
        generic("cov", "failed", 5, kind="check", name="coverage", created_at=at(5)),
        generic("cov2", "success", 6, kind="check", name="coverage", created_at=at(6)),
        generic("a", "success", 7, kind="push", title="first"),
        generic("v1", "success", 8, kind="tag", title="tagged"),
        generic("v1", "success", 9, kind="release", name="v1"),
        generic("v2", "success", 10, kind="release", name="v2"),
    ]
    for shuffled in [events, *shuffles(events, 20)]:
        told = project(shuffled)
        assert {name: run["status"] for name, run in told["deployments"].items()} == {
            "production": "running",
            "staging": "failed",
        }
        assert {name: run["status"] for name, run in told["checks"].items()} == {"coverage": "success"}
        assert (told["push"]["title"], told["release"]["name"]) == ("tagged", "v2")
        assert told["status"] == "unknown"


def test_environments_and_checks_are_bounded() -> None:
    """Review apps come and go; the newest stay."""
    events = [generic(str(n), "success", n, kind="deployment", environment=f"review/{n}") for n in range(1, 50)]
    events += [generic(str(n), "success", n, kind="check", name=f"check {n}") for n in range(1, 50)]
    told = project(events)
    assert (len(told["deployments"]), len(told["checks"])) == (30, 20)
    assert "review/49" in told["deployments"]
    assert not fold(events).apply(events[0])


def test_a_late_word_about_an_older_deployment_is_news() -> None:
    """It failed while the next one already ran: who listens should hear that, though the board shows the next."""
    board = fold([generic(str(n), "running", n, kind="deployment", environment="live") for n in (1, 2)])
    assert board.apply(generic("1", "failed", 9, kind="deployment", environment="live"))


def test_a_job_without_a_pipeline_has_no_place() -> None:
    """Nor does it make an empty project."""
    board = Board()
    assert not board.apply(generic("1", "failed", 9, kind="job", name="unit"))
    assert board.state("now")["projects"] == {}


def test_status_is_the_worst_of_projects_that_have_one() -> None:
    """A project that was only pushed to says nothing; it does not make a good board grey."""
    good = gitlab_pipeline(1, "success", 1)
    pushed = generic("a", "success", 1, kind="push", project="other")
    assert state([good, pushed])["status"] == "success"
    assert state([good, pushed, github_run(1, "warning", 1, project="third")])["status"] == "warning"
    assert state([])["status"] == "unknown"


def test_project_names_its_source_and_page() -> None:
    """As the latest word has it."""
    told = project([gitlab_pipeline(1, "success", 1, project_url="https://gitlab.example.com/shop/web")])
    assert (told["url"], told["source"]) == ("https://gitlab.example.com/shop/web", "gitlab")


def test_a_newer_sample_replaces_a_host() -> None:
    """A number that is no longer sent goes; a late sample is ignored; a change of state keeps the numbers."""
    first, second = host("web1", "live", 5, cpu=3.5, swap=1), host("web1", "live", 10, cpu=90, level="warning")
    board = fold([first, second])
    assert not board.apply(first)
    assert not board.apply(second)
    assert board.state("now")["hosts"]["web1"] == second.data
    assert board.apply(host("web1", "stale", 10, level=None))
    stale = {**second.data, "state": "stale"}
    assert board.state("now")["hosts"]["web1"] == stale
    assert not board.apply(second)
    assert board.apply(host("web1", "live", 15))


def test_a_hosts_alarms_are_kept_if_they_are_levels() -> None:
    """They say which number it is that makes it red."""
    board = fold([host("web1", "live", 5, alarms={"cpu": "critical"}), host("web2", "live", 5, alarms={"cpu": 3})])
    assert [h.get("alarms") for h in board.state("now")["hosts"].values()] == [{"cpu": "critical"}, None]


def test_a_check_remembers_its_last_results() -> None:
    """In the order of their times, each once, whatever order they came in."""
    events = [check("shop", "up", n, latency=n / 1000) for n in range(1, 40)]
    for told in (events, events[::-1][:38] + events[:10]):
        shop = state(told)["checks"]["shop"]
        assert shop["checked_at"] == at(39)
        assert [result["at"] for result in shop["results"]] == [at(n) for n in range(10, 40)]
        assert shop["results"][-1] == {"status": "up", "latency": 0.039, "at": at(39)}
    board = fold(events)
    assert not board.apply(events[-1])
    assert board.apply(check("shop", "down", 39, error="timeout"))
    assert [r["status"] for r in board.state("now")["checks"]["shop"]["results"]][-2:] == ["up", "down"]


@pytest.mark.parametrize(
    ("limit", "events"),
    [
        ("MAX_PROJECTS", [generic("1", "success", n, project=f"p{n}") for n in range(4)]),
        ("MAX_HOSTS", [host(f"p{n}", "live", n) for n in range(4)]),
        ("MAX_CHECKS", [check(f"p{n}", "up", n) for n in range(4)]),
    ],
)
def test_what_changed_longest_ago_goes_first(
    monkeypatch: pytest.MonkeyPatch, limit: str, events: list[Event]
) -> None:
    """A busy server does not grow without limit; a repeat is no change."""
    monkeypatch.setattr(board_module, limit, 3)
    board = fold(events[:3])
    board.state("now")
    things = {"MAX_PROJECTS": "projects", "MAX_HOSTS": "hosts", "MAX_CHECKS": "checks"}[limit]
    newer = dict(events[0].data) | {"status": "failed" if things == "projects" else "down", "state": "stale"}
    newer |= {"clock": [ms(9), 3, 0]}
    assert board.apply(Event("ci", events[0].type, newer))
    assert not board.apply(events[1])
    assert board.apply(events[3])
    assert sorted(board.state("now")[things]) == ["p0", "p2", "p3"]


def test_jobs_are_bounded() -> None:
    """The newest of them stay."""
    jobs = [gitlab_job(n, f"job {n}", "success", n) for n in range(1, 800)]
    [pipeline] = project([gitlab_pipeline(1, "success", 900, jobs)])["pipelines"]
    assert [job["id"] for job in pipeline["stages"][0]["jobs"]] == list(range(300, 800))


def test_json_is_the_state() -> None:
    """With the id to listen on from, and after each change."""
    board = Board()
    for event in [*LIFE, host("wéb", "live", 1), check("shop", "up", 1), generic("1", "failed", 1, project='a"b')]:
        board.apply(event)
        assert json.loads(board.json("now", "e-1")) == board.state("now") | {"id": "e-1"}
    board.apply(generic("2", "failed", 2, title="\ud800"))
    assert b'"title":"?"' in board.json("now", "e-1")
    assert json.loads(Board().json("now", "e-0")) == Board().state("now") | {"id": "e-0"}


@pytest.mark.parametrize(
    "strange",
    [
        Event("", "ready", {}),
        Event("lobby", "message", {"name": "a", "message": "b"}),
        Event("ci", "run", {}),
        Event("ci", "run", {"key": "k", "kind": "pipeline", "project": "p", "status": "failed"}),
        Event("ci", "run", {"key": "k", "kind": "sidecar", "project": "p", "status": "failed", "clock": [1, 2, 3]}),
        Event("ci", "run", {"key": 1, "kind": "pipeline", "project": "p", "status": "failed", "clock": [1, 2, 3]}),
        generic("1", "failed", 1, clock=[1, 2]),
        generic("1", "failed", 1, clock=[1, float("nan"), 3]),
        generic("1", "failed", 1, clock=[1, 10**400, 3]),
        generic("1", "failed", 1, clock=[-1, 2, 3]),
        Event("hosts", "host", {"host": "a", "state": "asleep"}),
        Event("hosts", "host", {"host": "a", "state": []}),
        Event("hosts", "check", {"check": "a", "status": None}),
    ],
)
def test_a_strange_event_changes_nothing(strange: Event) -> None:
    """It may come from another version; the board goes on."""
    board = Board()
    assert not board.apply(strange)
    assert board.snapshot() == Board().snapshot()


def test_a_strange_field_is_left_out() -> None:
    """The rest of the observation is as good as ever; a status that is not known is `unknown`."""
    jobs = [None, 3, {}, gitlab_job(1, "unit", "exploded", 1, duration="long", stage=["x"])]
    told = run("pipeline", "k", "exploded", [1, 2, 3], jobs=jobs, stages="x", title=9, ref="main", duration=True)
    [pipeline] = project([told])["pipelines"]
    assert (pipeline["status"], pipeline["ref"]) == ("unknown", "main")
    assert not pipeline.keys() & {"title", "duration"}
    [stage] = pipeline["stages"]
    assert [(job["status"], job.get("duration")) for job in stage["jobs"]] == [("unknown", None)]
    odd = run("pipeline", "k", "failed", [1, 2, 3], started_at="noon", finished_at="2026-11-24T09:00:00")
    assert "duration" not in project([odd])["pipelines"][0]
    mixed = run("pipeline", "k", "failed", [1, 2, 3], started_at=at(0), finished_at="2026-11-24T09:00:00")
    assert "duration" not in project([mixed])["pipelines"][0]
    assert project([run("pipeline", "k", "failed", [1, 2, 3], jobs={})])["status"] == "failed"


def test_what_is_given_stays_as_it_is() -> None:
    """The board keeps its own copies: an event is heard by others."""
    before = json.dumps([dict(event.data) for event in LIFE])
    fold([*LIFE, *LIFE[::-1]]).state("now")
    assert json.dumps([dict(event.data) for event in LIFE]) == before
