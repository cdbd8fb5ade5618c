"""What is known of all hosts. Pure: no clock but the `now` that is passed in, in seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from tornchat.event import clean
from tornchat.watch.agents import Reading
from tornchat.watch.host import Host, HostEvent

MAX_HOSTS = 200  # past which the one goes that has been silent for longest
MAX_NAME_CHARACTERS = 64


class Hosts:
    """Readings in, host events out: a sample for each host that was heard of, and each change of state."""

    def __init__(self) -> None:
        self._hosts: dict[str, Host] = {}  # who was heard of last stands last

    @classmethod
    def load(cls, hosts: Iterable[Mapping[str, Any]], now: float) -> Self:
        """The hosts whose last events are `hosts`, such as those of a board, at the server's start: one that
        fell silent meanwhile becomes stale, and offline.
        """
        known = cls()
        for data in hosts:
            known._put(data["host"], Host.load(data, now))
        return known

    def observe(self, readings: Iterable[Reading], now: float) -> list[HostEvent]:
        """One event for each host of which there is a reading, in the order of their first."""
        heard: dict[str, Host] = {}
        for reading in sorted(readings, key=lambda reading: reading.at):
            name = _name(reading.host)
            if not name:
                continue
            host = self._hosts.get(name) or Host(name, now)
            self._put(name, host)
            host.take(reading, now)
            heard[name] = host
        return [host.observed(now) for host in heard.values()]

    def age(self, now: float) -> list[HostEvent]:
        """Who has become stale or offline by now. To be called every few seconds."""
        return [event for host in self._hosts.values() if (event := host.aged(now))]

    def _put(self, name: str, host: Host) -> None:
        self._hosts.pop(name, None)
        self._hosts[name] = host
        if len(self._hosts) > MAX_HOSTS:
            del self._hosts[next(iter(self._hosts))]


def _name(text: str) -> str:
    """A host's name, in one line."""
    return " ".join(clean(text).split())[:MAX_NAME_CHARACTERS].strip()
