"""The Redis broker against a real Redis that is slow, cut off, killed, wiped, full or not what it should be."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import trustme
from tornado.testing import bind_unused_port

from tests.redis_proxy import Proxy
from tests.redis_server import RedisServer
from tests.support import DEADLINE, eventually
from tornchat import brokers
from tornchat.brokers import Broker, _redis, _redis_follower, redis
from tornchat.brokers._redis_publisher import MAX_WAITING_BYTES
from tornchat.config import Config
from tornchat.errors import ConfigError, Unavailable
from tornchat.event import Event, message

pytestmark = [pytest.mark.needs("redis-server"), pytest.mark.slow]

LOBBY = frozenset({"lobby"})


def say(text: str) -> list[Event]:
    return [message({"message": text}, max_bytes=10_000_000)]


def texts(events: list[Event]) -> list[str]:
    return [str(event.data.get("message", event.type)) for event in events]


@pytest.fixture(autouse=True)
def quiet_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Here the log may be loud: that it tells is what some tests look at. A traceback is no answer."""
    yield
    assert [r for r in caplog.get_records("call") if r.exc_info] == []


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer(aof=True) as server:
        yield server


@asynccontextmanager
async def proxied(server: RedisServer) -> AsyncIterator[Proxy]:
    proxy = await Proxy(server.path).start()
    try:
        yield proxy
    finally:
        await proxy.stop()


@asynccontextmanager
async def started(url: str, **options: Any) -> AsyncIterator[tuple[Broker, list[Event]]]:
    """A broker, and what it has delivered."""
    broker = brokers.from_url(Config(broker=url, **options))
    delivered: list[Event] = []
    await broker.start(delivered.extend)
    try:
        yield broker, delivered
    finally:
        await broker.stop()


async def history(broker: Broker) -> list[Event]:
    """All that is kept."""
    events: list[Event] = []
    after = await broker.before(None)
    while page := await broker.page(after, None):
        events += page
        after = page[-1].id
    return events


async def refused(broker: Broker, text: str = "x", key: str | None = None) -> Unavailable:
    """What a speaker is told, within the ten times two seconds that it may take."""
    with pytest.raises(Unavailable) as caught:
        await asyncio.wait_for(broker.publish(say(text), key), 20)
    return caught.value


async def insist(broker: Broker, text: str) -> None:
    """Say it until it is acknowledged."""
    while True:
        try:
            await broker.publish(say(text))
            return
        except Unavailable:
            await asyncio.sleep(0)


async def works_again(broker: Broker) -> None:
    """Without anybody speaking: `/health` is not to say for ever what is long over."""
    await eventually(lambda: broker.problem is None)
    await broker.publish(say("again"))


async def test_lost_reply_keeps_once(server: RedisServer) -> None:
    """The connection ends after XADD and before the answer: nothing is repeated, and the speaker is told how it may
    repeat it itself.
    """
    async with proxied(server) as proxy, started(proxy.url) as (broker, delivered):
        await broker.publish(say("before"))
        proxy.swallow_replies_with = b" lobby "
        error = await refused(broker, "once", "key")
        assert proxy.cuts == 1
        assert "may have been kept; send them again with the same Idempotency-Key" in error.remedy
        proxy.swallow_replies_with = None
        assert server.command("XLEN", "{tornchat}:log") == b":2\r\n"
        [receipt] = await broker.publish(say("once"), "key")
        assert server.command("XLEN", "{tornchat}:log") == b":2\r\n"
        await eventually(lambda: texts(delivered) == ["before", "once"])
        assert receipt.id == delivered[-1].id


@pytest.mark.slow
@pytest.mark.timeout(seconds=120)
async def test_cut_anywhere(server: RedisServer) -> None:
    """200 cuts at random bytes, with speakers who repeat with their key what was not acknowledged: all is kept
    once, and delivered once, in the order of the history.
    """
    async with proxied(server) as proxy, started(proxy.url) as (broker, delivered):
        acknowledged: list[str] = []
        done = False

        async def speak(name: int) -> None:
            number = 0
            while not done:
                text = f"{name}:{number}"
                try:
                    await broker.publish(say(text), text)
                except Unavailable:
                    continue
                acknowledged.append(text)
                number += 1

        speakers = [asyncio.create_task(speak(name)) for name in range(4)]
        for cut in range(200):
            proxy.cut_after = random.randrange(3000)
            await eventually(lambda cut=cut: proxy.cuts == cut + 1)  # type: ignore[misc]
        done = True
        await asyncio.gather(*speakers)
        await broker.publish(say("end"))
        await eventually(lambda: texts(delivered)[-1:] == ["end"])
        heard = texts(delivered)
        assert len(set(heard)) == len(heard) > 200
        assert set(acknowledged) <= set(heard)
        assert delivered == await history(broker)


