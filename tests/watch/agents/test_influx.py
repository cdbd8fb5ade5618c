"""What Telegraf and Glances write becomes one host's numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornchat.errors import BadRequest
from tornchat.watch.agents import Disk, Reading, Traffic
from tornchat.watch.agents.influx import Written, written

TELEGRAF = b"""\
cpu,cpu=cpu0,host=web1 usage_idle=1,usage_iowait=0 1568760922000000000
cpu,cpu=cpu-total,host=web1 usage_user=10.5,usage_idle=82.5,usage_iowait=1.5 1568760922000000000
mem,host=web1 available=6000i,total=8000i,used=1500i,used_percent=18.75 1568760922000000000
swap,host=web1 free=750i,total=1000i,used=250i,used_percent=25 1568760922000000000
swap,host=web1 in=0i,out=0i 1568760922000000000
disk,fstype=ext4,host=web1,mode=rw,path=/ free=75i,total=105i,used=25i 1568760922000000000
disk,device=sr0,fstype=iso9660,host=web1,mode=ro,path=/mnt/my\\ cd free=0i,total=9i,used=9i 1568760922000000000
net,host=web1,interface=eth0 bytes_recv=1000i,bytes_sent=2000i,err_in=0i 1568760922000000000
net,host=web1,interface=all icmp_inmsgs=1i,tcp_activeopens=2i 1568760922000000000
system,host=web1 load1=1,load5=2,load15=3,n_cpus=4i,n_users=1i 1568760922000000000
system,host=web1 uptime=1249632i 1568760922000000000
system,host=web1 uptime_format="14 days, 11:07" 1568760922000000000
processes,host=web1 running=1i 1568760922000000000
"""

GLANCES = b"""\
my.load,hostname=web2 cpucore=2,history_size=28800,min1=1,min15=3,min5=2
my.network,hostname=web2,interface_name=eth0 bytes_recv=9,bytes_recv_rate_per_sec=5,bytes_sent_rate_per_sec=6
my.fs,hostname=web2,mnt_point=/ free=75,fs_type="ext4",options="rw,relatime",percent=25,size=105,used=25
my.fs,hostname=web2,mnt_point=/snap free=0,fs_type="squashfs",options="ro,nodev",percent=100,size=9,used=9
my.mem,hostname=web2 available=6000,percent=25,total=8000,used=2000
my.memswap,hostname=web2 percent=25,total=1000,used=250
my.cpu,hostname=web2 cpucore=2,idle=82.4,total=16,user=10.5
my.percpu,cpu_number=0.0,hostname=web2 idle=1,total=99
my.uptime,hostname=web2 seconds=1249632
my.system,hostname=web2 linux_distro="Debian GNU/Linux 12",os_name="Linux"
my.now,hostname=web2 custom="2026-11-24 13:51:33 UTC"
"""


def test_telegraf() -> None:
    """All lines of one time are one reading of one host; what waits for a disk is not busy."""
    at = 1568760922.0
    reading = Reading("web1", "telegraf", at)
    reading.numbers = {
        "cpu": 16.0, "mem_total": 8000, "mem_used": 2000, "swap_total": 1000, "swap_used": 250,
        "load1": 1, "load5": 2, "load15": 3, "cores": 4, "uptime": 1249632,
    }  # fmt: skip
    reading.disks = {"/": Disk("ext4", 105, 25, 75), "/mnt/my cd": Disk("iso9660", 9, 9, 0, read_only=True)}
    reading.counted = {"eth0": Traffic(1000, 2000)}
    assert written(TELEGRAF, now=0) == Written([reading], None)


def test_glances() -> None:
    """It gives no times, has its rates ready, and may have a prefix."""
    reading = Reading("web2", "glances", 7.0, os="Debian GNU/Linux 12")
    reading.numbers = {
        "cpu": 16, "mem_total": 8000, "mem_used": 2000, "swap_total": 1000, "swap_used": 250,
        "load1": 1, "load5": 2, "load15": 3, "cores": 2, "uptime": 1249632,
    }  # fmt: skip
    reading.disks = {"/": Disk("ext4", 105, 25, 75), "/snap": Disk("squashfs", 9, 9, 0, read_only=True)}
    reading.traffic = {"eth0": Traffic(5, 6)}
    assert written(GLANCES, now=7.0) == Written([reading], None)


@pytest.mark.parametrize(("precision", "time"), [("ns", 7 * 10**9), ("us", 7 * 10**6), ("ms", 7000), ("s", 7)])
def test_precision(precision: str, time: int) -> None:
    """A timestamp counts in the unit that the request names."""
    readings, _ = written(b"cpu,host=a usage_idle=1 %d" % time, 0, precision)
    assert readings[0].at == pytest.approx(7)


def test_an_unknown_precision_is_refused() -> None:
    """Guessing would make wrong rates; what is meant is named."""
    with pytest.raises(BadRequest, match="did you mean ns"):
        written(b"", 0, "nss")


def test_hosts_and_times_are_told_apart() -> None:
    """An agent that could not write for a while sends many times at once, and one may write for many hosts."""
    body = b"cpu,host=a usage_idle=1 1\ncpu,host=a usage_idle=2 2\ncpu,host=b usage_idle=3 2"
    readings, _ = written(body, 0, "s")
    assert [(r.host, r.at, r.numbers["cpu"]) for r in readings] == [("a", 1, 99), ("a", 2, 98), ("b", 2, 97)]


def test_a_wrong_line_does_not_take_the_others_with_it() -> None:
    """As InfluxDB does it: an agent throws a refused batch away, so what is right in it counts; and the error
    names the line, says what is wrong, and what to do.
    """
    readings, error = written(
        b"cpu,host=a usage_idle=1\ncpu,host=a usage_idle=oops\nmem\ncpu,host=b usage_idle=1", 0
    )
    assert [reading.host for reading in readings] == ["a", "b"]
    assert error is not None
    assert error.status == 400
    assert error.error.startswith("line 2: a field is not name=value")
    assert error.error.endswith("at 'usage_idle=oops', and 1 more are wrong")
    assert "the other lines were taken" in error.remedy


def test_a_line_without_a_host_is_refused() -> None:
    """Telegraf's `omit_hostname = true` would otherwise just show nothing."""
    readings, error = written(b"cpu usage_idle=1", 0)
    assert readings == []
    assert error is not None
    assert error.error == "line 1: there is no tag host, at 'cpu'"


@pytest.mark.parametrize(
    "line",
    [
        b'cpu,host=a usage_idle="x"',
        b"mem,host=a total=1",
        b"disk,host=a total=1i,used=1i",
        b"net,host=a bytes_recv=1i",
        b"fs,hostname=a size=1",
        b"network,hostname=a bytes_recv_rate_per_sec=1",
    ],
)
def test_a_number_that_is_missing_or_text_is_absent(line: bytes) -> None:
    """What is not known is not shown, and is no mistake: agents are told what to send."""
    (reading,), error = written(line, 0)
    assert (reading.numbers, reading.disks, reading.counted, reading.traffic, error) == ({}, {}, {}, {}, None)


PIECES = [*TELEGRAF.split(), *GLANCES.split(b","), b"\n", b" ", b",", b'"', b"=", b"\xff"]


@given(st.binary() | st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_any_bytes(body: bytes) -> None:
    """Whatever is sent, it is read or named wrong; nothing else is raised."""
    _, error = written(body, 0)
    assert error is None or error.error.startswith("line ")
