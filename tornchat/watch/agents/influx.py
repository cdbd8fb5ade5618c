"""What Telegraf and Glances (`--export influxdb2`) write to InfluxDB → readings.

A measurement of theirs that says nothing about a host as a whole is passed over. The names of measurements, tags
and fields are those of Telegraf's inputs cpu, mem, swap, disk, net and system, and of Glances' plugins cpu, mem,
memswap, load, fs, network, uptime and system.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from tornchat.errors import BadRequest, near_match
from tornchat.event import clean
from tornchat.watch.agents import Disk, Reading, Traffic
from tornchat.watch.agents._lines import Fault, Point, Value, read

PRECISIONS = {"ns": 1e-9, "n": 1e-9, "us": 1e-6, "u": 1e-6, "ms": 1e-3, "s": 1.0}  # n, u: the older /write


class Written(NamedTuple):
    """What a write came to. As in InfluxDB, a line that is wrong does not take the others with it: the
    readings are to be used, and then `error` is to be raised, if there is one.
    """

    readings: list[Reading]
    error: BadRequest | None


def written(body: bytes, now: float, precision: str = "ns") -> Written:
    """The readings of a write's body, one for each host and time.

    Args:
        now: seconds since 1970; the time of lines that have none.
        precision: the unit of the timestamps, one of `PRECISIONS`; `ns` where the request does not say.

    Raises:
        BadRequest: there is no such precision.
    """
    if precision not in PRECISIONS:
        raise BadRequest(
            f"{precision[:20]!a} is no precision", near_match(precision, PRECISIONS, "use ns, us, ms or s")
        )
    readings: dict[tuple[str, float], Reading] = {}
    faults: list[Fault] = []
    for point in read(body.decode(errors="replace"), _MEASUREMENTS):
        if isinstance(point, Fault):
            faults.append(point)
            continue
        host = point.tags.get("host") or point.tags.get("hostname")
        if not host:
            faults.append(Fault(point.line, "there is no tag host", point.measurement))
            continue
        at = now if point.time is None else point.time * PRECISIONS[precision]
        agent = "telegraf" if "host" in point.tags else "glances"
        _MEASUREMENTS[point.measurement](readings.setdefault((host, at), Reading(host, agent, at)), point)
    return Written(list(readings.values()), _error(faults))


def _error(faults: list[Fault]) -> BadRequest | None:
    if not faults:
        return None
    first, *others = faults
    more = f", and {len(others)} more are wrong" if others else ""
    return BadRequest(
        f"line {first.line}: {first.what}, at {clean(first.near)!a}{more}",
        "write measurement,host=name field=value timestamp; the other lines were taken",
    )


def _number(fields: Mapping[str, Value], name: str) -> float | None:
    value = fields.get(name)
    return None if value is None or isinstance(value, str) else float(value)


def _text(fields: Mapping[str, Value], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _numbers(point: Point, *names: str) -> list[float] | None:
    """The fields of these names, or nothing unless they are all there."""
    numbers = [number for name in names if (number := _number(point.fields, name)) is not None]
    return numbers if len(numbers) == len(names) else None


def _copy(reading: Reading, point: Point, **names: str) -> None:
    for name, theirs in names.items():
        number = _number(point.fields, theirs)
        if number is not None:
            reading.numbers[name] = number


def _cpu(reading: Reading, point: Point) -> None:
    if point.tags.get("cpu", "cpu-total") != "cpu-total":
        return
    _copy(reading, point, cpu="total")  # Glances
    idle = _number(point.fields, "usage_idle")
    if idle is not None:
        reading.numbers["cpu"] = 100 - idle - (_number(point.fields, "usage_iowait") or 0)


def _mem(reading: Reading, point: Point) -> None:
    """What programs could have counts as free, not only what nobody uses: caches give way."""
    if numbers := _numbers(point, "total", "available"):
        total, available = numbers
        reading.numbers |= {"mem_total": total, "mem_used": total - available}


def _swap(reading: Reading, point: Point) -> None:
    _copy(reading, point, swap_total="total", swap_used="used")


def _system(reading: Reading, point: Point) -> None:
    _copy(reading, point, load1="load1", load5="load5", load15="load15", cores="n_cpus", uptime="uptime")
    reading.os = _text(point.fields, "linux_distro") or _text(point.fields, "os_name") or reading.os


def _load(reading: Reading, point: Point) -> None:
    _copy(reading, point, load1="min1", load5="min5", load15="min15", cores="cpucore")


def _uptime(reading: Reading, point: Point) -> None:
    _copy(reading, point, uptime="seconds")


def _disk(reading: Reading, point: Point) -> None:
    tags = point.tags
    if numbers := _numbers(point, "total", "used", "free"):
        total, used, free = numbers
        disk = Disk(tags.get("fstype", ""), total, used, free, read_only=tags.get("mode") == "ro")
        reading.disks[tags.get("path", "")] = disk


def _fs(reading: Reading, point: Point) -> None:
    if numbers := _numbers(point, "size", "used", "free"):
        size, used, free = numbers
        read_only = "ro" in _text(point.fields, "options").split(",")
        disk = Disk(_text(point.fields, "fs_type"), size, used, free, read_only)
        reading.disks[point.tags.get("mnt_point", "")] = disk


def _net(reading: Reading, point: Point) -> None:
    if numbers := _numbers(point, "bytes_recv", "bytes_sent"):
        reading.counted[point.tags.get("interface", "")] = Traffic(*numbers)


def _network(reading: Reading, point: Point) -> None:
    if numbers := _numbers(point, "bytes_recv_rate_per_sec", "bytes_sent_rate_per_sec"):
        reading.traffic[point.tags.get("interface_name", "")] = Traffic(*numbers)


_MEASUREMENTS: dict[str, Callable[[Reading, Point], None]] = {
    "cpu": _cpu,
    "mem": _mem,
    "swap": _swap,
    "memswap": _swap,
    "system": _system,
    "load": _load,
    "uptime": _uptime,
    "disk": _disk,
    "fs": _fs,
    "net": _net,
    "network": _network,
}