async def test_one_byte_at_a_time(server: RedisServer) -> None:
    """No answer is taken for another's, however it is cut up."""
    async with proxied(server) as proxy, started(proxy.url) as (broker, delivered):
        proxy.one_by_one = True
        for number in range(5):
            await broker.publish(say(str(number)))
        await eventually(lambda: len(delivered) == 5)
        assert delivered == await history(broker)


@pytest.mark.timeout(seconds=60)
async def test_stalled(server: RedisServer) -> None:
    """A Redis that says nothing any more: a speaker knows within two seconds, what waits is bounded, and delivery
    goes on without a gap when it speaks again.
    """
    async with proxied(server) as proxy, started(proxy.url) as (broker, delivered):
        await broker.publish(say("1"))
        await eventually(lambda: len(delivered) == 1)
        proxy.stall()
        many = [asyncio.create_task(refused(broker, "x" * 1_000_000)) for _ in range(40)]
        errors = await asyncio.gather(*many)
        slower = [error for error in errors if error.error == "Redis is slower than what is said"]
        assert len(slower) >= 40 - MAX_WAITING_BYTES // 1_000_000 - 2
        await eventually(lambda: broker.problem is not None)
        with pytest.raises(Unavailable):
            await broker.before(LOBBY, 1)
        async with started(server.url) as (other, _):
            await other.publish(say("2"))
        proxy.flow()
        await works_again(broker)
        await eventually(lambda: texts(delivered)[-1:] == ["again"])
        heard = texts(delivered)
        assert heard[:2] + heard[-1:] == ["1", "2", "again"]
        assert delivered == await history(broker)


async def test_hung_up_while_idle(server: RedisServer) -> None:
    """A connection that a proxy has closed overnight costs nobody a message."""
    async with proxied(server) as proxy, started(proxy.url) as (broker, _):
        await broker.publish(say("1"))
        with patch.object(_redis, "IDLE_SECONDS", 0):
            proxy.cut()
            await asyncio.sleep(0.1)  # the time that a FIN takes is nobody's condition
            await broker.publish(say("2"))


async def test_killed_and_restarted(server: RedisServer) -> None:
    """With its file kept, nobody hears of it: no gap, no reset, and the ids stay good."""
    async with started(server.url) as (broker, delivered):
        start = broker.cursor
        await broker.publish(say("1"))
        server.kill()
        await refused(broker)
        await eventually(lambda: broker.problem is not None)
        server.start()
        await works_again(broker)
        await eventually(lambda: texts(delivered) == ["1", "again"])
        assert texts([*await broker.page(start, None)]) == ["1", "again"]
        assert texts([*await broker.page(delivered[0].id, LOBBY)]) == ["again"]


@pytest.mark.parametrize("way", ["killed without a file", "FLUSHALL"])
async def test_wiped(way: str, caplog: pytest.LogCaptureFixture) -> None:
    """What was heard is gone: everybody is told once, no id of before is taken for one of now, and what is
    acknowledged from then on is heard.
    """
    with RedisServer() as server:
        async with started(server.url) as (broker, delivered):
            for number in range(3):
                [receipt] = await broker.publish(say(str(number)))
            await eventually(lambda: len(delivered) == 3)
            if way == "FLUSHALL":
                server.command("FLUSHALL")
            else:
                server.kill()
                server.start()
            await insist(broker, "again")
            await eventually(lambda: len(delivered) == 5)
            assert texts(delivered) == ["0", "1", "2", "reset", "again"]
            assert texts([*await broker.page(delivered[3].id, None)]) == ["again"]
            assert texts([*await broker.page(receipt.id, None)]) == ["reset"]
            assert [r for r in caplog.records if "has lost what listeners had heard" in r.message] != []


