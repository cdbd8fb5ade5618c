"""What only the SQLite broker has: a file, which may be copied, restored, locked, damaged or too large."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from unittest.mock import patch

import pytest

from tests.brokers.test_contract import replay, say, texts, trimmed
from tests.support import DEADLINE, eventually
from tornchat import brokers
from tornchat.brokers import _store, _trimmed, sqlite
from tornchat.brokers._store import Store
from tornchat.brokers.sqlite import SqliteBroker
from tornchat.config import Config
from tornchat.errors import ConfigError, Unavailable
from tornchat.event import Event


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@asynccontextmanager
async def opened(
    file: Path, deliver: Callable[[Any], None] | None = None, **options: Any
) -> AsyncIterator[SqliteBroker]:
    """A started broker on the file, as a server has it."""
    broker = brokers.from_url(Config(broker=f"sqlite:///{file}", **options))
    assert isinstance(broker, SqliteBroker)
    await broker.start(deliver or (lambda events: None))
    try:
        yield broker
    finally:
        await broker.stop()


async def test_history_outlives_the_server(file: Path) -> None:
    """All ids stay valid, and new ones go on behind them."""
    delivered: list[Event] = []
    for run in range(3):
        async with opened(file, delivered.extend) as broker:
            await broker.publish(say(f"{run}a", f"{run}b"))
            assert texts(await replay(broker, await broker.before(None))) == texts(delivered)
    async with opened(file) as broker:
        for position, event in enumerate(delivered):
            assert await replay(broker, event.id) == delivered[position + 1 :]
        assert await broker.page(broker.cursor, None) == []
    assert len({event.id.partition("-")[0] for event in delivered}) == 3


async def test_restored_backup_is_recognised(file: Path) -> None:
    """An id that was given out after the backup is no place in the restored history."""
    async with opened(file) as broker:
        common = await broker.publish(say(*map(str, range(50))))
        await broker.copy_to(file.with_suffix(".backup"))
        lost = await broker.publish(say(*(f"lost {n}" for n in range(50))))
    shutil.move(file.with_suffix(".backup"), file)
    async with opened(file) as broker:
        others = await broker.publish(say(*(f"other {n}" for n in range(50))))
        for receipt in lost:
            [reset] = await broker.page(receipt.id, None)
            assert (reset.type, reset.id) == ("reset", broker.cursor)
        assert texts(await replay(broker, common[-1].id)) == [f"other {n}" for n in range(50)]
        assert texts(await replay(broker, common[9].id))[:2] == ["10", "11"]
        assert texts(await replay(broker, others[-2].id)) == ["other 49"]


async def test_listener_without_a_message_is_told_too(file: Path) -> None:
    """A listener knows only the cursor of `ready`; what it would have missed was taken back by a restore."""
    async with opened(file) as broker:
        await broker.publish(say("1"))
    shutil.copy(file, file.with_suffix(".backup"))
    async with opened(file) as broker:
        cursor = broker.cursor
        await broker.publish(say("lost"))
    shutil.move(file.with_suffix(".backup"), file)
    async with opened(file) as broker:
        await broker.publish(say("other"))
        assert texts(await broker.page(cursor, None)) == ["reset"]


async def test_wiped_file_is_another_history(file: Path) -> None:
    """Higher sequences than ever, and still no wrong resume."""
    async with opened(file) as broker:
        [old] = await broker.publish(say("1"))
    file.unlink()
    async with opened(file) as broker:
        await broker.publish(say("2", "3"))
        assert texts(await broker.page(old.id, None)) == ["reset"]


async def test_sequences_are_not_given_out_again(file: Path) -> None:
    """Also when everything was removed before a restart."""
    async with opened(file, history_count=0) as broker:
        [old] = await broker.publish(say("1"))
        await trimmed(broker, lambda kept: not kept)
    async with opened(file) as broker:
        [new] = await broker.publish(say("2"))
        assert int(new.id.partition("-")[2]) == int(old.id.partition("-")[2]) + 1
        assert texts(await replay(broker, old.id)) == ["2"]


async def test_key_outlives_the_server(file: Path) -> None:
    """The same answer after a restart, for a day."""
    async with opened(file) as broker:
        first = await broker.publish(say("1"), "key")
    async with opened(file) as broker:
        assert await broker.publish(say("1"), "key") == first
    with patch.object(_store, "KEY_SECONDS", -1):
        async with opened(file) as broker:
            assert await broker.publish(say("1"), "key") != first


async def test_power_syncs_each_commit(file: Path) -> None:
    """`synchronous` is FULL (2) there, and NORMAL (1) otherwise (sqlite.org/pragma.html#pragma_synchronous)."""
    for durability, expected in (("power", 2), ("process", 1)):
        levels: list[int] = []
        append = Store.append

        def spy(store: Store, *arguments: Any, levels: list[int] = levels) -> Any:
            levels += store._sql.execute("PRAGMA synchronous").fetchone()
            return append(store, *arguments)  # noqa: B023

        with patch.object(Store, "append", spy):
            async with opened(file, durability=durability) as broker:
                await broker.publish(say("1"))
        assert levels == [expected]


async def test_commits_are_grouped(file: Path) -> None:
    """What comes while one commit runs goes into the next."""
    batches: list[int] = []
    append = Store.append

    def spy(store: Store, batch: Any, epochs: Any) -> Any:
        batches.append(len(batch))
        return append(store, batch, epochs)

    with patch.object(Store, "append", spy):
        async with opened(file) as broker:
            await asyncio.gather(*(broker.publish(say(str(n))) for n in range(1000)))
    assert sum(batches) == 1000
    assert len(batches) < 500


async def test_nothing_is_heard_that_is_not_kept(file: Path) -> None:
    """At the moment of delivery another process finds the event in the file."""
    found: list[bool] = []

    def look(events: list[Event]) -> None:
        other = sqlite3.connect(file)
        kept = {row[0] for row in other.execute("SELECT json_extract(data, '$.message') FROM events")}
        found.extend(event.data["message"] in kept for event in events)
        other.close()

    async with opened(file, look) as broker:
        await asyncio.gather(*(broker.publish(say(str(n))) for n in range(100)))
    assert found == [True] * 100


async def test_what_is_kept_but_not_delivered_is_not_replayed(file: Path) -> None:
    """A page ends where delivery is, though the file is ahead: else the listener would hear it twice."""
    held: list[Any] = []
    heard: list[Event] = []
    with patch.object(sqlite, "TAIL_EVENTS", 0):
        async with opened(file, heard.extend) as broker:
            start = broker.cursor
            await broker.publish(say("1"))
            with patch.object(broker._writer, "_tell", lambda *call: held.append(call)):
                publishing = asyncio.create_task(broker.publish(say("2")))
                await eventually(lambda: any(call[0] == broker.committed for call in held))
                replayed = await replay(broker, start)
                assert texts(replayed) == ["1"]
                assert await broker.before(None, 1) == start
            for call, *arguments in held:
                call(*arguments)
            await publishing
            assert texts(await replay(broker, replayed[-1].id)) == ["2"]
            assert texts(heard) == ["1", "2"]


async def test_the_beginning_is_where_pages_begin(file: Path) -> None:
    """Between a step of retention and the loop's knowledge of it, `since=all` and an old id give the same."""
    async with opened(file, history_count=1) as broker:
        start = broker.cursor
        with patch.object(broker, "trimmed"):
            await broker.publish(say("1", "2", "3"))
            while await broker._read(Store.first) < 3:  # noqa: ASYNC110 another thread is at it
                await asyncio.sleep(0.001)
            assert texts(await replay(broker, start)) == ["1", "2", "3"]
            assert texts(await replay(broker, await broker.before(None))) == ["1", "2", "3"]


async def test_commit_that_was_reported_as_failed_is_delivered(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The error came after the commit: what was kept is told when the file works again, before all that comes."""
    delivered: list[Event] = []
    append = Store.append

    def fail_once(store: Store, batch: Any, epochs: Any) -> Any:
        patcher.stop()
        append(store, batch, epochs)
        raise sqlite3.OperationalError("disk I/O error")

    async with opened(file, delivered.extend) as broker:
        await broker.publish(say("1"))
        patcher = patch.object(Store, "append", fail_once)
        patcher.start()
        with pytest.raises(Unavailable, match=r"cannot be used \(disk I/O error\)"):
            await broker.publish(say("2"), "key")
        [receipt] = await broker.publish(say("2"), "key")
        await broker.publish(say("3"))
        assert texts(delivered) == ["1", "2", "3"]
        assert receipt.id == delivered[1].id
    caplog.clear()


async def test_mistake_of_ours_is_answered(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The writer goes on, and the log says what it was."""
    async with opened(file) as broker:
        with (
            patch.object(Store, "append", side_effect=KeyError("a mistake")),
            pytest.raises(Unavailable, match="broke"),
        ):
            await asyncio.wait_for(broker.publish(say("1")), DEADLINE)
        await broker.publish(say("2"))
    assert "KeyError: 'a mistake'" in caplog.text
    caplog.clear()


@pytest.mark.slow
async def test_file_shrinks_again(file: Path) -> None:
    """What retention removes is given back to the disk."""
    async with opened(file) as broker:
        for _ in range(20):
            await broker.publish(say(*("x" * 10_000 for _ in range(50))))
    assert file.stat().st_size > 10_000_000
    async with opened(file, history_bytes=2_000_000) as broker:
        await trimmed(broker, lambda kept: len(kept) < 200)
        await eventually(lambda: file.stat().st_size < 3_500_000)


@pytest.mark.slow
async def test_slow_replay_does_not_hold_the_wal(file: Path) -> None:
    """A listener that stops between two pages keeps nothing open: the WAL is reset under it."""
    async with opened(file, history_bytes=10**9) as broker:
        for _ in range(10):
            await broker.publish(say(*("x" * 1000 for _ in range(500))))
        page = await broker.page(await broker.before(None), None)  # and there it stops to read
        assert len(page) < 5000
        wal = file.with_name(file.name + "-wal")
        for _ in range(100):
            await broker.publish(say(*("x" * 1000 for _ in range(500))))
        assert wal.stat().st_size < 20_000_000  # of 60 MB that were written
        assert len(await replay(broker, page[-1].id)) == 55_000 - len(page)


async def test_pages_are_read_off_the_loop(file: Path) -> None:
    """While one is read, the loop does other things."""
    page = Store.page

    def slowly(store: Store, *arguments: Any) -> Any:
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(5)  # needs the loop to be free
        return page(store, *arguments)

    loop = asyncio.get_running_loop()
    with patch.object(sqlite, "TAIL_EVENTS", 0), patch.object(Store, "page", slowly):
        async with opened(file) as broker:
            await broker.publish(say("1"))
            assert texts(await replay(broker, await broker.before(None))) == ["1"]


async def test_rooms_by_the_million_do_not_fill_the_file(file: Path) -> None:
    """Only so many trimmed rooms are remembered; one that is forgotten may hear a gap too many."""
    with patch.object(_store, "TRACKED_ROOMS", 3), patch.object(_trimmed, "TRACKED_ROOMS", 3):
        async with opened(file, history_count=1) as broker:
            start = broker.cursor
            for number in range(10):
                await broker.publish(say("x", room=f"room{number}"))
                await trimmed(broker, lambda kept: len(kept) == 1)
            assert texts(await replay(broker, start, frozenset({"never"}))) == ["gap"]
            assert texts(await replay(broker, broker.cursor, frozenset({"never"}))) == []
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT count(*) FROM trimmed").fetchone()[0] <= 4
    other.close()


async def test_second_server_waits_and_is_refused(file: Path) -> None:
    """It waits as long as a restart may take."""
    async with opened(file) as first:
        with pytest.raises(ConfigError, match=r"is in use by another server: .* need Redis"):
            async with opened(file, drain_seconds=0.2):
                pass
        await first.publish(say("1"))
        second = asyncio.create_task(start_and_stop(file))
        await asyncio.sleep(0)
        assert not second.done()
    await asyncio.wait_for(second, 10)


async def start_and_stop(file: Path) -> None:
    async with opened(file, drain_seconds=10) as broker:
        assert len(await replay(broker, await broker.before(None))) == 1


def damage(file: Path) -> None:
    file.write_bytes(b"no database at all, but long enough to look at" * 100)


def of_another_program(file: Path) -> None:
    with sqlite3.connect(file) as sql:
        sql.execute("CREATE TABLE cats (name)")
    sql.close()


def of_another_version(file: Path) -> None:
    with sqlite3.connect(file) as sql:
        sql.execute(f"PRAGMA application_id = {0x746F726E}")
        sql.execute("PRAGMA user_version = 99")
        sql.execute("CREATE TABLE cats (name)")
    sql.close()


@pytest.mark.parametrize(
    ("spoil", "error"),
    [
        (damage, "is damaged or no database: restore a backup, or move it away to begin anew"),
        (of_another_program, "is of another program: give broker another file"),
        (of_another_version, "has the tables of version 99, this tornchat reads 1: use the tornchat that wrote it"),
        (Path.mkdir, "cannot be opened: see that it and its folder exist"),
    ],
)
async def test_unusable_file(file: Path, spoil: Callable[[Path], None], error: str) -> None:
    """One sentence, and the lock is free again."""
    spoil(file)
    for _ in range(2):
        with pytest.raises(ConfigError, match=error):
            async with opened(file):
                pass


async def test_missing_folder(tmp_path: Path) -> None:
    """With a word about the slashes."""
    with pytest.raises(ConfigError, match=r"cannot be locked \(No such file or directory\): .* is absolute"):
        async with opened(tmp_path / "nope" / "history.db"):
            pass


def test_url_without_a_file() -> None:
    """Which URL to write."""
    with pytest.raises(ConfigError, match="names no file"):
        brokers.from_url(Config(broker="sqlite://"))


@pytest.mark.slow
async def test_locked_by_another_process(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Refused with the reason; live again as soon as the lock is gone, without a word from anybody."""
    async with opened(file) as broker:
        await broker.publish(say("1"))
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = monotonic()
        with pytest.raises(Unavailable, match="is locked by another process: end what holds it"):
            await broker.publish(say("2"))
        assert monotonic() - began < 10
        assert broker.problem == f"{file} is locked by another process"
        other.execute("ROLLBACK")
        other.close()
        await eventually(lambda: broker.problem is None)
        await broker.publish(say("3"))
        assert texts(await replay(broker, await broker.before(None))) == ["1", "3"]
        await eventually(lambda: "works again" in caplog.text)
    assert caplog.text.count("is locked by another process") == 1
    caplog.clear()


async def test_exchanged_while_it_runs(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A damaged file is replaced by a backup under the running server: another history, told as such."""
    async with opened(file) as broker:
        await broker.publish(say("1"))
        await broker.copy_to(file.with_suffix(".backup"))
        [lost] = await broker.publish(say("2"))
        with patch.object(Store, "append", side_effect=sqlite3.DatabaseError("database disk image is malformed")):
            with pytest.raises(Unavailable):
                await broker.publish(say("3"))
            for suffix in ("-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
            os.replace(file.with_suffix(".backup"), file)
        await broker.publish(say("4"))
        assert texts(await broker.page(lost.id, None)) == ["reset"]
        assert texts(await replay(broker, await broker.before(None))) == ["1", "4"]
    caplog.clear()


async def test_stop_keeps_what_waits(file: Path) -> None:
    """Nothing that was taken is dropped; what comes later is refused, and does not hang."""
    writing, stopping = threading.Event(), threading.Event()
    append = Store.append

    def wait(store: Store, *arguments: Any) -> Any:
        writing.set()
        assert stopping.wait(5)
        return append(store, *arguments)

    with patch.object(Store, "append", wait):
        async with opened(file) as broker:
            waiting = [asyncio.create_task(broker.publish(say("first")))]
            await eventually(writing.is_set)
            waiting += [asyncio.create_task(broker.publish(say(str(n)))) for n in range(1, 500)]
            await asyncio.sleep(0)
            stop = asyncio.create_task(broker.stop())
            await eventually(lambda: broker._writer._stopped)
            stopping.set()
            await stop
    assert len(await asyncio.gather(*waiting)) == 500
    with pytest.raises(Unavailable, match="has stopped"):
        await broker.publish(say("late"))
    async with opened(file) as broker:
        assert len(await replay(broker, await broker.before(None))) == 500


@pytest.mark.slow
def test_large_history_opens_at_once(file: Path) -> None:
    """Nothing is read through at the start: the steps do not grow with the history."""

    async def fill() -> None:
        async with opened(file):
            pass

    asyncio.run(fill())
    with sqlite3.connect(file) as sql:
        sql.executemany(
            "INSERT INTO events VALUES (?, '2026-01-01T00:00:00.000Z', 'lobby', 'message', ?)",
            ((n, json.dumps({"name": "a", "message": "x"})) for n in range(1, 200_001)),
        )
    sql.close()
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    connect = sqlite3.connect

    def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_progress_handler(count, 100)  # every 100 instructions of SQLite's machine
        return connection

    with patch.object(sqlite3, "connect", counted):
        asyncio.run(fill())
    assert steps < 200
