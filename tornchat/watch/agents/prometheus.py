"""What node_exporter shows to Prometheus → a reading.

A scrape has some 500 samples in 58 kB, of which some 40 are looked at: lines are chosen by how they begin, and only
those are parsed. The rest of the text format (help, types, histograms, exemplars) is none of our business, so there
is no need for a whole parser; the tests compare this one with that of the package prometheus-client.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from typing import NamedTuple

from tornchat.errors import BadRequest
from tornchat.event import clean
from tornchat.watch.agents import CpuTime, Disk, Reading, Traffic

AGENT = "node_exporter"

_NUMBERS = {"node_load1": "load1", "node_load5": "load5", "node_load15": "load15"}
_WANTED = (
    *_NUMBERS,
    "node_boot_time_seconds",
    "node_cpu_seconds_total",
    "node_filesystem_avail_bytes",
    "node_filesystem_free_bytes",
    "node_filesystem_readonly",
    "node_filesystem_size_bytes",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "node_memory_SwapFree_bytes",
    "node_memory_SwapTotal_bytes",
    "node_network_receive_bytes_total",
    "node_network_transmit_bytes_total",
    "node_os_info",
    "node_time_seconds",
    "node_uname_info",
)
_LABEL = r'[ \t]*+([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"((?:[^"\\]|\\.)*+)"[ \t]*+'
_LINE = re.compile(
    r"([a-zA-Z0-9_]++)[ \t]*+"
    rf"(?:\{{((?:{_LABEL},?+)*+)[ \t]*+\}}|)[ \t]*+"
    r"([-+.0-9a-zA-Z]++)(?:[ \t]++-?[0-9]++)?+[ \t\r]*+"
)
_ONE_LABEL = re.compile(_LABEL)
_ESCAPED = re.compile(r'\\([\\"n])')


class Sample(NamedTuple):
    """One line of interest."""

    labels: dict[str, str]
    value: float


class Samples(defaultdict[str, list[Sample]]):
    """The samples of interest by their metric's name."""

    def __init__(self) -> None:
        super().__init__(list)

    def one(self, name: str) -> float | None:
        """The value of a metric without labels; nothing where it is absent or no number."""
        value = self[name][0].value if self[name] else math.nan
        return value if math.isfinite(value) else None

    def by(self, name: str, label: str) -> dict[str, float]:
        """The metric's values by one of its labels."""
        return {sample.labels.get(label, ""): sample.value for sample in self[name]}

    def text(self, name: str, label: str) -> str:
        """What an `_info` metric says in a label; empty where there is none."""
        return self[name][0].labels.get(label, "") if self[name] else ""


def samples(text: str) -> Samples:
    """What is looked at of a scrape.

    Raises:
        BadRequest: a line that is looked at is broken.
    """
    found = Samples()
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.startswith(_WANTED):
            continue
        match = _LINE.fullmatch(line)
        try:
            if match is None:
                raise ValueError
            value = float(match[5])
        except ValueError:
            raise BadRequest(
                f"line {number} is not Prometheus text, at {clean(line[:40])!a}",
                'a line is name{label="value"} number',
            ) from None
        labels = {name: _unescape(value) for name, value in _ONE_LABEL.findall(match[2] or "")}
        found[match[1]].append(Sample(labels, value))
    return found


def scraped(body: bytes, host: str, now: float) -> Reading:
    """What a scrape says.

    Args:
        host: what to call the host if the scrape does not say (`node_uname_info{nodename}`).
        now: seconds since 1970, for counters if the scrape does not say (`node_time_seconds`).

    Raises:
        BadRequest: it is not that of a node_exporter, or a line that is looked at is broken.
    """
    found = samples(body.decode(errors="replace"))
    if not found:
        raise BadRequest("there is no node_ metric in it", "name the /metrics of a node_exporter")
    time = found.one("node_time_seconds")
    reading = Reading(found.text("node_uname_info", "nodename") or host, AGENT, now if time is None else time)
    reading.os = found.text("node_os_info", "pretty_name") or found.text("node_uname_info", "sysname")
    reading.numbers = _numbers(found)
    reading.cpu_time = _cpu_time(found["node_cpu_seconds_total"])
    reading.counted = _counted(found)
    reading.disks = _disks(found)
    return reading


def _numbers(found: Samples) -> dict[str, float]:
    numbers = {name: found.one(metric) for metric, name in _NUMBERS.items()}
    for name, total, free in (("mem", "MemTotal", "MemAvailable"), ("swap", "SwapTotal", "SwapFree")):
        numbers[f"{name}_total"] = found.one(f"node_memory_{total}_bytes")
        numbers[f"{name}_used"] = _less(numbers[f"{name}_total"], found.one(f"node_memory_{free}_bytes"))
    numbers["uptime"] = _less(found.one("node_time_seconds"), found.one("node_boot_time_seconds"))
    numbers["cores"] = float(len(found.by("node_cpu_seconds_total", "cpu"))) or None
    return {name: number for name, number in numbers.items() if number is not None}


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _cpu_time(modes: list[Sample]) -> CpuTime | None:
    if not modes:
        return None
    idle = sum(sample.value for sample in modes if sample.labels.get("mode") in ("idle", "iowait"))
    return CpuTime(idle, sum(sample.value for sample in modes))


def _counted(found: Samples) -> dict[str, Traffic]:
    received = found.by("node_network_receive_bytes_total", "device")
    sent = found.by("node_network_transmit_bytes_total", "device")
    return {device: Traffic(received[device], sent[device]) for device in received.keys() & sent.keys()}


def _disks(found: Samples) -> dict[str, Disk]:
    free, available, read_only = (
        found.by(f"node_filesystem_{name}", "mountpoint") for name in ("free_bytes", "avail_bytes", "readonly")
    )
    return {
        mount: Disk(labels.get("fstype", ""), size, size - free[mount], available[mount], read_only.get(mount) == 1)
        for labels, size in found["node_filesystem_size_bytes"]
        if (mount := labels.get("mountpoint", "")) in free and mount in available
    }


def _unescape(text: str) -> str:
    """A label's value: a backslash escapes itself and a quote, and makes a line feed of an n."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], text)
