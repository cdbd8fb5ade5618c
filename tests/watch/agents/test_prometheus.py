"""What node_exporter shows becomes one host's numbers."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from tests.support import DEADLINE
from tornchat.errors import BadRequest
from tornchat.watch.agents import CpuTime, Disk, Reading, Traffic
from tornchat.watch.agents.prometheus import samples, scraped

SCRAPE = b"""\
# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 400
node_cpu_seconds_total{cpu="0",mode="iowait"} 10
node_cpu_seconds_total{cpu="0",mode="user"} 90
node_cpu_seconds_total{cpu="1",mode="idle"} 500
node_filesystem_avail_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 7.5e+01
node_filesystem_avail_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 1
node_filesystem_files{device="/dev/vda1",fstype="ext4",mountpoint="/"} 5
node_filesystem_free_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 80
node_filesystem_readonly{device="/dev/vda1",fstype="ext4",mountpoint="/"} 1
node_filesystem_size_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 105
node_filesystem_size_bytes{device="tmpfs",fstype="tmpfs",mountpoint="/run"} 1
node_load1 1
node_load15 3
node_load5 2
node_memory_MemAvailable_bytes 6000
node_memory_MemTotal_bytes 8000
node_memory_SwapFree_bytes 750
node_memory_SwapTotal_bytes 1000
node_boot_time_seconds 1.7e+09
node_time_seconds 1.7000005e+09
node_network_receive_bytes_total{device="eth0"} 1000
node_network_receive_bytes_total{device="lo"} 5
node_network_transmit_bytes_total{device="eth0"} 2000
node_os_info{id="debian",pretty_name="Debian GNU/Linux 12 (bookworm)"} 1
node_uname_info{domainname="(none)",nodename="web1",sysname="Linux"} 1
process_cpu_seconds_total 0.05
"""


def test_a_scrape() -> None:
    """Counters stay counters, with the exporter's own clock: the rates are made where two scrapes meet."""
    reading = Reading("web1", "node_exporter", 1700000500.0, os="Debian GNU/Linux 12 (bookworm)")
    reading.numbers = {
        "load1": 1, "load5": 2, "load15": 3, "cores": 2, "uptime": 500,
        "mem_total": 8000, "mem_used": 2000, "swap_total": 1000, "swap_used": 250,
    }  # fmt: skip
    reading.cpu_time = CpuTime(idle=910, total=1000)
    reading.counted = {"eth0": Traffic(1000, 2000)}
    reading.disks = {"/": Disk("ext4", total=105, used=25, free=75, read_only=True)}
    assert scraped(SCRAPE, "10.0.0.1", now=0) == reading


def test_a_scrape_that_says_little() -> None:
    """Collectors can be turned off: what is absent stays absent, and the target's host names the host."""
    assert scraped(b"node_load1 0.5\n", "10.0.0.1", now=7) == Reading(
        "10.0.0.1", "node_exporter", 7, numbers={"load1": 0.5}
    )


def test_an_older_exporter() -> None:
    """Before 1.3 there is no node_os_info."""
    assert scraped(b'node_uname_info{nodename="a",sysname="Linux"} 1', "", 0).os == "Linux"


@pytest.mark.parametrize("body", [b"", b"<html>Not here</html>", b"go_goroutines 7\n"])
def test_what_is_no_node_exporter_is_refused(body: bytes) -> None:
    """A target that answers with something else is a mistake in the configuration, and is said to be."""
    with pytest.raises(BadRequest, match="name the /metrics of a node_exporter"):
        scraped(body, "a", 0)


@pytest.mark.parametrize("line", ["node_load1", "node_load1 x", "node_load1 1 2 3", 'node_uname_info{a="} 1'])
def test_a_broken_line_is_named(line: str) -> None:
    """As Prometheus does it, a scrape that is broken counts for nothing."""
    with pytest.raises(BadRequest, match="line 2 is not Prometheus text"):
        scraped(f"node_load5 1\n{line}".encode(), "a", 0)


def test_a_number_that_is_none_is_absent() -> None:
    """NaN is what the exporter shows for what it could not find out."""
    assert scraped(b"node_load1 NaN\nnode_time_seconds +Inf", "a", 7) == Reading("a", "node_exporter", 7)


@pytest.mark.parametrize(
    "text",
    [
        SCRAPE.decode(),
        "node_load1 1 1395066363000\n",
        "node_load1\t1e-3\n",
        "node_load1{} 1\n",
        'node_uname_info{ nodename = "a" , sysname = "b" , } 1\n',
        'node_uname_info{nodename="} # 1"} 1\n',
    ],
)
def test_it_reads_what_prometheus_own_parser_reads(text: str) -> None:
    """Ours looks only at what is of interest; there it says what the whole parser says."""
    assert _ours(text) == _theirs(text)


@pytest.mark.needs("prometheus-node-exporter")
async def test_it_reads_all_that_a_real_one_shows(node_exporter: str) -> None:
    """Of a scrape of this machine, too, it says what the whole parser says."""
    shown: list[str] = []

    async def ask() -> None:
        async with httpx.AsyncClient() as client:
            while not shown:
                try:
                    shown.append((await client.get(f"http://{node_exporter}/metrics")).text)
                except httpx.ConnectError:
                    await asyncio.sleep(0.01)  # it is still starting

    await asyncio.wait_for(ask(), DEADLINE)
    assert _ours(shown[0]) == _theirs(shown[0])
    assert len(_ours(shown[0])) > 20


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
        max_size=3,
    ),
    st.floats(allow_nan=False),
)
def test_any_label(labels: dict[str, str], value: float) -> None:
    """Whatever a label holds, its escapes give it back, here as there."""
    escaped = {n: t.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") for n, t in labels.items()}
    shown = ",".join(f'{name}="{text}"' for name, text in escaped.items())
    line = f"node_uname_info{{{shown}}} {value!r}\n"
    assert _ours(line) == _theirs(line) == [("node_uname_info", labels, value)]


PIECES = [*SCRAPE.split(), b"\n", b"\n", b" ", b"{", b'"', b"\\", b"\xff"]


@given(st.binary() | st.lists(st.sampled_from(PIECES)).map(b"".join))
def test_any_bytes(body: bytes) -> None:
    """Whatever a target answers, it is read or refused; nothing else is raised."""
    with suppress(BadRequest):
        scraped(body, "a", 0)


def _ours(text: str) -> list[tuple[str, dict[str, str], float]]:
    found = samples(text)
    return sorted(((name, *sample) for name in found for sample in found[name]), key=repr)


def _theirs(text: str) -> list[tuple[str, dict[str, str], float]]:
    wanted = samples(SCRAPE.decode())
    theirs = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sorted(((s.name, dict(s.labels), s.value) for s in theirs if s.name in wanted), key=repr)
