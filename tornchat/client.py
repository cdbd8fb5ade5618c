"""One listener: its bounded queue, and why it ended."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Literal

from tornado.queues import Queue

from tornchat.formats import Format

Reason = Literal["gone", "slow", "shutdown"]


class BatchQueue(Queue[bytes | None]):
    """Tornado's, with an empty list where it has an empty deque, which takes 700 bytes."""

    def _init(self) -> None:
        self._queue = []

    def _get(self) -> bytes | None:
        return self._queue.pop(0)  # type: ignore[no-any-return]


class Client:
    """A listener as the hub sees it: bytes go in by `offer`, its `/listen` handler takes them out.

    Args:
        rooms: the rooms that it hears; None for all.
        format: how events become its bytes.
        backlog_bytes: how much may wait for it before it counts as slow.
        abort: cuts its connection at once.
    """

    __slots__ = (  # 250 bytes less for each
        "_backlog_bytes",
        "abort",
        "backlog",
        "closed",
        "closed_at",
        "flush_began",
        "flushed_at",
        "format",
        "queue",
        "rooms",
    )

    def __init__(
        self,
        rooms: frozenset[str] | None,
        format: Format,
        *,
        backlog_bytes: int,
        abort: Callable[[], None],
    ) -> None:
        self.rooms = rooms
        self.format = format
        self.abort = abort
        self.queue = BatchQueue()  # None is the end
        self.backlog = 0  # bytes offered and not yet taken by the socket
        self.closed: Reason | None = None
        self.closed_at = 0.0
        self.flushed_at = monotonic()
        self.flush_began: float | None = None
        self._backlog_bytes = backlog_bytes

    def offer(self, data: bytes) -> None:
        """Queue `data`, or close the client as slow. Never blocks.

        A client for which nothing waits takes any batch: one burst does not make a reader slow.
        """
        if self.closed:
            return
        if self.backlog and self.backlog + len(data) > self._backlog_bytes:
            self.close("slow")
            return
        self.backlog += len(data)
        self.queue.put_nowait(data)

    def close(self, reason: Reason) -> None:
        """End the client; the first reason stays. At a shutdown it still gets what waits for it."""
        if self.closed:
            return
        self.closed = reason
        self.closed_at = monotonic()
        if reason != "shutdown":
            while self.queue.qsize():
                self.queue.get_nowait()
        self.queue.put_nowait(None)

    def flush_begins(self) -> None:
        """Bytes are on their way to the socket."""
        self.flush_began = monotonic()

    def flush_ended(self) -> None:
        """The socket has taken them."""
        self.flush_began = None
        self.flushed_at = monotonic()