async def test_lost_its_end(server: RedisServer) -> None:
    """A Redis that comes back with less than it acknowledged: who had heard more hears `reset`, who had not does
    not, and a new message with an old number is not taken for the old one.
    """
    async with started(server.url) as (broker, delivered):
        [kept] = await broker.publish(say("kept"))
        [lost] = await broker.publish(say("lost"))
        await eventually(lambda: len(delivered) == 2)
        server.lose("lost")
        await eventually(lambda: len(delivered) == 3)
        await works_again(broker)
        await eventually(lambda: len(delivered) == 4)
        assert texts(delivered) == ["kept", "lost", "reset", "again"]
        assert texts([*await broker.page(kept.id, None)]) == ["again"]
        assert texts([*await broker.page(lost.id, None)]) == ["reset"]
        assert delivered[-1].id.rpartition("-")[2] == lost.id.rpartition("-")[2]


async def test_id_of_a_faster_process(server: RedisServer) -> None:
    """A listener may come back to a process that has not read yet what it has heard elsewhere: that is no reset."""
    async with proxied(server) as proxy, started(server.url) as (fast, _), started(proxy.url) as (slow, delivered):
        await slow.publish(say("1"))
        proxy.stall()
        [receipt] = await fast.publish(say("2"))
        page = asyncio.create_task(slow.page(receipt.id, None))
        await asyncio.sleep(0)
        proxy.flow()
        await fast.publish(say("3"))
        got = texts([*await asyncio.wait_for(page, DEADLINE)])
        assert got in ([], ["3"])
        await eventually(lambda: texts(delivered) == ["1", "2", "3"])


