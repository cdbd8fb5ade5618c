"""The fold, by property: any order, any repeats, any cut; and nothing that is said can break it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.board.events import at, fold, ms, run, state
from tornchat.board import Board
from tornchat.event import Event

STATUSES = st.sampled_from(
    ["queued", "waiting", "running", "success", "warning", "failed", "cancelled", "skipped", "unknown"]
)
MOMENTS = st.integers(0, 5)
WORDS = st.sampled_from(["a", "b"])
RANKS = {"queued": 0, "unknown": 0, "waiting": 1, "running": 2}
IDENTITY = {
    "title": WORDS,
    "author": WORDS,
    "url": WORDS,
    "ref": WORDS,
    "name": WORDS,
    "created_at": MOMENTS.map(at),
}
TIMES = {"started_at": MOMENTS.map(at), "finished_at": MOMENTS.map(at), "duration": MOMENTS, "queued": MOMENTS}
KNOWN = {"reason": WORDS, "raw_status": WORDS, "allow_failure": st.just(True)}
OTHER = {"environment": WORDS, "project_url": WORDS}


def clock(source: str, kind: str, status: str, first: int, moment: int) -> list[int]:
    rank, time = RANKS.get(status, 3), ms(moment)
    if source == "gitlab" and kind == "job":
        return [rank, time, 0]
    return [time, rank, 0] if source == "generic" or kind not in ("pipeline", "job") else [first, time, rank]


@st.composite
def jobs(draw: st.DrawFn, source: str, kind: str = "job") -> dict[str, Any]:
    """Of one key always the same name and stage: ids of a GitLab job that is retried, attempts of GitHub's."""
    id, status = draw(st.integers(1, 4)), draw(STATUSES)
    known = draw(st.fixed_dictionaries({}, optional=TIMES | KNOWN | {"url": WORDS}))
    place = {"key": f"{source}||7|job|{id}", "name": f"job {id % 2}", "stage": f"stage {id % 2}"}
    return place | {"status": status, "clock": clock(source, kind, status, 1 + id // 3, draw(MOMENTS))} | known


@st.composite
def observations(draw: st.DrawFn) -> Event:
    source = draw(st.sampled_from(["gitlab", "github", "generic"]))
    kind = draw(st.sampled_from(["pipeline", "pipeline", "job", "deployment", "check", "push", "tag", "release"]))
    id = draw(st.integers(1, 3))
    known = draw(st.fixed_dictionaries({}, optional=IDENTITY | TIMES | KNOWN | OTHER))
    if kind == "job":
        job = draw(jobs(source))
        known = {
            field: value for field, value in known.items() if field in ("title", "author", "ref", "created_at")
        }
        return run("job", **{"parent": f"{source}||7|pipeline|{id}", **known, **job})
    if kind == "pipeline":
        known["jobs"] = draw(st.lists(jobs(source), max_size=3))
        known["parent"] = draw(st.sampled_from([None, f"{source}||7|pipeline|1", f"{source}||8|pipeline|1"]))
        known["stages"] = draw(st.sampled_from([None, ["stage 1", "stage 0"]]))
    status = draw(STATUSES)
    when = clock(source, kind, status, draw(st.integers(1, 2)), draw(MOMENTS))
    return run(kind, f"{source}||7|{kind}|{id}", status, when, **known)


@given(events=st.lists(observations(), min_size=1, max_size=12), data=st.data())
def test_any_order_with_repeats(events: list[Event], data: st.DataObject) -> None:
    """Deliveries are late, lost and doubled: what is known at the end depends on what came, not on when."""
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=5))
    shuffled = data.draw(st.permutations([*events, *repeats]))
    assert state(shuffled) == state(events)


