"""3 processes on one Redis: what is to be done once is done once, and goes on when the one that did it dies."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.elsewhere import Elsewhere, answer
from tests.redis_server import RedisServer
from tests.sources import payloads
from tests.support import Raw, ServerProcess, eventually, listening, objects, post
from tests.test_processes import workers

pytestmark = [
    pytest.mark.needs("redis-server"),
    pytest.mark.slow,
    pytest.mark.parametrize("engine", ["httptools"]),
    pytest.mark.timeout(seconds=120),
]

CONF = """
processes = 3
broker = {redis!r}
trust_loopback = True
notify_url = {notify!r}
checks = [
    {{"name": "shop", "kind": "http", "target": {shop!r}, "interval": 0.2, "timeout": 0.1}},
    {{"name": "job", "kind": "heartbeat", "token": "a-token-of-a-nightly-job", "period": 3600}},
]
"""


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


def on_duty(redis: RedisServer) -> int:
    """The process that has the lease; 0 where none has."""
    holder = redis.command("GET", "{tornchat}:lease:duty").split(b"\r\n")
    return int(holder[1].split(b":")[1]) if len(holder) > 2 else 0


def gitlab(status: str, job: int) -> bytes:
    return payloads.body(payloads.gitlab_pipeline(payloads.gitlab_build(job, status=status), status=status))


async def test_once_of_three(
    redis: RedisServer, start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """Each check, each notification, each delivery; and the process that did it is killed."""
    async with Elsewhere(answer(200)) as shop, Elsewhere(answer(200)) as receiver:
        conf = tmp_path / "conf.py"
        conf.write_text(CONF.format(redis=redis.url, notify=receiver.url("/hook"), shop=shop.url()))
        server = await asyncio.to_thread(start_server, f"--config={conf}")
        async with listening(server.port, "/listen?room=ci&room=hosts&format=ndjson") as listener:
            await listener.until(b'"check":"shop"')

            # One delivery, sent 30 times to whichever process takes it, is one event and one notification.
            key = "X-Gitlab-Event: Pipeline Hook\r\nIdempotency-Key: d-1\r\n"
            body = gitlab("failed", 501)
            answers = await asyncio.gather(
                *(post(server.port, "/hooks/gitlab", body, "application/json", key) for _ in range(30))
            )
            assert {status for status, _ in answers} == {204}
            await eventually(lambda: receiver.requests)

            # A ping that arrives anywhere reaches the one.
            for _ in range(6):
                raw = await Raw.get(server.port, "/ping/a-token-of-a-nightly-job")
                assert b"ok." in await raw.rest()
            await listener.until(b'"check":"job"')

            # It dies; another does it, and no more than one: the checks go on at their pace.
            victim = on_duty(redis)
            assert victim in workers(server)
            os.kill(victim, signal.SIGKILL)
            await eventually(lambda: on_duty(redis) not in (0, victim), within=60)
            assert on_duty(redis) in workers(server)
            checked = len(shop.requests)
            loop = asyncio.get_running_loop()
            began = loop.time()
            await eventually(lambda: len(shop.requests) >= checked + 20, within=60)
            assert loop.time() - began > 2, "20 checks at 0.2 s take 4 s, unless two processes check"

            status, _ = await post(server.port, "/hooks/gitlab", gitlab("success", 502), "application/json")
            assert status == 204
            await eventually(lambda: len(receiver.requests) == 2)
            server.signal()
            assert await server.ended() == 0
        heard = objects(await whole(listener))
        runs = [event["status"] for event in heard if event["type"] == "run"]
        assert runs in (["failed", "success"], ["failed"]), "the listener's own process may have been the one"
        assert len(receiver.requests) == 2
        assert (b"failed" in receiver.requests[0], b"succeeds again" in receiver.requests[1]) == (True, True)


async def whole(listener: Raw) -> bytes:
    await listener.rest()
    return listener.body