@pytest.mark.parametrize(
    ("break_it", "mend_it", "error"),
    [
        ("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "Redis has reached its maxmemory"),
        ("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "Redis is a replica and takes no messages"),
    ],
)
async def test_takes_nothing(
    server: RedisServer, break_it: str, mend_it: str, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Full, or a replica after a failover: 503 with the remedy, a line in the log, `/health` tells, and it is well
    again by itself.
    """
    async with started(server.url) as (broker, delivered):
        await broker.publish(say("1"))
        server.command(*break_it.split())
        for _ in range(3):
            assert (await refused(broker)).error == error
        await eventually(lambda: broker.problem == error)
        assert sum(r.levelno >= logging.ERROR and error in r.message for r in caplog.records) in (1, 2)
        server.command(*mend_it.split())
        await works_again(broker)
        await eventually(lambda: texts(delivered) == ["1", "again"])


async def test_wrong_type_of_key(server: RedisServer) -> None:
    """Somebody else's data under our keys."""
    async with started(server.url) as (broker, _):
        server.command("DEL", "{tornchat}:log")
        server.command("SET", "{tornchat}:log", "mine")
        assert (await refused(broker)).error == "Redis holds something else in our keys"
        await eventually(lambda: broker.problem is not None)
        server.command("DEL", "{tornchat}:log")
        await works_again(broker)


async def test_password(server: RedisServer) -> None:
    """Missing or wrong: the start is refused with the remedy; changed meanwhile: 503, until it is right again."""
    async with started(server.url) as (broker, _):
        server.command("CONFIG", "SET", "requirepass", "secret")
        with pytest.raises(ConfigError, match="Redis wants a password"):
            async with started(server.url):
                pass
        with pytest.raises(ConfigError, match="Redis refuses the password"):
            async with started(f"unix://:wrong@{server.path}"):
                pass
        async with started(f"unix://:secret@{server.path}") as (right, _):
            await right.publish(say("1"))
        server.command("CLIENT", "KILL", "TYPE", "normal", password="secret")
        await eventually(lambda: broker.problem is not None)
        assert (await refused(broker)).error == "Redis wants a password"
        server.command("CONFIG", "SET", "requirepass", "", password="secret")
        await works_again(broker)


async def test_tls(tmp_path: Path) -> None:
    """`rediss://`: what is said goes over TLS, and a Redis that cannot prove who it is is refused."""
    authority, stranger = trustme.CA(), trustme.CA()
    certificate = authority.issue_cert("localhost")
    (tmp_path / "key").write_bytes(certificate.private_key_pem.bytes())
    (tmp_path / "cert").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    for name, ca in (("ca", authority), ("stranger", stranger)):
        ca.cert_pem.write_to_path(tmp_path / name)
    sock, port = bind_unused_port()
    sock.close()
    tls = ("--tls-port", str(port), "--tls-cert-file", f"{tmp_path}/cert", "--tls-key-file", f"{tmp_path}/key")
    with RedisServer(*tls, "--tls-auth-clients", "no", "--bind", "127.0.0.1"):
        url = f"rediss://localhost:{port}/0?ssl_ca_certs={tmp_path}"
        async with started(f"{url}/ca") as (broker, delivered):
            await broker.publish(say("secret"))
            await eventually(lambda: texts(delivered) == ["secret"])
        with patch.object(_redis_follower, "START_SECONDS", 0.1), pytest.raises(ConfigError, match="certificate"):
            async with started(f"{url}/stranger"):
                pass


@pytest.mark.timeout(seconds=60)
async def test_loading(server: RedisServer) -> None:
    """A Redis that is still reading its file after a restart: 503, and then it goes on; a start waits for it."""
    async with started(server.url) as (broker, delivered):
        await broker.publish(say("1"))
        server.command("EVAL", "for i = 1, 5000 do redis.call('SET', i, i) end", 0)
        server.kill()
        server.start("--key-load-delay", "500", loaded=False)  # microseconds; it answers after each 1,024 keys
        await eventually(lambda: broker.problem == "Redis is loading its data")
        assert (await refused(broker)).error == "Redis is loading its data"
        async with started(server.url) as (late, _):
            assert texts(await history(late)) == ["1"]
        await works_again(broker)
        await eventually(lambda: texts(delivered) == ["1", "again"])


async def test_away_for_longer_than_history(server: RedisServer) -> None:
    """What retention took while this process was cut off is told as a gap."""
    options = {"history_count": 5}
    with patch.object(redis, "TRIM_SECONDS", 0.01):
        async with proxied(server) as proxy, started(proxy.url, **options) as (broker, delivered):
            await broker.publish(say("1"))
            await eventually(lambda: len(delivered) == 1)
            proxy.away = True
            proxy.cut()
            async with started(server.url, **options) as (other, _):
                for number in range(20):
                    await other.publish(say(str(number)))
                await eventually(lambda: server.command("XLEN", "{tornchat}:log") == b":5\r\n")
            proxy.away = False
            await eventually(lambda: len(delivered) == 7)
            assert texts(delivered) == ["1", "gap", "15", "16", "17", "18", "19"]


async def test_who_listens_everywhere(server: RedisServer) -> None:
    """Listeners of all processes; those of one that stopped are gone at once, of one that died after a while."""
    async with started(server.url) as (here, _), started(server.url) as (there, _):
        await there.announce({"lobby": 2, "ops": 1})
        assert await here.announce({"lobby": 1, "*": 1}) == {"lobby": 3, "ops": 1, "*": 1}
        await there.stop()
        assert await here.announce({"lobby": 1}) == {"lobby": 1}
        server.command("HSET", "{tornchat}:presence", "dead", '1 {"lobby": 5}')
        assert await here.announce({"lobby": 1}) == {"lobby": 1}
        assert server.command("HLEN", "{tornchat}:presence") == b":1\r\n"


async def test_lease(server: RedisServer) -> None:
    """One has it, until it gives it up or has been silent for so long."""
    async with started(server.url) as (one, _), started(server.url) as (two, _):
        assert await one.lease("duty", 10)
        assert not await two.lease("duty", 10)
        assert not await two.lease("duty", 0), "nobody gives up what is another's"
        assert await two.lease("other", 10)
        assert await one.lease("duty", 0)
        assert await two.lease("duty", 0.05)
        for _ in range(1000):
            if await one.lease("duty", 10):
                break
        else:
            raise AssertionError("the lease did not run out")


async def test_relayed_to_all(server: RedisServer) -> None:
    """Each process hears it once; one that was cut off for a moment, too."""
    async with proxied(server) as proxy, started(server.url) as (here, heard), started(proxy.url) as (_, there):
        await here.relay([Event("hosts", "host", {"n": 1})])
        await eventually(lambda: len(heard) == len(there) == 1)
        proxy.cut()
        await here.relay([Event("hosts", "host", {"n": 2})])
        await eventually(lambda: len(heard) == len(there) == 2)
        assert [event.data["n"] for event in there] == [1, 2]
        assert await history(here) == []


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("redis://localhost:port", "broker is no URL of Redis"),
        ("redis://localhost:6379/0?nonsense=1", "broker is no URL of Redis"),
    ],
)
def test_malformed_url(url: str, error: str) -> None:
    """A sentence, not a traceback."""
    with pytest.raises(ConfigError, match=error):
        brokers.from_url(Config(broker=url))