def crowd(chance: random.Random) -> list[Event]:
    """More than the board keeps, as senders say it: what stays the same for one run is said each time."""
    refs, events = chance.randint(1, 14), []
    for id in range(1, chance.randint(30, 60)):
        known = {"ref": f"ref {chance.randrange(refs)}", "created_at": at(id), "number": str(id)}
        for status in chance.sample(["running", "failed", "success"], chance.randint(1, 2)):
            clock = [id, ms(id), RANKS.get(status, 3)]
            events += [run("pipeline", f"gitlab||7|pipeline|{id}", status, clock, **known)]
        if chance.random() < 0.2:
            environment = f"live {chance.randrange(refs)}"
            key, clock = f"gitlab||7|deployment|{id}", [ms(chance.randrange(100)), 3, 0]
            events += [run("deployment", key, "success", clock, environment=environment)]
    return events


@pytest.mark.parametrize("seed", range(100))
def test_any_order_past_the_bounds(seed: int) -> None:
    """What goes is a matter of the runs' own age, so that it is the same whenever it goes."""
    chance = random.Random(seed)
    events = crowd(chance)
    shuffled = [*events, *chance.choices(events, k=10)]
    chance.shuffle(shuffled)
    assert state(shuffled) == state(events)


@given(events=st.lists(observations(), max_size=12), repeats=st.data())
def test_a_repeat_is_recognised(events: list[Event], repeats: st.DataObject) -> None:
    """`would_change` says what `apply` then does, and of what has been said it says no."""
    board = Board()
    for event in events:
        would = board.would_change(event)
        before = board.snapshot()
        assert board.apply(event) == would == (board.snapshot() != before)
    if events:
        assert not board.would_change(repeats.draw(st.sampled_from(events)))


HOSTS = st.builds(
    lambda name, state, second, cpu: Event(
        "hosts", "host", {"host": name, "state": state, "cpu": cpu}, "", at(second)
    ),
    WORDS,
    st.sampled_from(["live", "stale", "offline"]),
    MOMENTS,
    MOMENTS,
)
CHECKS = st.builds(
    lambda name, status, second: Event("hosts", "check", {"check": name, "status": status}, "", at(second)),
    WORDS,
    st.sampled_from(["up", "down", "pending"]),
    MOMENTS,
)
ALL = observations() | HOSTS | CHECKS


@given(events=st.lists(ALL, max_size=12), cut=st.integers(0, 12))
def test_a_snapshot_goes_on_as_if_never_cut(events: list[Event], cut: int) -> None:
    """Through JSON, and at any place: the rest folded onto it is the whole fold."""
    taken = json.dumps(fold(events[:cut]).snapshot())
    board = Board.load(json.loads(taken))
    changed = [board.apply(event) for event in events[cut:]]
    whole = fold(events[:cut])
    assert changed == [whole.apply(event) for event in events[cut:]]
    assert board.state("now") == whole.state("now")
    assert json.dumps(board.snapshot()) == json.dumps(whole.snapshot())


@given(events=st.lists(ALL, min_size=1, max_size=6), more=st.lists(ALL, max_size=6))
def test_a_snapshot_does_not_change(events: list[Event], more: list[Event]) -> None:
    """The board that it was taken of goes on without it."""
    board = fold(events)
    snapshot = board.snapshot()
    taken = json.dumps(snapshot)
    loaded = Board.load(snapshot)
    for event in more:
        board.apply(event)
        loaded.apply(event)
    assert json.dumps(snapshot) == taken


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    event=ALL, changes=st.dictionaries(st.integers(0, 30), JSON, max_size=4), extra=st.dictionaries(st.text(), JSON)
)
def test_nothing_breaks_it(event: Event, changes: dict[int, Any], extra: dict[str, Any]) -> None:
    """Whatever stands in a field: no error, a state that is JSON, and the next event is folded."""
    names = list(event.data)
    strange = dict(event.data) | {names[place % len(names)]: value for place, value in changes.items()} | extra
    board = Board()
    board.apply(Event(event.room, event.type, strange, "", event.at))
    board.apply(event)
    board.apply(Event(event.room, event.type, strange, "", event.at))
    json.dumps(board.state("now"), allow_nan=False)
    assert json.loads(board.json("now", "")) == board.state("now") | {"id": ""}
