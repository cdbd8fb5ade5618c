"""A random life of hub and broker against a list: publish, listen, leave, come back, trim, restart.

Whatever happens, a listener hears each message of its rooms once and in order, and is told of what it misses.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule, run_state_machine_as_test

from tests.brokers.test_contract import KINDS, URLS, publish
from tornchat import formats
from tornchat.brokers import _redis_follower, redis, sqlite
from tornchat.client import Client
from tornchat.config import Config
from tornchat.event import Event, message
from tornchat.server import make_hub

ROOMS = ["lobby", "ops", "ci"]
NDJSON = formats.named("ndjson")
HISTORY = 12


class Listener:
    """What `/listen` does, without HTTP, and what its reader makes of it."""

    def __init__(self, rooms: frozenset[str] | None, cursor: str) -> None:
        self.rooms = rooms
        self.cursor = cursor  # the last id that the reader has
        self.client: Client | None = None
        self.heard: list[dict[str, Any]] = []

    def hear(self, event: dict[str, Any]) -> None:
        self.cursor = event["id"]
        self.heard.append(event)


class Life(RuleBasedStateMachine):
    """One hub, one broker, and a list of what was said."""

    scheme = "memory"
    listeners = Bundle("listeners")
    absent = Bundle("absent")

    @initialize()
    def start(self) -> None:
        self.patches = ExitStack()  # most of the past is in the store alone, and retention is quick
        self.patches.enter_context(patch.object(sqlite, "TAIL_EVENTS", 3))
        self.patches.enter_context(patch.object(_redis_follower, "TAIL_EVENTS", 3))
        self.patches.enter_context(patch.object(redis, "TRIM_SECONDS", 0.001))
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.url = URLS[self.scheme](Path(self.folder.name))
        self.said: list[Event] = []
        self.number = 0
        self.open: list[Listener] = []
        self.run(self.start_hub())

    def run(self, coroutine: Any) -> Any:
        return self.loop.run_until_complete(coroutine)

    async def start_hub(self) -> None:
        self.hub = make_hub(Config(broker=self.url, history_count=HISTORY))
        deliver = self.hub.deliver

        def remember(events: Any) -> None:
            events = list(events)
            self.said += events
            deliver(events)

        self.hub.deliver = remember  # type: ignore[method-assign]
        await self.hub.start()

    @rule(room=st.sampled_from(ROOMS), count=st.integers(1, 4), key=st.sampled_from([None, "a", "b"]))
    def publish(self, room: str, count: int, key: str | None) -> None:
        texts = [str(self.number + n) for n in range(count)]
        self.number += count
        events = [message({"message": text, "room": room}, max_bytes=99) for text in texts]
        before = len(self.said)
        receipts = self.run(publish(self.hub.broker, events, key))
        if key is None:
            assert [r.id for r in receipts] == [e.id for e in self.said[before:]]
            assert len(receipts) == count

    @rule(
        target=listeners,
        rooms=st.one_of(st.none(), st.frozensets(st.sampled_from(ROOMS), min_size=1)),
        last=st.one_of(st.none(), st.integers(0, 20)),
    )
    def listen(self, rooms: frozenset[str] | None, last: int | None) -> Listener:
        cursor = self.hub.broker.cursor if last is None else self.run(self.hub.broker.before(rooms, last))
        if last:
            kept = [event for event in self.said[-HISTORY:] if rooms is None or event.room in rooms]
            at_least = kept[-last:]
            after = self.place(cursor)
            assert all(self.said.index(event) > after for event in at_least)
        return self.come(Listener(rooms, cursor))

    @rule(target=absent, listener=consumes(listeners))
    def leave(self, listener: Listener) -> Listener:
        self.drain(listener)
        assert listener.client is not None
        self.hub.leave(listener.client)
        self.open.remove(listener)
        return listener

    @rule(target=listeners, listener=consumes(absent))
    def resume(self, listener: Listener) -> Listener:
        return self.come(listener)

    @rule()
    def restart(self) -> None:
        """All are cut off; memory forgets, a file does not."""
        for listener in self.open:
            self.drain(listener)
        waiting, self.open = self.open, []
        self.run(self.hub.stop())
        if self.scheme == "memory":
            self.said = []
        self.run(self.start_hub())
        for listener in waiting:
            self.come(listener)

    def come(self, listener: Listener) -> Listener:
        """Replay and join, as handlers/listen.py does."""
        client = listener.client = Client(listener.rooms, NDJSON, backlog_bytes=10**6, abort=lambda: None)

        async def join() -> None:
            self.hub.enter(client)
            while events := await self.hub.broker.page(listener.cursor, listener.rooms):
                for event in events:
                    self.check(listener, json.loads(NDJSON.encode(event)))
            self.hub.join(client)

        self.run(join())
        self.open.append(listener)
        return listener

    def drain(self, listener: Listener) -> None:
        assert listener.client is not None
        self.run(asyncio.sleep(0))
        while listener.client.queue.qsize():
            data = listener.client.queue.get_nowait()
            assert data is not None
            for line in data.splitlines():
                self.check(listener, json.loads(line))

    def place(self, id: str) -> int:
        """The index of the last event that an id is not before; -1 for the beginning."""
        sequence = int(id.rpartition("-")[2])
        return max((i for i, e in enumerate(self.said) if int(e.id.rpartition("-")[2]) <= sequence), default=-1)

    def check(self, listener: Listener, event: dict[str, Any]) -> None:
        """What the listener hears next is the next of its rooms, or a loss that is told."""
        if event["type"] == "reset":
            assert self.scheme == "memory"  # a file loses nothing
        else:
            after = self.place(listener.cursor)
            own = [e for e in self.said[after + 1 :] if listener.rooms is None or e.room in listener.rooms]
            if event["type"] == "gap":
                skipped = [e for e in own if self.said.index(e) <= self.place(event["id"])]
                assert skipped
                assert event["missed"] in (None, len(skipped))
                assert listener.rooms is not None or event["missed"] is not None
            else:
                assert event["id"] == own[0].id
                assert event["message"] == own[0].data["message"]
        listener.hear(event)

    def teardown(self) -> None:
        if not hasattr(self, "loop"):
            return
        for listener in self.open:
            self.drain(listener)
            expected = [e.id for e in self.said if listener.rooms is None or e.room in listener.rooms]
            if expected and self.place(listener.cursor) < self.place(expected[-1]):
                raise AssertionError("a listener did not hear the last of its messages")
        self.run(self.hub.stop())
        self.patches.close()
        self.loop.close()
        self.folder.cleanup()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", KINDS)
def test_life(scheme: str) -> None:
    """No divergence from the list."""
    machine = type("Life", (Life,), {"scheme": scheme})
    options = settings(max_examples=60, stateful_step_count=40, deadline=None)
    run_state_machine_as_test(machine, settings=options)
