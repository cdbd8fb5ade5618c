"""What every broker promises; a new file in `tornchat/brokers` is tested here by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from unittest.mock import patch

import pytest
from tornado.ioloop import IOLoop

from tests.redis_server import redis_url
from tests.support import DEADLINE, eventually
from tornchat import brokers, plugins
from tornchat.brokers import Broker, Receipt, Rooms, _redis_follower, redis, sqlite
from tornchat.config import Config
from tornchat.errors import ConfigError
from tornchat.event import Event, is_id, message

# How a test reaches each broker, with a folder of its own.
URLS: dict[str, Callable[[Path], str]] = {
    "memory": lambda folder: "memory://",
    "sqlite": lambda folder: f"sqlite:///{folder}/history.db",
    "redis": lambda folder: redis_url(),
}


def say(*texts: str, room: str = "lobby") -> list[Event]:
    return [message({"message": text, "room": room}, max_bytes=10**6) for text in texts]


def texts(events: Sequence[Event]) -> list[str]:
    return [e.data["message"] if e.type == "message" else e.type for e in events]


@pytest.fixture
def delivered() -> list[Event]:
    """What the broker has delivered."""
    return []


KINDS = [
    pytest.param(name, marks=pytest.mark.needs("redis-server") if name == "redis" else ())
    for name in plugins.names(brokers.__name__)
]


@pytest.fixture
def small_tail() -> Iterator[None]:
    """Most of the past is in the store alone."""
    with patch.object(sqlite, "TAIL_EVENTS", 3), patch.object(_redis_follower, "TAIL_EVENTS", 3):
        yield


@pytest.fixture(params=KINDS)
def broker(
    request: pytest.FixtureRequest, io_loop: IOLoop, delivered: list[Event], tmp_path: Path, small_tail: None
) -> Iterator[Broker]:
    """A started broker of each kind, with the options of the test."""
    marker = request.node.get_closest_marker("options")
    config = Config(broker=URLS[request.param](tmp_path), **(marker.kwargs if marker else {}))
    broker = brokers.from_url(config)

    async def start() -> None:
        await broker.start(delivered.extend)

    with patch.object(redis, "TRIM_SECONDS", 0.01):
        io_loop.run_sync(start)
        yield broker
        io_loop.run_sync(broker.stop)


async def publish(broker: Broker, events: list[Event], key: str | None = None) -> Sequence[Receipt]:
    """Publish, and wait until it is delivered here: Redis acknowledges before its stream has come round."""
    receipts = await broker.publish(events, key)
    await eventually(lambda: sequence(broker.cursor) >= sequence(receipts[-1].id))
    return receipts


def sequence(id: str) -> int:
    return int(id.rpartition("-")[2])


async def replay(broker: Broker, after: str, rooms: Rooms = None) -> list[Event]:
    """All pages after an id."""
    events: list[Event] = []
    while page := await broker.page(after, rooms):
        events += page
        after = page[-1].id
    return events


async def trimmed(broker: Broker, condition: Callable[[list[Event]], bool]) -> list[Event]:
    """All that is kept, once retention has brought it to where the condition holds."""
    deadline = monotonic() + DEADLINE
    while not condition(kept := await replay(broker, await broker.before(None))):
        assert monotonic() < deadline, f"{len(kept)} are kept"
        await asyncio.sleep(0.005)
    return kept


async def test_published_is_delivered_and_kept(broker: Broker, delivered: list[Event]) -> None:
    """The same events in the same order, with ids and times."""
    start = broker.cursor
    receipts = [*await publish(broker, say("1", "2")), *await publish(broker, say("3", room="ops"))]
    assert delivered == await replay(broker, start)
    assert texts(delivered) == ["1", "2", "3"]
    assert receipts == [(event.id, event.room, event.at) for event in delivered]
    assert [event.room for event in delivered] == ["lobby", "lobby", "ops"]
    assert all(event.at for event in delivered)
    assert broker.cursor == delivered[-1].id


async def test_ids_are_distinct_and_well_formed(broker: Broker) -> None:
    """So is the place before the first event."""
    ids = [broker.cursor, *(event.id for event in await publish(broker, say(*"abcdefghijkl")))]
    assert len(set(ids)) == 13
    assert all(map(is_id, ids))


async def test_resume_from_every_id(broker: Broker, delivered: list[Event]) -> None:
    """What comes after an id is what was published after it, in the rooms asked for."""
    start = broker.cursor
    for number in range(9):
        await publish(broker, say(str(number), room="ops" if number % 3 else "ci"))
    kept = delivered
    for position, id in enumerate([start, *(event.id for event in kept)]):
        assert await replay(broker, id) == kept[position:]
        ops = [event for event in kept[position:] if event.room == "ops"]
        assert await replay(broker, id, frozenset({"ops"})) == ops
        assert await replay(broker, id, frozenset({"ops", "ci", "x"})) == kept[position:]


async def test_last_and_all(broker: Broker) -> None:
    """`before` finds where to begin."""
    await publish(broker, say("1", "2"))
    await publish(broker, say("3", room="ops"))
    await publish(broker, say("4"))
    lobby = frozenset({"lobby"})
    for last, expected in ((0, []), (1, ["4"]), (2, ["2", "4"]), (3, ["1", "2", "4"]), (99, ["1", "2", "4"])):
        assert texts(await replay(broker, await broker.before(lobby, last), lobby)) == expected
    assert texts(await replay(broker, await broker.before(None, 3))) == ["2", "3", "4"]
    assert texts(await replay(broker, await broker.before(None))) == ["1", "2", "3", "4"]


async def test_pages_are_bounded(broker: Broker) -> None:
    """A listener far behind does not get all at once."""
    start = broker.cursor
    for _ in range(20):
        await publish(broker, say(*map(str, range(100))))
    page = await broker.page(start, None)
    assert 0 < len(page) < 2000
    assert len(await replay(broker, start)) == 2000
    big = broker.cursor
    for _ in range(40):
        await publish(broker, say("x" * 60_000))
    assert 0 < len(await broker.page(big, None)) < 40
    assert len(await replay(broker, big)) == 40


@pytest.mark.parametrize(
    "id", ["0-0", "", "x", "-1", "0-" + "9" * 20, "9" * 5000, "e-" + "9" * 5000, "\r\nid: 1", "ü-1"]
)
async def test_unknown_id_is_a_reset(broker: Broker, id: str) -> None:
    """Told once; then the stream goes on from the present."""
    await publish(broker, say("1"))
    [event] = await broker.page(id, None)
    assert (event.type, event.id) == ("reset", broker.cursor)
    await publish(broker, say("2"))
    assert texts(await replay(broker, event.id)) == ["2"]


async def test_id_from_the_future_is_a_reset(broker: Broker) -> None:
    """An id that was never given out is no place to resume at."""
    [event] = await publish(broker, say("1"))
    epoch, _, sequence = event.id.rpartition("-")
    assert texts(await broker.page(f"{epoch}-{int(sequence) + 1}", None)) == ["reset"]


@pytest.mark.options(history_count=10)
async def test_trimmed_by_count(broker: Broker, delivered: list[Event]) -> None:
    """What retention took is told as a gap, with the exact number where all of it was of these rooms."""
    start = broker.cursor
    kept = await publish(broker, say(*map(str, range(25))))
    await trimmed(broker, lambda left: len(left) == 10)
    for rooms in (None, frozenset({"lobby"}), frozenset({"lobby", "ops"})):
        gap, *rest = await replay(broker, start, rooms)
        assert (gap.type, gap.data) == ("gap", {"missed": 15})
        assert gap.id == kept[14].id
        assert rest == delivered[15:]
    assert texts(await replay(broker, start, frozenset({"ops"}))) == []
    assert texts(await replay(broker, kept[13].id)) == ["gap", *map(str, range(15, 25))]
    assert texts(await replay(broker, kept[14].id)) == list(map(str, range(15, 25)))
    assert texts(await replay(broker, await broker.before(None))) == list(map(str, range(15, 25)))


@pytest.mark.options(history_bytes=1_000_000)
async def test_trimmed_by_bytes(broker: Broker) -> None:
    """The newest stay."""
    for _ in range(10):
        await publish(broker, say(*("x" * 1000 for _ in range(300))))
    kept = await trimmed(broker, lambda left: len(left) < 900)
    assert len(kept) > 300
    assert kept[-1].id == broker.cursor


@pytest.mark.options(history_age=0.3)
async def test_trimmed_by_age(broker: Broker) -> None:
    """What has become too old goes, also when nothing more is said."""
    start = broker.cursor
    await publish(broker, say("1"))
    assert await trimmed(broker, lambda left: not left) == []
    assert texts(await replay(broker, start)) == ["gap"]
    await publish(broker, say("2"))
    assert texts(await replay(broker, start))[-1] == "2"


@pytest.mark.options(history_count=10)
async def test_gap_only_where_something_was_removed(broker: Broker) -> None:
    """A quiet room whose messages are all there hears no gap because others were trimmed."""
    [old] = await publish(broker, say("old", room="quiet"))
    await publish(broker, say(*"12345"))
    [quiet] = await publish(broker, say("quiet", room="quiet"))
    await publish(broker, say(*"123456789"))
    await trimmed(broker, lambda left: len(left) == 10)
    assert texts(await replay(broker, old.id, frozenset({"quiet"}))) == ["quiet"]
    gap, *rest = await replay(broker, old.id, frozenset({"quiet", "lobby"}))
    assert (gap.type, gap.data) == ("gap", {"missed": 5})
    assert texts(rest) == ["quiet", *"123456789"]
    await publish(broker, say(*"123456789"))
    await trimmed(broker, lambda left: len(left) == 10 and left[-1].id == broker.cursor)
    assert texts(await replay(broker, quiet.id, frozenset({"quiet"}))) == []
    gap, *rest = await replay(broker, old.id, frozenset({"quiet"}))
    assert (gap.type, gap.data, rest) == ("gap", {"missed": None}, [])


@pytest.mark.options(history_count=0)
async def test_no_history(broker: Broker, delivered: list[Event]) -> None:
    """Live only: nothing is kept, and who comes back is told."""
    start = broker.cursor
    await publish(broker, say("1"))
    assert texts(delivered) == ["1"]
    await trimmed(broker, lambda left: not left)
    assert texts(await replay(broker, start)) == ["gap"]
    assert await replay(broker, broker.cursor) == []


async def test_same_key_keeps_once(broker: Broker, delivered: list[Event]) -> None:
    """The first receipts are given again, whatever comes with the key."""
    first = await publish(broker, say("1", "2"), "key")
    again = await asyncio.gather(*(publish(broker, say("3"), "key") for _ in range(5)))
    assert again == [first] * 5
    await publish(broker, say("4"), "other")
    assert texts(delivered) == ["1", "2", "4"]


async def test_same_key_at_the_same_time(broker: Broker, delivered: list[Event]) -> None:
    """Also when all come at once."""
    receipts = await asyncio.gather(*(publish(broker, say("1"), "key") for _ in range(10)))
    assert receipts == [receipts[0]] * 10
    assert texts(delivered) == ["1"]


async def test_many_publish_at_once(broker: Broker, delivered: list[Event]) -> None:
    """One order for all, each writer's own kept, and each answer is that of its own event."""

    async def write(writer: int) -> None:
        for number in range(50):
            [receipt] = await publish(broker, say(f"{writer}:{number}"))
            said[receipt.id] = f"{writer}:{number}"

    said: dict[str, str] = {}
    start = broker.cursor
    await asyncio.gather(*map(write, range(8)))
    assert {event.id: event.data["message"] for event in delivered} == said
    assert await replay(broker, start) == delivered
    for writer in range(8):
        own = [text for text in texts(delivered) if text.startswith(f"{writer}:")]
        assert own == [f"{writer}:{number}" for number in range(50)]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("memroy://", "broker: there is no broker 'memroy': did you mean memory?"),
        ("memory", "broker = 'memory' is no URL: write it as \"memory://\""),
    ],
)
def test_unknown_broker(url: str, error: str) -> None:
    """The near match."""
    with pytest.raises(ConfigError) as raised:
        brokers.from_url(Config(broker=url))
    assert str(raised.value) == error


