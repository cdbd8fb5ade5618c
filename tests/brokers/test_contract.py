"""What every broker promises; a new file in `tornchat/brokers` is tested here by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tornado.ioloop import IOLoop

from tornchat import brokers, plugins
from tornchat.brokers import Broker, Rooms
from tornchat.config import Config
from tornchat.errors import ConfigError
from tornchat.event import Event, is_id, message

URLS = {"memory": "memory://"}


def say(*texts: str, room: str = "lobby") -> list[Event]:
    return [message({"message": text, "room": room}, max_bytes=10**6) for text in texts]


def texts(events: object) -> list[str]:
    assert isinstance(events, list | tuple)
    return [e.data["message"] if e.type == "message" else e.type for e in events]


@pytest.fixture
def delivered() -> list[Event]:
    """What the broker has delivered."""
    return []


@pytest.fixture(params=plugins.names(brokers.__name__))
def broker(request: pytest.FixtureRequest, io_loop: IOLoop, delivered: list[Event]) -> Iterator[Broker]:
    """A started broker of each kind, with the options of the test."""
    marker = request.node.get_closest_marker("options")
    config = Config(broker=URLS[request.param], **(marker.kwargs if marker else {}))
    broker = brokers.from_url(config)

    async def start() -> None:
        await broker.start(delivered.extend)

    io_loop.run_sync(start)
    yield broker
    io_loop.run_sync(broker.stop)


async def replay(broker: Broker, after: str, rooms: Rooms = None) -> list[Event]:
    """All pages after an id."""
    events: list[Event] = []
    while page := await broker.page(after, rooms):
        events += page
        after = page[-1].id
    return events


async def test_published_is_delivered_and_kept(broker: Broker, delivered: list[Event]) -> None:
    """The same events in the same order, with ids and times."""
    start = broker.cursor
    kept = [*await broker.publish(say("1", "2")), *await broker.publish(say("3", room="ops"))]
    assert delivered == kept == await replay(broker, start)
    assert texts(kept) == ["1", "2", "3"]
    assert [event.room for event in kept] == ["lobby", "lobby", "ops"]
    assert all(event.at for event in kept)
    assert broker.cursor == kept[-1].id


async def test_ids_are_distinct_and_well_formed(broker: Broker) -> None:
    """So is the place before the first event."""
    ids = [broker.cursor, *(event.id for event in await broker.publish(say(*"abcdefghijkl")))]
    assert len(set(ids)) == 13
    assert all(map(is_id, ids))


async def test_resume_from_every_id(broker: Broker) -> None:
    """What comes after an id is what was published after it, in the rooms asked for."""
    start = broker.cursor
    kept = [
        event
        for number in range(9)
        for event in await broker.publish(say(str(number), room="ops" if number % 3 else "ci"))
    ]
    for position, id in enumerate([start, *(event.id for event in kept)]):
        assert await replay(broker, id) == kept[position:]
        ops = [event for event in kept[position:] if event.room == "ops"]
        assert await replay(broker, id, frozenset({"ops"})) == ops
        assert await replay(broker, id, frozenset({"ops", "ci", "x"})) == kept[position:]


async def test_last_and_all(broker: Broker) -> None:
    """`before` finds where to begin."""
    await broker.publish(say("1", "2"))
    await broker.publish(say("3", room="ops"))
    await broker.publish(say("4"))
    lobby = frozenset({"lobby"})
    for last, expected in ((0, []), (1, ["4"]), (2, ["2", "4"]), (3, ["1", "2", "4"]), (99, ["1", "2", "4"])):
        assert texts(await replay(broker, await broker.before(lobby, last), lobby)) == expected
    assert texts(await replay(broker, await broker.before(None, 3))) == ["2", "3", "4"]
    assert texts(await replay(broker, await broker.before(None))) == ["1", "2", "3", "4"]


async def test_pages_are_bounded(broker: Broker) -> None:
    """A listener far behind does not get all at once."""
    start = broker.cursor
    for _ in range(20):
        await broker.publish(say(*map(str, range(100))))
    page = await broker.page(start, None)
    assert 0 < len(page) < 2000
    assert len(await replay(broker, start)) == 2000
    big = broker.cursor
    for _ in range(40):
        await broker.publish(say("x" * 60_000))
    assert 0 < len(await broker.page(big, None)) < 40
    assert len(await replay(broker, big)) == 40


@pytest.mark.parametrize(
    "id", ["0-0", "", "x", "-1", "0-" + "9" * 20, "9" * 5000, "e-" + "9" * 5000, "\r\nid: 1", "ü-1"]
)
async def test_unknown_id_is_a_reset(broker: Broker, id: str) -> None:
    """Told once; then the stream goes on from the present."""
    await broker.publish(say("1"))
    [event] = await broker.page(id, None)
    assert (event.type, event.id) == ("reset", broker.cursor)
    await broker.publish(say("2"))
    assert texts(await replay(broker, event.id)) == ["2"]


async def test_id_from_the_future_is_a_reset(broker: Broker) -> None:
    """An id that was never given out is no place to resume at."""
    [event] = await broker.publish(say("1"))
    epoch, _, sequence = event.id.rpartition("-")
    assert texts(await broker.page(f"{epoch}-{int(sequence) + 1}", None)) == ["reset"]


@pytest.mark.options(history_count=10)
async def test_trimmed_by_count(broker: Broker) -> None:
    """What retention took is told as a gap, with the exact number where all rooms are heard."""
    start = broker.cursor
    kept = await broker.publish(say(*map(str, range(25))))
    gap, *rest = await replay(broker, start)
    assert (gap.type, gap.data) == ("gap", {"missed": 15})
    assert gap.id == kept[14].id
    assert rest == list(kept[15:])
    assert texts(await replay(broker, kept[13].id)) == ["gap", *map(str, range(15, 25))]
    assert texts(await replay(broker, kept[14].id)) == list(map(str, range(15, 25)))
    assert texts(await replay(broker, await broker.before(None))) == list(map(str, range(15, 25)))


@pytest.mark.options(history_bytes=20_000)
async def test_trimmed_by_bytes(broker: Broker) -> None:
    """The newest stay."""
    await broker.publish(say(*("x" * 1000 for _ in range(100))))
    kept = await replay(broker, await broker.before(None))
    assert 5 < len(kept) < 20


@pytest.mark.options(history_count=10)
async def test_gap_only_where_something_was_removed(broker: Broker) -> None:
    """A quiet room whose messages are all there hears no gap because others were trimmed."""
    [old] = await broker.publish(say("old", room="quiet"))
    await broker.publish(say(*"12345"))
    [quiet] = await broker.publish(say("quiet", room="quiet"))
    await broker.publish(say(*"123456789"))
    assert texts(await replay(broker, old.id, frozenset({"quiet"}))) == ["quiet"]
    gap, *rest = await replay(broker, old.id, frozenset({"quiet", "lobby"}))
    assert (gap.type, gap.data) == ("gap", {"missed": None})
    assert texts(rest) == ["quiet", *"123456789"]
    await broker.publish(say(*"123456789"))
    assert texts(await replay(broker, quiet.id, frozenset({"quiet"}))) == []
    assert texts(await replay(broker, old.id, frozenset({"quiet"}))) == ["gap"]


@pytest.mark.options(history_count=0)
async def test_no_history(broker: Broker, delivered: list[Event]) -> None:
    """Live only: nothing is kept, and who comes back is told."""
    start = broker.cursor
    await broker.publish(say("1"))
    assert texts(delivered) == ["1"]
    assert texts(await replay(broker, start)) == ["gap"]
    assert await replay(broker, broker.cursor) == []


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
