"""What is done with the SQLite file in one step. Blocking; for the broker's threads.

Every method is a whole transaction. Errors come out as `sqlite3.Error`, after which the connection must be closed
and opened anew.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from tornchat.brokers import KEY_SECONDS, Receipt, Rooms
from tornchat.brokers._epochs import Epochs
from tornchat.brokers._run import PAGE_BYTES, PAGE_EVENTS
from tornchat.brokers._schema import pragma
from tornchat.brokers._trimmed import TRACKED_ROOMS, Trimmed
from tornchat.event import Event, timestamp

TRIM_EVENTS = 500  # removed in one step, so that a message waits for no more than that
VACUUM_PAGES = 1000  # given back in one step
SPARE_PAGES = 250  # kept for what comes next
OTHER_ROOMS = ""  # in the table of what was trimmed: all that are not named there


class Said(NamedTuple):
    """One request's events, as they came to the broker, and what is to be saved beside them."""

    events: Sequence[Event]
    key: str | None
    save: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Retention: see the options of these names."""

    age: float
    count: int
    bytes: int


class Store:
    """One connection to the file (see _schema.py); use it in one thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def close(self) -> None:
        """The last connection to close folds the WAL into the file."""
        self._sql.close()

    def last(self) -> int:
        """The newest sequence that was given out."""
        row = self._sql.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) if row else 0

    def first(self) -> int:
        """The oldest sequence that is kept, or the next where nothing is."""
        [first] = self._sql.execute("SELECT min(sequence) FROM events").fetchone()
        return self.last() + 1 if first is None else int(first)

    def epochs(self) -> list[tuple[int, str]]:
        """All of them, oldest first."""
        return self._sql.execute("SELECT began, epoch FROM epochs ORDER BY rowid").fetchall()

    def begin_epoch(self) -> None:
        """A new life begins at the present end."""
        with self._transaction():
            self._sql.execute("INSERT INTO epochs VALUES (?, ?)", (self.last(), Epochs.draw()))

    def append(self, batch: Sequence[Said], epochs: Epochs) -> tuple[list[Event], list[list[Receipt]]]:
        """Keep a batch in one commit: the events with their ids, and the receipts of each request."""
        now = timestamp()
        kept: list[Event] = []
        answers = []
        with self._transaction():
            last = self.last()
            for said in batch:
                receipts = self._receipts(said.key)
                if receipts is None:
                    begin = len(kept)
                    for event in said.events:
                        kept.append(event.kept(epochs.event_id(last + len(kept) + 1), event.at or now))
                    receipts = [Receipt(event.id, event.room, event.at) for event in kept[begin:]]
                    self._remember(said.key, receipts, now)
                if said.save is not None:
                    self._sql.execute("INSERT OR REPLACE INTO saved VALUES (?, ?)", said.save)
                answers.append(receipts)
            self._sql.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                [
                    (last + n, e.at, e.room, e.type, json.dumps(dict(e.data), ensure_ascii=False))
                    for n, e in enumerate(kept, start=1)
                ],
            )
        return kept, answers

    def trim(self, limits: Limits) -> int | None:
        """One step of retention. Returns the first sequence that is left; None where all is within limits."""
        with self._transaction():
            self._sql.execute("DELETE FROM keys WHERE at < ?", (timestamp(-KEY_SECONDS),))
            first = self.first()
            end = first + min(self._excess(first, limits), TRIM_EVENTS)
            if end == first:
                return None
            self._sql.execute(
                "INSERT OR REPLACE INTO trimmed"
                " SELECT room, max(sequence) FROM events WHERE sequence < ? GROUP BY room",
                (end,),
            )
            self._sql.execute("DELETE FROM events WHERE sequence < ?", (end,))
            self._forget_rooms()
        return end

    def shrink(self) -> bool:
        """Give back some of what retention has freed. Returns whether there is more."""
        spare = pragma(self._sql, "freelist_count") - SPARE_PAGES
        if spare > 0:
            # execute() would take one step of it, which is one page
            self._sql.executescript(f"PRAGMA incremental_vacuum({min(spare, VACUUM_PAGES)})")
        return spare > VACUUM_PAGES

    def checkpoint(self) -> None:
        """Fold the WAL into the file, as far as nobody reads it just now; the file itself shrinks here."""
        self._sql.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def page(self, after: int, through: int, rooms: Rooms, epochs: Epochs) -> list[Event]:
        """A page of the events of `rooms` with `after < sequence <= through`, behind a `gap` where retention
        has taken some; empty if there is nothing.

        It is one transaction, so that nothing can be removed unseen; it ends with the page, so that a slow
        listener does not keep the WAL from being reset.
        """
        with self._transaction("DEFERRED"):
            first = self.first()
            page = self._gap(after, first, rooms, epochs) if after < first - 1 else []
            return page + self._events(after, through, rooms, epochs)

    def _events(self, after: int, through: int, rooms: Rooms, epochs: Epochs) -> list[Event]:
        query = "SELECT sequence, at, room, type, data FROM events WHERE {} ORDER BY sequence LIMIT ?"
        within = "sequence > ? AND sequence <= ?"
        if rooms is None:
            cursors = [self._sql.execute(query.format(within), (after, through, PAGE_EVENTS))]
        else:  # room by room, each by its index
            by_room = query.format(f"room = ? AND {within}")
            cursors = [self._sql.execute(by_room, (room, after, through, PAGE_EVENTS)) for room in rooms]
        page: list[Event] = []
        size = 0
        for sequence, at, room, type, data in heapq.merge(*cursors):
            page.append(Event(room, type, json.loads(data), epochs.event_id(sequence), at))
            size += len(data)
            if len(page) >= PAGE_EVENTS or size >= PAGE_BYTES:
                break
        for cursor in cursors:
            cursor.close()
        return page

    def _gap(self, after: int, first: int, rooms: Rooms, epochs: Epochs) -> list[Event]:
        removed = dict(self._sql.execute("SELECT room, sequence FROM trimmed").fetchall())
        trimmed = Trimmed(removed, first, elsewhere=removed.pop(OTHER_ROOMS, 0))
        return trimmed.gap(after, rooms, epochs)

    def before(self, last: int, through: int, rooms: Rooms) -> int:
        """The sequence after which the `last` events of `rooms` come, up to `through`."""
        query = "SELECT sequence FROM events WHERE {} ORDER BY sequence DESC LIMIT ?"
        if rooms is None:
            newest = self._sql.execute(query.format("sequence <= ?"), (through, last)).fetchall()
        else:
            by_room = query.format("room = ? AND sequence <= ?")
            found = [self._sql.execute(by_room, (room, through, last)).fetchall() for room in rooms]
            newest = sorted((row for rows in found for row in rows), reverse=True)[:last]
        return int(newest[-1][0]) - 1 if newest else through

    def rooms(self, most: int) -> list[tuple[str, int, int]]:
        """Of each room its name, how many events are kept, and the last sequence; those last spoken in."""
        query = "SELECT room, count(*), max(sequence) FROM events GROUP BY room ORDER BY 3 DESC LIMIT ?"
        return self._sql.execute(query, (most,)).fetchall()

    def saved(self, name: str) -> bytes | None:
        """What was saved last under this name."""
        row = self._sql.execute("SELECT data FROM saved WHERE name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else None

    def copy_to(self, path: Path) -> None:
        """A consistent copy, also of a file that is being written to."""
        self._sql.execute("VACUUM INTO ?", (str(path),))

    def _excess(self, first: int, limits: Limits) -> int:
        """How many of the oldest events are beyond a limit, as far as one step needs to know."""
        count = self.last() + 1 - first
        excess = max(0, count - limits.count)
        if limits.age:
            query = "SELECT at FROM events ORDER BY sequence LIMIT ?"
            ages = self._sql.execute(query, (TRIM_EVENTS,)).fetchall()
            oldest = timestamp(-limits.age)
            excess = max(excess, len(list(takewhile(lambda row: row[0] < oldest, ages))))
        pages = pragma(self._sql, "page_count") - pragma(self._sql, "freelist_count")
        used = pages * pragma(self._sql, "page_size")
        if used > limits.bytes and count:
            excess = max(excess, (used - limits.bytes) * count // used + 1)
        return min(excess, count)

    def _forget_rooms(self) -> None:
        """Do for the table what `Trimmed` does for itself: rooms by the million must not fill it."""
        query = "SELECT sequence FROM trimmed ORDER BY sequence DESC LIMIT 1 OFFSET ?"
        if row := self._sql.execute(query, (TRACKED_ROOMS,)).fetchone():
            self._sql.execute("DELETE FROM trimmed WHERE sequence <= ?", row)
            self._sql.execute("INSERT OR REPLACE INTO trimmed VALUES (?, ?)", (OTHER_ROOMS, *row))

    def _receipts(self, key: str | None) -> list[Receipt] | None:
        """What was answered to a request of this key."""
        if key is None:
            return None
        query = "SELECT receipts FROM keys WHERE key = ? AND at >= ?"
        row = self._sql.execute(query, (key, timestamp(-KEY_SECONDS))).fetchone()
        return [Receipt(*receipt) for receipt in json.loads(row[0])] if row else None

    def _remember(self, key: str | None, receipts: list[Receipt], now: str) -> None:
        if key is not None:
            self._sql.execute("INSERT OR REPLACE INTO keys VALUES (?, ?, ?)", (key, now, json.dumps(receipts)))

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        self._sql.execute(f"BEGIN {kind}")
        try:
            yield
            self._sql.execute("COMMIT")
        except BaseException:
            if self._sql.in_transaction:
                self._sql.execute("ROLLBACK")
            raise
