"""What is known of one host: readings become the fields of a `host` event.

Pure: no clock but the `now` that is passed in, in seconds since 1970.

Agents send in parts and each at its own pace, so a number stands until it is repeated, for `FORGET` seconds.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Any, NamedTuple, Self

from tornchat.event import clean, rfc3339
from tornchat.watch.agents import NUMBERS, Disk, Reading, Traffic
from tornchat.watch.level import LEVELS, THRESHOLDS, Alarm

STATES = ("live", "stale", "offline")  # from good to bad
STALE = 3, 30.0  # so many intervals and so many seconds without a sample
OFFLINE = 10, 300.0

FORGET = 300.0  # seconds; longer than agents wait before they say a number again
SHORTEST_GAP = 1.0  # seconds between samples; what comes sooner is another part of the same one
SHORTEST_COUNT = 0.5  # seconds; two counts that are nearer than that tell no rate
GAPS = 5  # the interval is the median of so many
MAX_PARTS = 256  # network devices or disks of a host
MAX_CHARACTERS = 128  # of a text
LIMIT = 2.0**63  # no host has so many bytes, or is up for so many seconds

# What goes through these is counted again at the device below them, or goes nowhere.
VIRTUAL_DEVICE = re.compile(r"lo\d*|(veth|docker|br-|ifb|virbr|vnet|cni|flannel|cali|dummy|bond|team).*")
# Memory, images that are full by nature, and what is another host's.
VIRTUAL_DISK = re.compile(
    r"tmpfs|devtmpfs|devfs|ramfs|efivarfs|autofs|overlay|overlayfs|aufs|squashfs|erofs|iso9660|udf|nfs\d?|cifs|smb3|fuse\..*"
)


class HostEvent(NamedTuple):
    """What there is to say of a host: `kept` if its state or level has changed, else a sample."""

    data: dict[str, Any]
    kept: bool


class Host:
    """Takes readings, and says what to make of them; or that there have been none for too long."""

    def __init__(self, name: str, now: float) -> None:
        self.data: dict[str, Any] = {"host": name}  # of the last event
        self._seen = now
        self._gaps: deque[float] = deque(maxlen=GAPS)
        self._alarms: dict[str, Alarm] = {}
        self._os = self._agent = ""
        # Each with the time at which it was heard.
        self._numbers: dict[str, tuple[float, float]] = {}
        self._traffic: dict[str, tuple[Traffic, float]] = {}
        self._disks: dict[str, tuple[Disk, float]] = {}
        # The last counts by agent and device, with the time at which they were read.
        self._counts: dict[tuple[str, str], tuple[tuple[float, float], float]] = {}

    @classmethod
    def load(cls, data: Mapping[str, Any], now: float) -> Self:
        """The host of which `data` was the last event before the server was started, at `now`.

        It has from now on to be heard of again; its alarms are as they were.
        """
        host = cls(data["host"], now)
        host.data = dict(data)
        if "interval" in data:
            host._gaps.append(data["interval"])
        host._numbers = {name: (data[name], now) for name in NUMBERS if name in data}
        host._alarms = {name: Alarm(THRESHOLDS[name], level) for name, level in data.get("alarms", {}).items()}
        return host

    def take(self, reading: Reading, now: float) -> None:
        """Note what it says; `observed` is to follow."""
        self._os = clean(reading.os)[:MAX_CHARACTERS] or self._os
        self._agent = reading.agent
        for name, number in reading.numbers.items():
            if _possible(number):
                self._numbers[name] = number, now
        if reading.cpu_time:
            idle, total = self._rates((reading.agent, ""), reading.cpu_time, reading.at) or (0, 0)
            if total > 0:
                self._numbers["cpu"] = 100 * (1 - min(1, idle / total)), now
        for device, counted in reading.counted.items():
            if not VIRTUAL_DEVICE.fullmatch(device):
                rates = self._rates((reading.agent, device), counted, reading.at)
                if rates:
                    _put(self._traffic, device, (Traffic(*rates), now))
        for device, traffic in reading.traffic.items():
            if not VIRTUAL_DEVICE.fullmatch(device) and all(map(_possible, traffic)):
                _put(self._traffic, device, (traffic, now))
        for mount, disk in reading.disks.items():
            if not (disk.read_only or VIRTUAL_DISK.fullmatch(disk.kind)) and all(map(_possible, disk[1:4])):
                _put(self._disks, mount, (disk, now))

    def observed(self, now: float) -> HostEvent:
        """The sample that has been taken at `now`."""
        if now - self._seen >= SHORTEST_GAP:
            self._gaps.append(now - self._seen)
        self._seen = now
        self._forget(now - FORGET)
        numbers, mount = self._now_known()
        for name, threshold in THRESHOLDS.items():
            if name not in numbers:
                self._alarms.pop(name, None)
            elif numbers[name][1] == now:  # what stands from before is no further sample
                self._alarms.setdefault(name, Alarm(threshold)).see(numbers[name][0], now)
        alarms = {name: alarm.level for name, alarm in self._alarms.items() if alarm.level != LEVELS[0]}
        data: dict[str, Any] = {
            "host": self.data["host"],
            "state": STATES[0],
            "level": max(alarms.values(), key=LEVELS.index, default=LEVELS[0]),
            "alarms": alarms,
        }
        data |= {name: _rounded(name, number) for name, (number, _) in numbers.items() if name != "load"}
        data |= {"disk_mount": mount, "os": self._os, "agent": self._agent, "seen_at": rfc3339(now)}
        if self._gaps:
            data["interval"] = round(median(self._gaps), 1)
        before, self.data = self.data, {name: value for name, value in data.items() if value not in ("", {})}
        return HostEvent(self.data, any(before.get(name) != data[name] for name in ("state", "level")))

    def aged(self, now: float) -> HostEvent | None:
        """That it has become stale or offline by `now`, or nothing if nothing has changed."""
        silent, interval = now - self._seen, self.data.get("interval", 0)
        state = self.data["state"]
        for worse, (intervals, seconds) in (("offline", OFFLINE), ("stale", STALE)):
            if silent > max(intervals * interval, seconds) and STATES.index(worse) > STATES.index(state):
                self.data = {**self.data, "state": worse}
                return HostEvent(self.data, True)
        return None

    def _rates(self, key: tuple[str, str], counts: tuple[float, float], at: float) -> tuple[float, float] | None:
        """How fast both have grown, per second; nothing where that cannot be told.

        A count that has gone down says that the host was started again: so it goes on from the new one.
        """
        if not all(map(_possible, counts)):
            return None
        before, then = self._counts.get(key, (None, 0.0))
        if before and 0 <= at - then < SHORTEST_COUNT:
            return None
        _put(self._counts, key, (counts, at))
        if not before or at < then or counts[0] < before[0] or counts[1] < before[1]:
            return None
        return (counts[0] - before[0]) / (at - then), (counts[1] - before[1]) / (at - then)

    def _forget(self, before: float) -> None:
        """Drop what was heard before then."""
        for heard in (self._numbers, self._traffic, self._disks):
            for name in [name for name, (_, at) in heard.items() if at < before]:
                del heard[name]

    def _now_known(self) -> tuple[dict[str, tuple[float, float]], str]:
        """All numbers of an event, and `load` (per core), with the times at which they were heard; and where
        the fullest disk is mounted.
        """
        known = dict(self._numbers)
        for name in ("mem", "swap"):
            total = known.get(f"{name}_total", (0.0, 0.0))[0]
            if total > 0 and f"{name}_used" in known:
                used, at = known[f"{name}_used"]
                known[name] = 100 * used / total, at
            else:  # a host without swap has nothing to show for it
                known.pop(f"{name}_total", None)
                known.pop(f"{name}_used", None)
        cores = known.get("cores", (0.0, 0.0))[0]
        if cores > 0 and "load5" in known:
            load, at = known["load5"]
            known["load"] = load / cores, at
        if self._traffic:
            at = max(at for _, at in self._traffic.values())
            known["rx"] = sum(traffic.rx for traffic, _ in self._traffic.values()), at
            known["tx"] = sum(traffic.tx for traffic, _ in self._traffic.values()), at
        full, mount = max(((_full(disk), mount) for mount, (disk, _) in self._disks.items()), default=(0.0, ""))
        if mount:
            disk, at = self._disks[mount]
            known |= {"disk": (full, at), "disk_used": (disk.used, at), "disk_total": (disk.total, at)}
        return known, clean(mount)[:MAX_CHARACTERS]


def _full(disk: Disk) -> float:
    """Percent of what users may fill, as df has it."""
    return 100 * disk.used / (disk.used + disk.free) if disk.used + disk.free > 0 else 0.0


def _possible(number: float) -> bool:
    return 0 <= number < LIMIT  # which NaN is not


def _put(heard: dict[Any, Any], key: object, value: object) -> None:
    """Put it at the end; the oldest goes where there are too many."""
    heard.pop(key, None)
    heard[key] = value
    if len(heard) > MAX_PARTS:
        del heard[next(iter(heard))]


def _rounded(name: str, number: float) -> float:
    match name:
        case "cpu" | "mem" | "swap" | "disk":
            return round(min(number, 100.0), 1)
        case "load1" | "load5" | "load15":
            return round(number, 2)
        case _:
            return round(number)
