"""Who hears what: feeds, the tick and the sweep, without sockets."""

from __future__ import annotations

import asyncio
from unittest.mock import patch

import pytest

from tests.support import eventually
from tornchat import formats
from tornchat.client import Client
from tornchat.config import Config
from tornchat.errors import Unavailable
from tornchat.event import Event, message
from tornchat.formats import Format
from tornchat.hub import CLIENTS_A_TURN, Hub
from tornchat.server import make_hub

PLAIN, SSE = formats.named("plain"), formats.named("sse")


class Listener(Client):
    """A client that remembers what cut it."""

    def __init__(self, *rooms: str, format: Format = PLAIN, backlog_bytes: int = 100) -> None:
        self.aborted = 0
        super().__init__(frozenset(rooms) or None, format, backlog_bytes=backlog_bytes, abort=self.on_abort)

    def on_abort(self) -> None:
        self.aborted += 1

    def heard(self) -> list[bytes | None]:
        return [self.queue.get_nowait() for _ in range(self.queue.qsize())]


def joined(hub: Hub, *rooms: str, format: Format = PLAIN, backlog_bytes: int = 100) -> Listener:
    client = Listener(*rooms, format=format, backlog_bytes=backlog_bytes)
    hub.enter(client)
    hub.join(client)
    return client


def event(text: str, room: str = "lobby") -> Event:
    return message({"message": text, "name": "a", "room": room}, max_bytes=100)


async def test_one_batch_a_tick(hub: Hub) -> None:
    """All that is published in one step of the loop is one item on the queue."""
    client = joined(hub, "lobby")
    await hub.publish([event("1")])
    await hub.publish([event("2"), event("3")])
    assert client.heard() == []
    await asyncio.sleep(0)
    assert client.heard() == [b"a 1\r\na 2\r\na 3\r\n"]


async def test_feeds_share_their_bytes(hub: Hub) -> None:
    """Clients of the same rooms and format hear one and the same object, encoded once."""
    clients = [joined(hub, "lobby", "ops") for _ in range(3)]
    other = joined(hub, "ci")
    with patch.object(PLAIN, "encode", side_effect=PLAIN.encode) as encode:
        await hub.publish([event("1")])
        await asyncio.sleep(0)
    assert encode.call_count == 1
    first, second, third = (client.heard()[0] for client in clients)
    assert first is second is third
    assert other.heard() == []


async def test_joins_after_what_was_noted(hub: Hub) -> None:
    """A client that joins before the tick does not hear what it could have replayed."""
    early = joined(hub, "lobby")
    await hub.publish([event("1")])
    late = joined(hub, "lobby")
    await hub.publish([event("2")])
    await asyncio.sleep(0)
    assert early.heard() == [b"a 1\r\n", b"a 2\r\n"]
    assert late.heard() == [b"a 2\r\n"]


async def test_loop_turns_while_many_are_fed(hub: Hub) -> None:
    """A long fan-out yields, and is still one order for everybody: what is said in between comes after it, to
    those who have joined in between too, and to those only who have not left.
    """
    clients = [joined(hub, "lobby") for _ in range(3 * CLIENTS_A_TURN)]
    await hub.publish([event("1")])
    await asyncio.sleep(0)
    fed = [client for client in clients if client.queue.qsize()]
    assert len(fed) == CLIENTS_A_TURN
    await hub.publish([event("2")])
    late = joined(hub, "lobby")
    gone = next(client for client in clients if client not in fed)
    hub.leave(gone)
    await hub.publish([event("3")])
    await eventually(lambda: late.queue.qsize() and all(c.queue.qsize() == 3 for c in clients if c is not gone))
    clients.remove(gone)
    assert {b"".join(filter(None, client.heard())) for client in clients} == {b"a 1\r\na 2\r\na 3\r\n"}
    assert late.heard() == [b"a 3\r\n"]
    assert gone.heard() == [None]


async def test_stop_feeds_everybody_first(hub: Hub) -> None:
    """A shutdown in the middle of a long fan-out cuts nobody short."""
    clients = [joined(hub, "lobby") for _ in range(3 * CLIENTS_A_TURN)]
    await hub.publish([event("1")])
    await asyncio.sleep(0)
    await hub.publish([event("2")])
    hub.close_clients()
    assert {b"".join(filter(None, client.heard())) for client in clients} == {b"a 1\r\na 2\r\n"}
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert all(not client.queue.qsize() for client in clients)


async def test_entered_is_not_joined(hub: Hub) -> None:
    """While a client replays, it is in the shared set and hears nothing live."""
    client = Listener("lobby")
    hub.enter(client)
    await hub.publish([event("1")])
    await asyncio.sleep(0)
    assert hub.clients == {client}
    assert client.heard() == []


async def test_leaves_at_once(hub: Hub) -> None:
    """It is out of the shared set, it hears its end, and empty feeds are forgotten."""
    one, other = joined(hub, "lobby"), joined(hub, "lobby", "ops")
    third = joined(hub, "lobby")
    hub.leave(one)
    hub.leave(one)
    assert hub.clients == {other, third}
    assert one.closed == "gone"
    assert one.heard() == [None]
    hub.leave(third)
    hub.leave(other)
    assert (hub._feeds, hub._feeds_by_room) == ({}, {})
    await hub.publish([event("1")])
    await asyncio.sleep(0)
    assert one.heard() == []


async def test_slow_client_costs_others_nothing(hub: Hub) -> None:
    """One is past its bound; the other hears on."""
    slow, quick = joined(hub, "lobby", backlog_bytes=20), joined(hub, "lobby", backlog_bytes=1000)
    for text in ("x" * 15, "y" * 15):
        await hub.publish([event(text)])
        await asyncio.sleep(0)
    assert slow.closed == "slow"
    assert slow.heard() == [None]
    assert len(quick.heard()) == 2
    assert quick.closed is None


