"""What gives ids and keeps history. A file here is its own registration: `broker = "memory://"`.

What each must promise stands in tests/brokers/test_contract.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from tornchat import plugins
from tornchat.config import Config
from tornchat.errors import BadRequest, ConfigError
from tornchat.event import Event, timestamp

Deliver = Callable[[Sequence[Event]], None]
KEY_SECONDS = 24 * 60 * 60  # how long an Idempotency-Key is remembered
Rooms = frozenset[str] | None  # None: all of them


MAX_ROOMS = 1000  # that `Broker.rooms` tells of


class Receipt(NamedTuple):
    """What a speaker is told of an event that is kept."""

    id: str
    room: str
    at: str


class Kept(NamedTuple):
    """What is kept of a room."""

    messages: int
    last_id: str


class Broker(Protocol):
    """Keeps events, in one order for everybody, and hands them on."""

    shared: bool  # whether several processes may keep in it what all of them hear

    @property
    def cursor(self) -> str:
        """The id of the newest event that was delivered, or of the place before the first."""

    async def start(self, deliver: Deliver) -> None:
        """Open the store. From now on `deliver` gets every event that is kept, in order, once."""

    async def look(self) -> None:
        """Instead of `start`: only for `cursor`, `page` and `before`, beside a running server.

        Raises:
            TornchatError: there is nothing to look at.
        """

    async def stop(self) -> None:
        """Finish what was begun, and close the store."""

    @property
    def problem(self) -> str | None:
        """Why nothing can be kept at present; None while all is well."""

    async def publish(self, events: Sequence[Event], key: str | None = None) -> Sequence[Receipt]:
        """Keep all of `events` or none, and deliver them.

        The same `key` again within `KEY_SECONDS` keeps nothing, and returns the first receipts.

        Raises:
            Unavailable: the store cannot keep them now.
        """

    async def relay(self, events: Sequence[Event]) -> None:
        """Deliver `events` in all processes, and keep nothing: they have no id, and no place in the order.

        Raises:
            Unavailable: other processes cannot be reached now.
        """

    async def lease(self, name: str, seconds: float) -> bool:
        """Whether what `name` stands for is for this process to do, for so many seconds; 0 gives it up.

        Raises:
            Unavailable: that cannot be known now.
        """

    async def save(self, name: str, data: bytes) -> None:
        """Keep `data` beside the history, as durably, in place of what was saved under this name.

        Raises:
            Unavailable: the store cannot keep it now.
        """

    async def saved(self, name: str) -> bytes | None:
        """What was saved last under this name.

        Raises:
            Unavailable: the store cannot be read now.
        """

    async def page(self, after: str, rooms: Rooms) -> Sequence[Event]:
        """What is kept after the id `after`, oldest first, as much as is good to send at once.

        What is lost is told first: `gap` (with `missed`, None where unknown) if something of these
        rooms may have been removed, `reset` if the id is not of this history. Go on from the last
        event's id. An empty page is the end of history at the very moment of return, so that a caller
        who does not await before it joins misses nothing.

        Raises:
            Unavailable: the store cannot be read now.
        """

    async def rooms(self) -> Mapping[str, Kept]:
        """What is kept of each room, at the most of those `MAX_ROOMS` that were last spoken in.

        Raises:
            Unavailable: the store cannot be read now.
        """

    async def announce(self, listeners: Mapping[str, int]) -> Mapping[str, int]:
        """Say how many listen in each room of this process, and learn how many do in all that share the store.

        What a process announced counts for half a minute, or until its stop.

        Raises:
            Unavailable: the store does not answer.
        """

    async def before(self, rooms: Rooms, last: int | None = None) -> str:
        """The id after which the `last` kept events of these rooms come; None: all that are kept.

        Raises:
            Unavailable: the store cannot be read now.
        """


def from_url(config: Config) -> Broker:
    """The broker that `config.broker` names by its scheme, not started yet.

    Raises:
        ConfigError: there is none of that scheme.
    """
    if "://" not in config.broker:
        raise ConfigError(f"broker = {config.broker!r} is no URL", 'write it as "memory://"')
    name = scheme(config)
    try:
        module = plugins.load(__name__, name)
    except BadRequest as error:
        raise ConfigError(f"broker: {error.error}", error.remedy) from None
    except ModuleNotFoundError as error:
        raise ConfigError(f"broker: {name}:// needs {error.name}", f"pip install 'tornchat[{name}]'") from None
    broker: Broker = module.open(config)
    return broker


def scheme(config: Config) -> str:
    """Which broker it is, without what else its URL says: that may be a password."""
    name = config.broker.partition(":")[0]
    return "redis" if name in ("rediss", "unix") else name


def relayed(events: Iterable[Event]) -> list[Event]:
    """The events with the present time, and no id."""
    now = timestamp()
    return [event.kept("", event.at or now) for event in events]
