"""One listener's queue, without a server."""

from __future__ import annotations

from tornchat import formats
from tornchat.client import Client


def make_client(backlog_bytes: int = 10) -> Client:
    return Client(None, formats.named("plain"), backlog_bytes=backlog_bytes, abort=lambda: None)


def queued(client: Client) -> list[bytes | None]:
    return [client.queue.get_nowait() for _ in range(client.queue.qsize())]


def test_offers_wait_in_order() -> None:
    """The queue holds what was offered; the backlog counts its bytes."""
    client = make_client()
    client.offer(b"abc")
    client.offer(b"de")
    assert client.backlog == 5
    assert queued(client) == [b"abc", b"de"]


def test_past_the_bound_it_is_slow() -> None:
    """The backlog is thrown away, and only the end waits."""
    client = make_client(10)
    client.offer(b"x" * 10)
    assert client.closed is None
    client.offer(b"y")
    assert client.closed == "slow"
    assert client.closed_at > 0
    assert queued(client) == [None]


def test_one_burst_does_not_make_it_slow() -> None:
    """A client for which nothing waits takes any batch; the next one must fit."""
    client = make_client(10)
    client.offer(b"x" * 11)
    assert client.closed is None
    client.offer(b"y")
    assert client.closed == "slow"


def test_first_reason_stays() -> None:
    """Closing again changes nothing, and a closed client takes nothing."""
    client = make_client()
    client.close("gone")
    client.close("shutdown")
    client.offer(b"x")
    assert client.closed == "gone"
    assert queued(client) == [None]


def test_shutdown_keeps_the_backlog() -> None:
    """What was delivered still goes out before the end."""
    client = make_client()
    client.offer(b"x")
    client.close("shutdown")
    assert queued(client) == [b"x", None]


def test_flush_is_timed() -> None:
    """The sweep reads from these how long a write hangs, or a stream is silent."""
    client = make_client()
    assert client.flush_began is None
    before = client.flushed_at
    client.flush_begins()
    assert client.flush_began is not None
    client.flush_ended()
    assert client.flush_began is None
    assert client.flushed_at >= before
