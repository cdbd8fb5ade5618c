"""One connection to Redis that never repeats a command by itself, and what Redis's errors mean to us."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from redis import exceptions
from redis.asyncio.connection import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tornchat.brokers._redis_scripts import PREFIX

CONNECT_SECONDS = 1.0
IDLE_SECONDS = 1.0

ERRORS = (exceptions.RedisError, OSError, TimeoutError)
Command = Sequence[str | bytes | int | float]


class Link:
    """One connection, opened when it is needed. An error closes it, and so does a call that is cancelled: no answer
    is ever taken for that of another command.

    redis-py's client repeats what was not answered, ten times by default; so what was kept before its answer was
    lost would be kept again. This uses its connection alone.
    """

    def __init__(self, url: str, *, seconds: float) -> None:
        """
        Args:
            seconds: how long an answer may take; connecting has a second for itself.

        Raises:
            ValueError: the URL is malformed.
        """
        pool = ConnectionPool.from_url(
            url,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=None,  # ours are below; with one of its own, Python 3.11 may lose a cancellation in it
            socket_connect_timeout=None,
            driver_info=None,
            protocol=2,
        )
        self._connection = pool.make_connection()  # type: ignore[no-untyped-call]
        self._seconds = seconds
        self._used_at = 0.0
        self.run = ""  # which run of Redis answers; another after each restart

    async def open(self) -> None:
        """Connect, if it is not connected.

        Raises:
            RedisError, OSError, TimeoutError: it cannot.
        """
        if self._connection.is_connected and await self._is_stale():
            await self.close()
        if not self._connection.is_connected:
            async with asyncio.timeout(CONNECT_SECONDS):
                try:
                    await self._connection.connect()
                except exceptions.ConnectionError as error:
                    refusal = error.__cause__  # an answer is no failed connection
                    raise refusal if isinstance(refusal, exceptions.AuthenticationError) else error from None
                [info] = await self._exchange([("INFO", "server")])
            lines = dict(line.split(":", 1) for line in info.decode().splitlines() if ":" in line)
            self.run = lines["run_id"]

    async def call(self, *commands: Command) -> list[Any]:
        """The replies to commands that are sent at once.

        Raises:
            RedisError, OSError, TimeoutError: one failed; of the others it is not known.
        """
        await self.open()
        async with asyncio.timeout(self._seconds):
            return await self._exchange(commands)

    async def close(self) -> None:
        """Hang up."""
        await self._connection.disconnect(nowait=True)

    async def _is_stale(self) -> bool:
        """Whether the other side has hung up on a connection that was long idle: a proxy or Redis's `timeout` did.
        To send on it would leave open what became of the command.
        """
        if asyncio.get_running_loop().time() - self._used_at < IDLE_SECONDS:
            return False
        try:
            return bool(await self._connection.can_read())
        except ERRORS:
            return True

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._connection
        self._used_at = asyncio.get_running_loop().time()
        try:
            await connection.send_packed_command(connection.pack_commands(commands))
            return [await connection.read_response() for _ in commands]
        except BaseException:
            await connection.disconnect(nowait=True)
            raise


def script(lua: str, *arguments: str | bytes | int | float) -> Command:
    """The command that runs one of _redis_scripts.py."""
    return ("EVAL", lua, 1, PREFIX, *arguments)


def unanswered(error: BaseException) -> bool:
    """Whether an error leaves open what became of the command; one that Redis answered with does not."""
    answers = (
        exceptions.ResponseError,
        exceptions.AuthenticationError,
        exceptions.AuthorizationError,
        exceptions.BusyLoadingError,
    )
    return not isinstance(error, answers)


def explain(error: BaseException) -> tuple[str, str]:
    """What is wrong, and what to do about it."""
    text = str(error)
    match error:
        case exceptions.AuthenticationError() if "required" in text:
            return "Redis wants a password", "write it in broker, redis://:password@host"
        case exceptions.AuthenticationError() | exceptions.AuthorizationError():
            return "Redis refuses the password", "correct it in broker, redis://:password@host"
        case exceptions.NoPermissionError():
            return (
                f"Redis does not permit it ({text})",
                f"its user needs all commands on keys that begin with {PREFIX}",
            )
        case exceptions.BusyLoadingError():
            return "Redis is loading its data", "try again"
        case exceptions.OutOfMemoryError():
            return "Redis has reached its maxmemory", "raise that, or keep less by history_bytes"
        case exceptions.ResponseError() if "WRONGTYPE" in text:
            return "Redis holds something else in our keys", "give tornchat a database of its own, redis://host/1"
        case exceptions.ResponseError() if isinstance(error, exceptions.ReadOnlyError) or "UNBLOCKED" in text:
            return (
                "Redis is a replica and takes no messages",
                "point broker to the primary, or wait for the failover",
            )
        case exceptions.ResponseError():
            return f"Redis says: {text}", "see its log"
        case _:
            return f"Redis cannot be reached ({text or 'no answer in time'})", "see that it runs, and try again"
