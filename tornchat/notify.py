"""Texts to one incoming webhook, as Slack and many others have it: `POST {"text": …}`.

A text may arrive twice, where the answer to the first was lost; what waits is lost when the process is killed.
"""

from __future__ import annotations

import asyncio
import json
import logging
from email.utils import parsedate_to_datetime
from random import uniform
from time import time
from urllib.parse import urlsplit

from tornchat.errors import ConfigError
from tornchat.fetch import BadAnswer, fetch, reason, tls_context

logger = logging.getLogger(__name__)

TRY_LATER = (408, 429)  # of the 4xx, those that a later try may change
MAX_PAUSE = 300.0  # seconds, whatever a receiver asks for


class Notifier:
    """Sends one text after the other, in a task of its own.

    Args:
        url: where to; its path is a secret, and so never logged.
        timeout: seconds that one try may take.
        tries: for one text, at the most.
        backoff: seconds of the first pause between tries, at the most; each further one is twice as long.
        waiting: how many texts may wait; past that the oldest goes.

    Raises:
        ConfigError: `url` is no URL.
    """

    def __init__(
        self, url: str, *, timeout: float = 10.0, tries: int = 5, backoff: float = 2.0, waiting: int = 100
    ) -> None:
        place = _place(url)
        if place is None:
            raise ConfigError("the URL for notifications is no URL", "give all of https://…")
        tls_context()
        self._url = url
        self._place = place
        self._timeout = timeout
        self._tries = tries
        self._backoff = backoff
        self._queue: asyncio.Queue[str] = asyncio.Queue(waiting)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to send, in the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._send_all())

    def notify(self, text: str) -> None:
        """Send `text` when its turn comes. Returns at once, whatever the receiver does."""
        if self._queue.full():
            self._queue.get_nowait()
            self._queue.task_done()
            logger.warning("too many notifications wait for %s: the oldest is dropped", self._place)
        self._queue.put_nowait(text)

    async def stop(self, seconds: float) -> None:
        """Let what waits be sent for so long, and end."""
        try:
            async with asyncio.timeout(seconds):
                await self._queue.join()
        except TimeoutError:
            logger.warning("not all notifications reached %s before the end", self._place)
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _send_all(self) -> None:
        while True:
            text = await self._queue.get()
            try:
                await self._send(text)
            except Exception:
                logger.exception("a notification to %s broke", self._place)  # a mistake of ours ends nothing
            finally:
                self._queue.task_done()

    async def _send(self, text: str) -> None:
        body = json.dumps({"text": text}).encode()
        for number in range(1, self._tries + 1):
            asked = 0.0
            try:
                async with asyncio.timeout(self._timeout):
                    answer = await fetch("POST", self._url, body=body, content_type="application/json")
            except (OSError, BadAnswer) as error:
                problem = reason(error)
            else:
                if 200 <= answer.status < 300:
                    return
                problem = f"answered {answer.status}"
                if answer.status < 500 and answer.status not in TRY_LATER:
                    break
                asked = retry_after(answer.headers.get("retry-after", ""), time())
            if number < self._tries:
                await asyncio.sleep(pause(number, self._backoff, asked))
        logger.warning("a notification did not reach %s: %s", self._place, problem)


def pause(number: int, backoff: float, asked: float) -> float:
    """Seconds after try `number`: exponential with full jitter, so that many senders do not come back together;
    at least what the receiver asked for.
    """
    return min(max(uniform(0, backoff * 2 ** (number - 1)), asked), MAX_PAUSE)


def retry_after(header: str, now: float) -> float:
    """The seconds that a Retry-After asks for (RFC 9110, 10.2.3: a number or a date); 0 if it is neither."""
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - now)
    except (ValueError, OverflowError):
        return 0.0


def _place(url: str) -> str | None:
    """Scheme, host and port: what may be logged."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or not url.isascii():
        return None
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")
