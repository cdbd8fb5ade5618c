"""This server's own host, as it really is."""

from __future__ import annotations

import platform
import socket
import sys
from time import time

import pytest

from tornchat.watch import own_host
from tornchat.watch.agents import CpuTime, Traffic
from tornchat.watch.host import Host


def test_the_first_host_to_see() -> None:
    """With nothing set up, a dashboard shows one host, with numbers that can be."""
    now = time()
    reading = own_host.reading(now)
    assert reading.host == socket.gethostname()
    assert reading.os
    host = Host(reading.host, now)
    host.take(reading, now)
    data = host.observed(now).data
    assert 0 < data["mem_used"] < data["mem_total"]
    assert 0 < data["mem"] < 100
    assert data["cores"] >= 1
    assert data["uptime"] > 0
    assert data["load1"] >= 0
    assert reading.counted.keys() >= {"lo"}
    # Counters of a real host grow too slowly for a test: half a core and a kilobyte more, ten seconds later.
    assert reading.cpu_time is not None
    idle, total = reading.cpu_time
    reading.cpu_time = CpuTime(idle + 15, total + 20)
    reading.counted = {"eth9": Traffic(0, 0)}
    reading.at = now + 10
    host.take(reading, now + 10)
    reading.counted = {"eth9": Traffic(1000, 0)}
    reading.at = now + 20
    host.take(reading, now + 20)
    data = host.observed(now + 20).data
    assert (data["cpu"], data["rx"]) == (pytest.approx(25.0, abs=0.1), 100)


def test_without_psutil_it_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is one: all else goes on without it."""
    assert own_host.available()
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert not own_host.available()


def test_a_system_that_does_not_say_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have no os-release, and other systems have none at all."""

    def missing() -> dict[str, str]:
        raise OSError

    monkeypatch.setattr(platform, "freedesktop_os_release", missing)
    assert own_host.reading(time()).os == platform.system()