@pytest.mark.options(history_count=10)
async def test_rooms(broker: Broker) -> None:
    """What is kept of each; a room of which nothing is left is gone."""
    await publish(broker, say("old", room="gone"))
    [ops] = await publish(broker, say("1", room="ops"))
    lobby = await publish(broker, say(*"123456789"))
    await trimmed(broker, lambda left: len(left) == 10)
    assert await broker.rooms() == {"ops": (1, ops.id), "lobby": (9, lobby[-1].id)}


async def test_listeners_of_one_process(broker: Broker) -> None:
    """Who listens here is told again; see tests/brokers/test_redis.py for several processes."""
    assert await broker.announce({"lobby": 2, "*": 1}) == {"lobby": 2, "*": 1}
    assert await broker.announce({}) == {}


async def test_relayed_is_heard_and_not_kept(broker: Broker, delivered: list[Event]) -> None:
    """It has a time and no id, and takes no place in the order."""
    [before] = await publish(broker, say("1"))
    sample = Event("hosts", "host", {"host": "a", "cpu": 0.5})
    await broker.relay([sample, sample])
    await broker.relay([])
    await publish(broker, say("2"))
    await eventually(lambda: len(delivered) == 4)
    assert [event.id != "" for event in delivered if event.type == "host"] == [False, False]
    assert [event.data for event in delivered if event.type == "host"] == [sample.data] * 2
    assert all(event.at for event in delivered)
    assert texts(await replay(broker, before.id)) == ["2"]


async def test_save(broker: Broker) -> None:
    """Any bytes, the last of each name; beside the history, not in it."""
    assert await broker.saved("board") is None
    start = broker.cursor
    for data in (b"", b"\x00\xff" * 1000):
        await broker.save("board", data)
        assert await broker.saved("board") == data
    assert await broker.saved("other") is None
    assert await replay(broker, start) == []


async def test_lease(broker: Broker) -> None:
    """To oneself it is given again; see tests/brokers/test_redis.py for several processes."""
    assert await broker.lease("duty", 10)
    assert await broker.lease("duty", 10)
    assert await broker.lease("duty", 0)
