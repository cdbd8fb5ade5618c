"""A job's pings, and its silence."""

from __future__ import annotations

import pytest

from tornchat.watch.check import Check, Report
from tornchat.watch.heartbeats import Heartbeats, is_verb, named_by

TOKEN = "a-token-of-a-job"
BACKUP = Check(name="backup", kind="heartbeat", token=TOKEN, period=3600, grace=60)
OTHER = Check(name="other", kind="heartbeat", token="a-token-of-other", period=10, grace=10)


@pytest.fixture
def beats() -> Heartbeats:
    return Heartbeats([Check(name="shop", kind="http", target="http://x"), BACKUP], 0)


def ping(beats: Heartbeats, verb: str, now: float) -> tuple[dict[str, object], bool]:
    report = beats.ping("backup", verb, now)
    assert report is not None
    return report


def short(report: Report) -> tuple[object, object, bool]:
    data, changed = report
    return data["status"], data.get("error"), changed


def test_ping(beats: Heartbeats) -> None:
    """It is up at the first one; the token is nowhere in what is told."""
    data, changed = ping(beats, "", 5)
    assert (data, changed) == (
        {
            "check": "backup",
            "kind": "heartbeat",
            "target": "a ping every 3600 s",
            "status": "up",
            "checked_at": "1970-01-01T00:00:05.000Z",
            "since": "1970-01-01T00:00:05.000Z",
        },
        True,
    )
    assert not ping(beats, "", 3600)[1]


def test_silence_is_told_once(beats: Heartbeats) -> None:
    """After period and grace, and never again until it has been heard."""
    ping(beats, "", 100)
    assert beats.due(100 + 3660) == []
    assert [short(r) for r in beats.due(3761)] == [("down", "no ping within 3600 s and 60 s of grace", True)]
    assert beats.due(9999) == []
    assert short(ping(beats, "", 10_000)) == ("up", None, True)
    assert beats.due(10_001) == []


def test_one_that_never_came_is_silent_too(beats: Heartbeats) -> None:
    """Its time begins with the server's."""
    assert beats.due(3660) == []
    assert [short(r)[0] for r in beats.due(3661)] == ["down"]


def test_from_start_to_end_is_the_latency(beats: Heartbeats) -> None:
    """A start is no sign of success; of several the last counts."""
    assert short(ping(beats, "start", 10)) == ("unknown", None, False)
    ping(beats, "start", 20)
    data, _ = ping(beats, "", 22.5)
    assert (data["status"], data["latency"]) == ("up", 2.5)
    assert "latency" not in ping(beats, "", 30)[0]


def test_started_and_not_ended(beats: Heartbeats) -> None:
    """It hangs; to start again and again is not to end."""
    ping(beats, "", 0)
    for now in (100, 130, 159):
        ping(beats, "start", now)
    assert beats.due(160) == []
    assert [short(r) for r in beats.due(161)] == [("down", "it started, and did not end within 60 s", True)]
    assert short(ping(beats, "start", 200)) == ("down", "it started, and did not end within 60 s", False)
    assert ping(beats, "", 230)[0]["status"] == "up"


@pytest.mark.parametrize(
    ("verb", "error"), [("fail", "it says that it failed"), ("1", "exit status 1"), ("255", "exit status 255")]
)
def test_failure(beats: Heartbeats, verb: str, error: str) -> None:
    """Whoever says that it failed is believed at once."""
    ping(beats, "", 1)
    assert short(ping(beats, verb, 2)) == ("down", error, True)
    assert short(ping(beats, verb, 3)) == ("down", error, False)
    assert short(ping(beats, "0", 4)) == ("up", None, True)


@pytest.mark.parametrize("token", ["", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "ü", "\ud800"])
def test_unknown_token(token: str) -> None:
    """It names no check; nor does that of a check of another kind, which has none."""
    http = Check(name="shop", kind="http", target="http://x")
    assert named_by(TOKEN, [http, BACKUP, OTHER]) == "backup"
    assert named_by(token, [http, BACKUP, OTHER]) is None


@pytest.mark.parametrize("verb", ["starting", "-1", "1234", "٣", "1.0"])
def test_unknown_verb(verb: str) -> None:
    """A slip is not taken for a success."""
    assert not is_verb(verb)
    assert all(map(is_verb, ("", "start", "fail", "0", "255")))


def test_unknown_check(beats: Heartbeats) -> None:
    """Another process has other checks."""
    assert beats.ping("nobody", "", 1) is None


def test_each_has_its_own_token() -> None:
    """And its own times."""
    beats = Heartbeats([BACKUP, OTHER], 0)
    assert ping(beats, "", 1)[0]["check"] == "backup"
    assert [data["check"] for data, _ in beats.due(100)] == ["other"]


def test_restart_forgets_nothing() -> None:
    """A daily job whose server is restarted each day is missed all the same."""
    before = Heartbeats([BACKUP], 0)
    up, _ = ping(before, "", 1000)
    after = Heartbeats([BACKUP], 2000, {"backup": up})
    assert after.due(4660) == []
    assert [short(r)[0] for r in after.due(4661)] == ["down"]
    [(down, _)] = before.due(9000)
    assert Heartbeats([BACKUP], 10_000, {"backup": down}).due(99_999) == []


def test_what_was_sent_during_a_restart_was_not_heard() -> None:
    """So there is the grace from the start, before anybody is called."""
    up, _ = ping(Heartbeats([BACKUP], 0), "", 0)
    after = Heartbeats([BACKUP], 50_000, {"backup": up})
    assert after.due(50_060) == []
    assert len(after.due(50_061)) == 1
