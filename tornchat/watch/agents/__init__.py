"""What monitoring agents send → `Reading`s: what one said of one host at one time, the same whichever it was.

A file for each form that they send it in. Pure: no Tornado, no sockets, no clock but the `now` that is passed in.
`host.py` makes of readings what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

# What a reading may say in one number, under the name that it has in a host event. `cpu` is percent, memory is
# bytes, uptime is seconds.
NUMBERS = (
    *("cpu", "cores", "load1", "load5", "load15", "uptime"),
    *("mem_used", "mem_total", "swap_used", "swap_total"),
)


class CpuTime(NamedTuple):
    """Seconds since boot over all cores. Waiting for a disk counts as idle."""

    idle: float
    total: float


class Traffic(NamedTuple):
    """Bytes that a network device has received and sent, since boot or per second."""

    rx: float
    tx: float


class Disk(NamedTuple):
    """A mounted filesystem, in bytes. What is reserved for root is in `total` only."""

    kind: str  # ext4, tmpfs …
    total: float
    used: float
    free: float
    read_only: bool = False


@dataclass(slots=True)
class Reading:
    """All fields after `at` may be empty: an agent sends what it was told to, and maybe in parts."""

    host: str
    agent: str
    at: float  # seconds since 1970, by the clock that the counters were read with
    numbers: dict[str, float] = field(default_factory=dict)  # by `NUMBERS`
    cpu_time: CpuTime | None = None
    counted: dict[str, Traffic] = field(default_factory=dict)  # since boot, by device
    traffic: dict[str, Traffic] = field(default_factory=dict)  # per second, by device
    disks: dict[str, Disk] = field(default_factory=dict)  # by where they are mounted
    os: str = ""

    @classmethod
    def load(cls, fields: Mapping[str, Any]) -> Self:
        """The reading that was `asdict(reading)`, after JSON has made lists of its tuples."""
        reading = cls(**fields)
        reading.cpu_time = reading.cpu_time and CpuTime(*reading.cpu_time)
        reading.counted = {device: Traffic(*traffic) for device, traffic in reading.counted.items()}
        reading.traffic = {device: Traffic(*traffic) for device, traffic in reading.traffic.items()}
        reading.disks = {mount: Disk(*disk) for mount, disk in reading.disks.items()}
        return reading
