"""Asks node_exporters how their hosts are, again and again.

The targets come from the operator alone, never over HTTP, so nobody can make this server ask what they like.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import monotonic, time
from typing import Self
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient, HTTPClientError
from tornado.simple_httpclient import HTTPStreamClosedError, HTTPTimeoutError, SimpleAsyncHTTPClient

from tornchat.errors import BadRequest, ConfigError
from tornchat.watch.agents import Reading, prometheus

INTERVAL = 15.0  # seconds, as Prometheus has it in its example
JITTER = 0.1  # a part of the interval, so that hosts are not asked all at the same time
PATIENCE = 0.7  # a part of the interval; then the next try is still a whole rest away
MAX_BYTES = 8 * 1024 * 1024
IN_THREAD_BYTES = 64 * 1024  # what is longer takes more than a millisecond, so it is read off the loop


@dataclass(frozen=True, slots=True)
class Target:
    """A node_exporter. `name` is its URL as it may be shown, without a password."""

    url: str
    host: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """A URL, or just `host:port`, for `http://host:port/metrics`.

        Raises:
            ConfigError: it is neither.
        """
        url = text if "://" in text else f"http://{text}/metrics"
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or parts.scheme not in ("http", "https"):
            raise ConfigError(f"{text!a} is no node_exporter", "name it as host:port or http://host:port/metrics")
        shown = f"[{host}]" if ":" in host else host
        return cls(url, host, f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path}")


class Scraper:
    """Scrapes each target every `interval` seconds, and tells one of two functions what came of it.

    A target is asked again once it has answered or has taken too long, so never twice at once.
    """

    def __init__(
        self,
        targets: Iterable[Target],
        found: Callable[[Reading], None],
        failed: Callable[[Target, str], None],
        interval: float = INTERVAL,
    ) -> None:
        self.targets = tuple(targets)
        self.interval = interval
        self._found = found
        self._failed = failed

    async def run(self) -> None:
        """Scrape until it is cancelled. What `found` or `failed` raises ends it."""
        # Tornado's own client by name: an application may have configured another, which has other bounds.
        client = SimpleAsyncHTTPClient(
            force_instance=True, max_clients=max(1, len(self.targets)), max_body_size=MAX_BYTES
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                for target in self.targets:
                    tasks.create_task(self._scrape_on(client, target))
        finally:
            client.close()

    async def _scrape_on(self, client: AsyncHTTPClient, target: Target) -> None:
        await asyncio.sleep(random.uniform(0, JITTER * self.interval))
        while True:
            begin = monotonic()
            try:
                reading = await self._scrape(client, target)
            except BadRequest as error:
                self._failed(target, str(error))
            except HTTPTimeoutError:
                self._failed(target, f"no answer within {self.interval * PATIENCE:g} s")
            except HTTPStreamClosedError:
                self._failed(target, f"it closed before its answer ended, or that is longer than {MAX_BYTES} bytes")
            except HTTPClientError as error:
                self._failed(target, f"it answers {error.code}")
            except (OSError, ValueError) as error:
                self._failed(target, str(error))
            else:
                self._found(reading)
            rest = self.interval * random.uniform(1 - JITTER, 1 + JITTER) - (monotonic() - begin)
            await asyncio.sleep(max(0, rest))

    async def _scrape(self, client: AsyncHTTPClient, target: Target) -> Reading:
        patience = self.interval * PATIENCE
        answer = await client.fetch(
            target.url, follow_redirects=False, connect_timeout=patience, request_timeout=patience
        )
        if len(answer.body) > IN_THREAD_BYTES:
            return await asyncio.to_thread(prometheus.scraped, answer.body, target.host, time())
        return prometheus.scraped(answer.body, target.host, time())