async def test_shutdown_delivers_first(hub: Hub) -> None:
    """What is noted goes out before the end."""
    client = joined(hub, "lobby")
    await hub.publish([event("1")])
    hub.close_clients()
    assert client.heard() == [b"a 1\r\n", None]
    assert client.closed == "shutdown"


async def test_heartbeat_after_silence(hub: Hub) -> None:
    """SSE hears one after 15 s in which nothing was sent; plain text by default never."""
    plain, sse = joined(hub, "lobby"), joined(hub, "lobby", format=SSE)
    with patch("tornchat.hub.monotonic", return_value=sse.flushed_at + 14.9):
        hub.sweep()
    assert sse.heard() == []
    with patch("tornchat.hub.monotonic", return_value=sse.flushed_at + 15.1):
        hub.sweep()
        hub.sweep()
    assert sse.heard() == [b":\n"]
    assert plain.heard() == []


@pytest.mark.options(heartbeat=0, heartbeat_plain=5)
async def test_heartbeat_is_an_option(hub: Hub) -> None:
    """0 turns it off; plain text has its own."""
    plain, sse = joined(hub, "lobby"), joined(hub, "lobby", format=SSE)
    with patch("tornchat.hub.monotonic", return_value=sse.flushed_at + 6):
        hub.sweep()
    assert sse.heard() == []
    assert plain.heard() == [b"\r\n"]


async def test_no_heartbeat_where_bytes_wait(hub: Hub) -> None:
    """Heartbeats do not pile up for a reader that is behind."""
    client = joined(hub, "lobby", format=SSE)
    client.offer(b"x")
    with patch("tornchat.hub.monotonic", return_value=client.flushed_at + 60):
        hub.sweep()
    assert client.heard() == [b"x"]


async def test_hanging_flush_is_slow(hub: Hub) -> None:
    """After `write_timeout` it is closed; it is cut if its socket has not drained a second later."""
    client = joined(hub, "lobby")
    client.flush_begins()
    began = client.flush_began or 0
    with patch("tornchat.hub.monotonic", return_value=began + 9.9):
        hub.sweep()
    assert client.closed is None
    with patch("tornchat.hub.monotonic", return_value=began + 10.1):
        hub.sweep()
    assert client.closed == "slow"
    with patch("tornchat.hub.monotonic", return_value=client.closed_at + 0.9):
        hub.sweep()
    assert client.aborted == 0
    with patch("tornchat.hub.monotonic", return_value=client.closed_at + 1.1):
        hub.sweep()
    assert client.aborted == 1


async def test_shutdown_is_not_cut_by_the_sweep(hub: Hub) -> None:
    """A drain has its own deadline."""
    client = joined(hub, "lobby")
    hub.close_clients()
    with patch("tornchat.hub.monotonic", return_value=client.closed_at + 60):
        hub.sweep()
    assert client.aborted == 0


def test_sweeps_often_enough() -> None:
    """A short timeout is watched more closely than once a second."""
    assert make_hub(Config())._sweeper.callback_time == 1000
    assert make_hub(Config(heartbeat=0.4))._sweeper.callback_time == 100


async def test_what_is_said_of_the_stream_is_for_all(hub: Hub) -> None:
    """A reset that the broker finds out about reaches every listener, whatever its rooms."""
    clients = [joined(hub, "lobby"), joined(hub, "ops", "ci", format=SSE), joined(hub)]
    hub.deliver([Event("", "reset", {}, "1-1")])
    await asyncio.sleep(0)
    assert [b"reset" in (client.heard()[0] or b"") for client in clients] == [True, True, True]


async def test_counts_listeners_by_room(hub: Hub) -> None:
    """Who hears two rooms counts in both; who hears all counts for itself."""
    joined(hub, "lobby", "ops")
    gone = joined(hub, "lobby")
    joined(hub, "lobby", format=SSE)
    joined(hub)
    assert await hub.listeners() == {"lobby": 3, "ops": 1, "*": 1}
    hub.leave(gone)
    assert (await hub.listeners())["lobby"] == 2


async def test_who_watches_cannot_hold_listeners_up(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """A mistake in the board or on duty is logged, and everybody hears what was said."""
    client = joined(hub, "lobby")
    seen: list[Event] = []

    def breaks(event: Event) -> None:
        raise ZeroDivisionError

    hub.watch(breaks, "message", "run")
    hub.watch(seen.append, "message")
    await hub.publish([event("1")])
    await hub.relay([Event("hosts", "host", {})])
    await asyncio.sleep(0)
    assert client.heard() == [b"a 1\r\n"]
    assert len(seen) == 1
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()


async def test_what_passes_between_processes_is_not_heard(hub: Hub) -> None:
    """Nor is what a format has no line for sent as nothing."""
    plain, sse = joined(hub, format=PLAIN), joined(hub, format=SSE)
    await hub.relay([Event("hosts", "_ping", {}), Event("hosts", "host", {"host": "a", "state": "live"})])
    await asyncio.sleep(0)
    assert plain.heard() == []
    [heard] = sse.heard()
    assert heard is not None
    assert (heard.count(b"data:"), b"_ping" in heard) == (1, False)


async def test_announces_again_after_a_failure(hub: Hub) -> None:
    """Who listens is told every few seconds; that it cannot be told now is no error."""
    joined(hub, "lobby")
    with patch.object(hub.broker, "announce", side_effect=Unavailable("away", "try again")) as announce:
        await hub._announce()
    assert announce.call_args.args == ({"lobby": 1},)
