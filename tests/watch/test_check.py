"""When a check is up, pending or down, and what is told of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tornchat.watch.check import Check, Report, Result, State

SHOP = Check(name="shop", kind="http", target="https://u:secret@shop.example:8443/health?key=secret#x", group="web")
OK, BAD = Result(True, code=200, latency=0.01234567), Result(False, "answered 500, not 200 to 299", 500, 0.1)


def told(state: State, results: str) -> list[tuple[object, bool]]:
    """Status and change of each, one second apart; `+` is a success and `-` a failure."""
    reports = [state.found(OK if sign == "+" else BAD, float(now)) for now, sign in enumerate(results)]
    return [(data["status"], changed) for data, changed in reports]


def test_data() -> None:
    """What the dashboard gets: no secrets of the URL, and no field that is not known."""
    state = State(SHOP)
    assert state.found(OK, 0) == (
        {
            "check": "shop",
            "kind": "http",
            "target": "https://shop.example:8443/health",
            "status": "up",
            "group": "web",
            "latency": 0.0123,
            "code": 200,
            "checked_at": "1970-01-01T00:00:00.000Z",
            "since": "1970-01-01T00:00:00.000Z",
        },
        True,
    )
    data, changed = state.found(OK, 60.5)
    assert (data["checked_at"], data["since"], changed) == (
        "1970-01-01T00:01:00.500Z",
        "1970-01-01T00:00:00.000Z",
        False,
    )
    assert "secret" not in repr(SHOP)


def test_down_after_three_failures_and_up_after_two_successes() -> None:
    """One attempt that went wrong wakes nobody, and each change is one kept event."""
    assert told(State(SHOP), "++---++") == [
        ("up", True),
        ("up", False),
        ("pending", True),
        ("pending", False),
        ("down", True),
        ("down", False),
        ("up", True),
    ]


def test_streaks_are_of_consecutive_results() -> None:
    """A success among failures begins the count anew, and so does a failure among successes."""
    assert [status for status, _ in told(State(SHOP), "+--+--+---")][-4:] == ["up", "pending", "pending", "down"]
    assert [status for status, _ in told(State(SHOP), "---+-+-++")][2:] == ["down"] * 6 + ["up"]


def test_first_failures() -> None:
    """What was never seen up goes down by the same threshold."""
    assert told(State(SHOP), "---") == [("pending", True), ("pending", False), ("down", True)]


def test_thresholds_of_one() -> None:
    """Then there is no pending."""
    check = Check(name="x", kind="tcp", target="x:1", failures=1, successes=1)
    assert told(State(check), "+-+") == [("up", True), ("down", True), ("up", True)]


@given(results=st.text("+-", max_size=40), failures=st.integers(1, 4), successes=st.integers(1, 4))
def test_any_results(results: str, failures: int, successes: int) -> None:
    """By any way: down is entered by that many failures and left by that many successes, in a row, and not else."""
    state = State(Check(name="x", kind="tcp", target="x:1", failures=failures, successes=successes))
    before = "unknown"
    for number, (status, changed) in enumerate(told(state, results), start=1):
        seen = results[:number]
        assert changed == (status != before)
        if before == "down":
            assert status == ("up" if seen.endswith("+" * successes) else "down")
        elif seen.endswith("+"):
            assert status == "up"
        else:
            assert status == ("down" if seen.endswith("-" * failures) else "pending")
        before = str(status)


def certificate(state: State, days: int) -> Report:
    return state.found(Result(True, code=200, days_left=days), 0)


def test_certificate_that_ends_soon_is_a_warning() -> None:
    """It is up, and says why somebody should look; that it begins and ends is a change, so that it is kept."""
    state = State(SHOP)
    certificate(state, 14)
    data, changed = certificate(state, 13)
    assert (data["status"], data["days_left"], data["error"], changed) == (
        "up",
        13,
        "days until the certificate ends: 13",
        True,
    )
    assert not certificate(state, 12)[1]
    data, changed = certificate(state, 90)
    assert ("error" in data, changed) == (False, True)


def test_restart_is_no_change() -> None:
    """The last event is all that is needed to go on."""
    state = State(SHOP)
    for now in range(3):
        down, _ = state.found(BAD, now)
    again = State(SHOP, down)
    data, changed = again.found(BAD, 100)
    assert (data["status"], data["since"], changed) == ("down", down["since"], False)
    warned, _ = certificate(State(SHOP), 1)
    assert not certificate(State(SHOP, warned), 1)[1]


def test_last_event_of_something_else_is_no_help() -> None:
    """A check that became one of another kind, or what another version has written."""
    for last in ({"kind": "tcp", "status": "down"}, {"kind": "http", "status": "strange"}, {}):
        assert State(SHOP, last).status == "unknown"


def test_shown() -> None:
    """What everybody may see of a target."""
    assert Check(name="x", kind="tcp", target="[::1]:5432").shown == "[::1]:5432"
    assert Check(name="x", kind="heartbeat", token="secret", period=3600).shown == "a ping every 3600 s"
