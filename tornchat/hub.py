"""Who hears what, in this process.

A **feed** is the clients that hear the same bytes: same rooms, same format. `deliver` only notes an
event; one callback of the loop, the **tick**, then encodes all that was noted since, once per feed,
and puts one `bytes` on each client's queue. So an idle server delivers at once, and a busy one
batches by itself, without a timer. A tick for many clients goes on in the next turns of the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from time import monotonic

from tornado.ioloop import PeriodicCallback

from tornchat.brokers import Broker, Receipt
from tornchat.client import Client, Reason
from tornchat.errors import Unavailable
from tornchat.event import ALL_ROOMS, Event
from tornchat.formats import Format

logger = logging.getLogger(__name__)

CLIENTS_A_TURN = 64  # fed in one turn of the loop: about half a millisecond
ANNOUNCE_SECONDS = 5.0  # after which other processes know at the latest who listens here
FAREWELL_SECONDS = 1.0  # how long a slow client's socket may take to drain and hear `bye`


class Feed:
    """The clients that hear the same bytes."""

    def __init__(self, rooms: frozenset[str] | None, format: Format) -> None:
        self.rooms = rooms or frozenset({ALL_ROOMS})
        self.format = format
        self.clients: set[Client] = set()


class Hub:
    """Passes what the broker keeps to the clients that listen here.

    Args:
        broker: gives ids, keeps history, and calls `deliver`.
        write_timeout: seconds that a flush may hang before its client is slow.
        heartbeats: seconds of silence before a client of that format hears a heartbeat; 0: never.
    """

    def __init__(self, broker: Broker, *, write_timeout: float, heartbeats: dict[Format, float]) -> None:
        self.broker = broker
        self._watchers: dict[str, list[Callable[[Event], None]]] = {}  # by type of event
        self.clients: set[Client] = set()  # the shared set: everybody whose stream is open
        self._feeds: dict[tuple[frozenset[str] | None, Format], Feed] = {}
        self._feeds_by_room: dict[str, set[Feed]] = {}
        self._noted: list[Event] = []
        self._feeding: deque[tuple[Client, bytes]] = deque()  # who has yet to get what, in this order
        self._ticking = False  # whether a call of the tick is due
        self._write_timeout = write_timeout
        self._heartbeats = heartbeats
        limits = [write_timeout, *filter(None, heartbeats.values())]
        self._sweeper = PeriodicCallback(self.sweep, min(1.0, *(s / 4 for s in limits)) * 1000)
        self._announcer = PeriodicCallback(self._announce, ANNOUNCE_SECONDS * 1000)

    async def start(self) -> None:
        """Open the broker and begin to watch over the clients."""
        await self.broker.start(self.deliver)
        self._sweeper.start()
        self._announcer.start()

    async def stop(self) -> None:
        """Close the broker."""
        self._sweeper.stop()
        self._announcer.stop()
        await self.broker.stop()

    async def publish(self, events: Sequence[Event], key: str | None = None) -> Sequence[Receipt]:
        """Keep `events`, all or none, and deliver them; see `Broker.publish`."""
        return await self.broker.publish(events, key)

    async def relay(self, events: Sequence[Event]) -> None:
        """Deliver `events` without keeping them; see `Broker.relay`. Those of a type that begins with `_` pass
        between processes, and no client hears them.
        """
        await self.broker.relay(events)

    def deliver(self, events: Sequence[Event]) -> None:
        """Note events, kept ones in the order of their ids, for the next tick."""
        if not self._ticking:
            self._ticking = True
            asyncio.get_running_loop().call_soon(self._tick)
        for event in events:
            if event.type[0] != "_":
                self._noted.append(event)
            for watch in self._watchers.get(event.type, ()):
                try:
                    watch(event)
                except Exception:
                    logger.exception("uncaught in what watches events")  # listeners hear it all the same

    def watch(self, callback: Callable[[Event], None], *types: str) -> None:
        """Call `callback` with each event of these types when it is delivered."""
        for type in types:
            self._watchers.setdefault(type, []).append(callback)

    def enter(self, client: Client) -> None:
        """Put a client into the shared set; it hears nothing of itself until it joins."""
        self.clients.add(client)

    def join(self, client: Client) -> None:
        """From now on the client hears what is delivered, and nothing that was before."""
        self._encode()  # what is noted is older than this moment
        key = (client.rooms, client.format)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(*key)
            for room in feed.rooms:
                self._feeds_by_room.setdefault(room, set()).add(feed)
        feed.clients.add(client)

    def leave(self, client: Client, reason: Reason = "gone") -> None:
        """Take a client out of the shared set and of its feed, and end it. Again: no effect."""
        self.clients.discard(client)
        client.close(reason)
        key = (client.rooms, client.format)
        feed = self._feeds.get(key)
        if feed is None:
            return
        feed.clients.discard(client)
        if not feed.clients:
            del self._feeds[key]
            for room in feed.rooms:
                feeds = self._feeds_by_room[room]
                feeds.discard(feed)
                if not feeds:
                    del self._feeds_by_room[room]

    def close_clients(self) -> None:
        """Shutdown: everybody gets what was delivered, then the end of the stream."""
        self._encode()
        for client, data in self._feeding:
            client.offer(data)
        self._feeding.clear()
        for client in self.clients:
            client.close("shutdown")

    async def listeners(self) -> Mapping[str, int]:
        """How many listen in each room, in all processes that share the store; `*` are those who hear all.

        Raises:
            Unavailable: the store does not answer.
        """
        here: Counter[str] = Counter()
        for feed in self._feeds.values():
            for room in feed.rooms:
                here[room] += len(feed.clients)
        return await self.broker.announce(here)

    async def _announce(self) -> None:
        try:
            await self.listeners()
        except Unavailable:
            pass  # the broker tells of it

    def sweep(self) -> None:
        """Send heartbeats into silence, and end who hangs. One timer serves all clients."""
        now = monotonic()
        for client in tuple(self.clients):
            if client.closed:
                if client.closed == "slow" and now - client.closed_at > FAREWELL_SECONDS:
                    client.abort()
            elif client.flush_began is not None:
                if now - client.flush_began > self._write_timeout:
                    client.close("slow")
            elif not client.backlog:
                after = self._heartbeats[client.format]
                if after and now - client.flushed_at >= after:
                    client.offer(client.format.HEARTBEAT)

    def _tick(self) -> None:
        """Feed so many clients, and the rest in the next turn of the loop, which looks at its sockets in between:
        with 5,000 listeners fed without end, others were then answered in 2 ms instead of 100, and what was
        said meanwhile made longer batches, so that twice as much was delivered.
        """
        for _ in range(CLIENTS_A_TURN):
            if not self._feeding:
                self._encode()
                if not self._feeding:
                    self._ticking = False
                    return
            client, data = self._feeding.popleft()
            client.offer(data)
        asyncio.get_running_loop().call_soon(self._tick)

    def _encode(self) -> None:
        """What is noted, for those who are in a feed now."""
        events, self._noted = self._noted, []
        batches: dict[Feed, list[bytes]] = {}
        for event in events:
            for feed in self._hearers(event.room):
                batches.setdefault(feed, []).append(feed.format.encode(event))
        for feed, parts in batches.items():
            data = b"".join(parts)
            if not data:
                continue  # what this format does not show
            self._feeding.extend((client, data) for client in feed.clients)

    def _hearers(self, room: str) -> Iterable[Feed]:
        """Who hears what is said in a room; all of them, where it is said of the stream itself."""
        if not room:
            return self._feeds.values()
        return chain(*(self._feeds_by_room.get(r, ()) for r in (room, ALL_ROOMS)))
