"""The host that this server runs on, by psutil: the first one to see, with nothing to set up.

psutil comes with the extra `tornchat[dashboard]`; without it there is just no such host.
"""

from __future__ import annotations

import platform
import socket
from contextlib import suppress
from importlib.util import find_spec

from tornchat.watch.agents import CpuTime, Disk, Reading, Traffic

AGENT = "tornchat"


def available() -> bool:
    """Whether psutil is installed."""
    return find_spec("psutil") is not None


def reading(now: float) -> Reading:
    """How this host is at `now`, in seconds since 1970. A disk that hangs makes it hang: call it in a thread."""
    import psutil

    cpu = psutil.cpu_times()._asdict()
    for counted_in_user_and_nice in ("guest", "guest_nice"):
        cpu.pop(counted_in_user_and_nice, None)
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    load1, load5, load15 = psutil.getloadavg()
    own = Reading(socket.gethostname(), AGENT, now)
    own.os = _os()
    own.cpu_time = CpuTime(cpu["idle"] + cpu.get("iowait", 0), sum(cpu.values()))
    own.numbers = {
        "cores": psutil.cpu_count() or 0,
        "load1": load1,
        "load5": load5,
        "load15": load15,
        "mem_total": memory.total,
        "mem_used": memory.total - memory.available,
        "swap_total": swap.total,
        "swap_used": swap.used,
        "uptime": now - psutil.boot_time(),
    }
    own.counted = {
        device: Traffic(count.bytes_recv, count.bytes_sent)
        for device, count in psutil.net_io_counters(pernic=True).items()
    }
    for mounted in psutil.disk_partitions():  # of devices only, so no network's
        with suppress(OSError):  # it has just gone, or is not for us
            usage = psutil.disk_usage(mounted.mountpoint)
            read_only = "ro" in mounted.opts.split(",")
            own.disks[mounted.mountpoint] = Disk(mounted.fstype, usage.total, usage.used, usage.free, read_only)
    return own


def _os() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
