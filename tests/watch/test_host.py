"""Readings become the fields of a host event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornchat.watch.agents import NUMBERS, CpuTime, Disk, Reading, Traffic
from tornchat.watch.host import FORGET, MAX_PARTS, Host, HostEvent

NOW = 1_795_528_268.5


def reading(at: float = NOW, **fields: Any) -> Reading:
    return Reading("web1", "node_exporter", at, **fields)


def observe(host: Host, *readings: Reading, now: float = NOW) -> HostEvent:
    for each in readings:
        host.take(each, now)
    return host.observed(now)


def after(host: Host, seconds: float, **fields: Any) -> dict[str, Any]:
    """The event's data for what is read so many seconds later."""
    return observe(host, reading(NOW + seconds, **fields), now=NOW + seconds).data


def test_all_fields() -> None:
    """Exactly those that are known, each in its unit and no finer than it is worth."""
    host = Host("web1", NOW)
    numbers = {
        "cores": 4.0, "load1": 1.2345, "load5": 2.0, "load15": 3.0, "uptime": 1000.6,
        "mem_total": 8000.0, "mem_used": 2001.0, "swap_total": 1000.0, "swap_used": 250.0,
    }  # fmt: skip
    disks = {"/": Disk("ext4", 105, 25, 75), "/srv": Disk("xfs", 100, 80, 20)}
    counted = {"eth0": Traffic(1000, 0), "eth1": Traffic(0, 0)}
    observe(host, reading(cpu_time=CpuTime(100, 200), counted=counted))
    counted = {"eth0": Traffic(2000, 50), "eth1": Traffic(500, 100)}
    event = after(
        host,
        10,
        numbers=numbers,
        disks=disks,
        counted=counted,
        cpu_time=CpuTime(109, 220),
        os="Debian GNU/Linux 12",
    )
    assert event == {
        "host": "web1", "state": "live", "level": "ok",
        "cpu": 55.0, "mem": 25.0, "swap": 25.0, "disk": 80.0,
        "load1": 1.23, "load5": 2.0, "load15": 3.0, "cores": 4,
        "mem_used": 2001, "mem_total": 8000, "swap_used": 250, "swap_total": 1000,
        "disk_used": 80, "disk_total": 100, "disk_mount": "/srv",
        "rx": 150, "tx": 15, "uptime": 1001, "os": "Debian GNU/Linux 12", "agent": "node_exporter",
        "seen_at": "2026-11-24T13:51:18.500Z", "interval": 10.0,
    }  # fmt: skip


def test_the_least_that_can_be_known() -> None:
    """What is unknown is absent, never null or 0."""
    assert observe(Host("web1", NOW), reading()).data == {
        "host": "web1", "state": "live", "level": "ok", "agent": "node_exporter",
        "seen_at": "2026-11-24T13:51:08.500Z",
    }  # fmt: skip


def test_a_host_without_swap_shows_none() -> None:
    """0 of 0 bytes is no percentage."""
    data = observe(Host("web1", NOW), reading(numbers={"swap_total": 0.0, "swap_used": 0.0})).data
    assert not [name for name in data if name.startswith("swap")]


@pytest.mark.parametrize("device", ["lo", "veth12ab", "docker0", "br-5c", "ifb0", "virbr0", "cali1", "bond0"])
def test_traffic_inside_the_host_does_not_count(device: str) -> None:
    """It is none, or is counted at the real device."""
    traffic = {device: Traffic(5, 5), "eth0": Traffic(1, 2), "lora0": Traffic(10, 20)}
    data = observe(Host("web1", NOW), reading(traffic=traffic)).data
    assert (data["rx"], data["tx"]) == (11, 22)


@pytest.mark.parametrize(
    "disk",
    [
        *(
            Disk(kind, 100, 99, 1)
            for kind in ("tmpfs", "devtmpfs", "ramfs", "overlay", "squashfs", "efivarfs", "nfs4")
        ),
        Disk("ext4", 100, 99, 1, read_only=True),
    ],
    ids=lambda disk: disk.kind,
)
def test_what_cannot_fill_up_is_no_disk(disk: Disk) -> None:
    """The fullest is one that somebody can do something about."""
    data = observe(Host("web1", NOW), reading(disks={"/x": disk, "/": Disk("zfs", 100, 10, 90)})).data
    assert (data["disk"], data["disk_mount"]) == (10.0, "/")


def test_what_is_reserved_for_root_is_not_free() -> None:
    """As df has it: users find the disk full at 100 percent."""
    assert observe(Host("web1", NOW), reading(disks={"/": Disk("ext4", 105, 100, 0)})).data["disk"] == 100.0


def test_an_empty_disk_of_no_size() -> None:
    """Some pseudo filesystems have 0 of 0 bytes."""
    assert observe(Host("web1", NOW), reading(disks={"/x": Disk("new", 0, 0, 0)})).data["disk"] == 0.0


def test_a_reboot_is_no_traffic() -> None:
    """A counter that has gone down makes no rate, neither negative nor huge; the next one does again."""
    host = Host("web1", NOW)
    observe(host, reading(counted={"eth0": Traffic(10**9, 10**9)}, cpu_time=CpuTime(1000, 2000)))
    after_reboot = after(host, 10, counted={"eth0": Traffic(100, 100)}, cpu_time=CpuTime(1, 2))
    assert after_reboot.keys().isdisjoint({"rx", "tx", "cpu"})
    data = after(host, 20, counted={"eth0": Traffic(200, 300)}, cpu_time=CpuTime(1, 12))
    assert (data["rx"], data["tx"], data["cpu"]) == (10, 20, 100.0)


def test_a_new_device_is_no_traffic() -> None:
    """A tunnel that comes with a day's count does not look like a day's traffic in one second."""
    host = Host("web1", NOW)
    observe(host, reading(counted={"eth0": Traffic(0, 0)}))
    data = after(host, 10, counted={"eth0": Traffic(10, 20), "tun0": Traffic(10**12, 10**12)})
    assert (data["rx"], data["tx"]) == (1, 2)


def test_counts_that_are_too_near_wait_for_the_next() -> None:
    """Two that are read at once (an agent sends one twice) tell no rate, and do not spoil the next one."""
    host = Host("web1", NOW)
    observe(host, *(reading(NOW + late, counted={"eth0": Traffic(50 * late, 0)}) for late in (0, 0.0, 0.1)))
    assert after(host, 10, counted={"eth0": Traffic(1000, 0)})["rx"] == 100


def test_a_clock_that_is_set_back() -> None:
    """The agent's, by which the rates go, need not be right; from the next sample on it is."""
    host = Host("web1", NOW)
    observe(host, reading(NOW + 3600, counted={"eth0": Traffic(0, 0)}))
    assert "rx" not in after(host, 10, counted={"eth0": Traffic(1000, 0)})
    assert after(host, 20, counted={"eth0": Traffic(2000, 0)})["rx"] == 100


def test_two_agents_on_one_host() -> None:
    """Each counts by its own clock, so their counts are not mixed."""
    host = Host("web1", NOW)
    fast = Reading("web1", "telegraf", NOW - 100, counted={"eth0": Traffic(0, 0)})
    observe(host, reading(counted={"eth0": Traffic(0, 0)}), fast)
    fast = Reading("web1", "telegraf", NOW - 90, counted={"eth0": Traffic(1000, 0)})
    assert observe(host, fast, now=NOW + 10).data["rx"] == 100


def test_a_sample_in_parts() -> None:
    """Agents cut what they send; what was said in the part before still stands."""
    host = Host("web1", NOW)
    after(host, 0, numbers={"load1": 1.0})
    data = after(host, 0.1, numbers={"uptime": 5.0})
    assert (data["load1"], data["uptime"]) == (1.0, 5)
    assert "interval" not in data


def test_what_is_not_said_again_is_forgotten() -> None:
    """A disk that was unmounted does not stay full for ever."""
    host = Host("web1", NOW)
    fields: dict[str, Any] = {
        "numbers": {"load1": 1.0, "mem_total": 1.0},
        "disks": {"/mnt": Disk("ext4", 100, 95, 5)},
        "traffic": {"eth0": Traffic(1, 1)},
    }
    assert [after(host, seconds, **fields)["level"] for seconds in (0, 1, 2)] == ["ok", "ok", "warning"]
    data = after(host, 3 + FORGET)
    assert data.keys() == {"host", "state", "level", "agent", "seen_at", "interval"}
    assert data["level"] == "ok"


def test_the_level_is_the_worst_number() -> None:
    """And `alarms` says which they are."""
    host = Host("web1", NOW)
    numbers = {"mem_total": 100.0, "mem_used": 92.0, "load5": 21.0, "cores": 4.0}
    data = [after(host, seconds, numbers=numbers) for seconds in (0, 30, 60)]
    assert [each["level"] for each in data] == ["ok", "ok", "critical"]
    assert data[-1]["alarms"] == {"load": "critical", "mem": "warning"}


def test_what_stands_from_before_is_no_further_sample() -> None:
    """One high number, and then parts that do not mention it: that is not three in a row."""
    host = Host("web1", NOW)
    after(host, 0, disks={"/": Disk("ext4", 100, 99, 1)})
    assert [after(host, seconds, numbers={"load1": 1.0})["level"] for seconds in (1, 2, 3)] == ["ok"] * 3


def test_kept_if_it_changes() -> None:
    """History holds when a host came, went and was in need, and not its samples."""
    host = Host("web1", NOW)
    disks = {"/": Disk("ext4", 100, 95, 5)}
    kept = [observe(host, reading(disks=disks), now=NOW + seconds).kept for seconds in range(5)]
    assert kept == [True, False, True, False, False]


@pytest.mark.parametrize(
    ("interval", "stale", "offline"),
    [(None, 30, 300), (2, 30, 300), (15, 45, 300), (60, 180, 600)],
)
def test_ages(interval: float | None, stale: float, offline: float) -> None:
    """Three intervals, but no less than 30 s, and ten, but no less than 5 min; each said once, with the numbers
    that were last known.
    """
    host = Host("web1", NOW)
    last = 0.0
    for number in range(1 if interval is None else 5):
        last = number * (interval or 0)
        after(host, last, numbers={"load1": 1.0})
    seen_at = host.data["seen_at"]
    assert host.aged(NOW + last + stale) is None
    event = host.aged(NOW + last + stale + 0.1)
    assert event is not None
    assert (event.data["state"], event.data["load1"], event.data["seen_at"], event.kept) == (
        "stale",
        1.0,
        seen_at,
        True,
    )
    assert host.aged(NOW + last + offline) is None
    event = host.aged(NOW + last + offline + 0.1)
    assert event is not None
    assert (event.data["state"], event.kept) == ("offline", True)
    assert host.aged(NOW + last + 10 * offline) is None
    event = observe(host, reading(), now=NOW + last + 10 * offline)
    assert (event.data["state"], event.kept) == ("live", True)


def test_one_outage_does_not_change_the_interval() -> None:
    """It is what is usual, so the next silence is noticed as fast as the first."""
    host = Host("web1", NOW)
    times = [0, 10, 20, 30, 1000, 1010]
    assert [after(host, seconds).get("interval") for seconds in times][-1] == 10.0


def test_after_a_restart_of_the_server() -> None:
    """It is as if the server had been there: no alarm is given twice, and who is gone is missed."""
    host = Host("web1", NOW)
    fields: dict[str, Any] = {"numbers": {"load1": 1.0}, "disks": {"/": Disk("ext4", 100, 95, 5)}}
    for seconds in (0, 10, 20):
        after(host, seconds, **fields)
    assert host.data["level"] == "warning"
    again = Host.load(json.loads(json.dumps(host.data)), NOW + 100)
    event = observe(again, reading(disks=fields["disks"]), now=NOW + 110)
    assert (event.kept, event.data["level"], event.data["load1"]) == (False, "warning", 1.0)
    gone = Host.load(host.data, NOW + 100)
    assert gone.aged(NOW + 130) is None
    event = gone.aged(NOW + 131) or event
    assert event.data == host.data | {"state": "stale"}
    offline = Host.load(host.data | {"state": "offline"}, NOW + 100)
    assert offline.aged(NOW + 131) is None


def test_parts_are_bounded() -> None:
    """How many devices there are is the agent's to say, and not how much memory they may have."""
    host = Host("web1", NOW)
    for seconds in range(3):
        names = [f"{seconds}-{number}" for number in range(MAX_PARTS)]
        traffic = dict.fromkeys(names, Traffic(1, 0))
        data = after(
            host, seconds, traffic=traffic, counted=traffic, disks=dict.fromkeys(names, Disk("a", 1, 1, 0))
        )
    assert data["rx"] == MAX_PARTS
    assert len(host._disks) == len(host._counts) == MAX_PARTS


def test_text_is_clean_and_short() -> None:
    """It is shown in terminals and pages."""
    data = observe(
        Host("web1", NOW), reading(os="\x1b[2J" + "x" * 1000, disks={"/\x9b": Disk("ext4", 100, 10, 90)})
    ).data
    assert data["os"] == "\ufffd[2J" + "x" * 124
    assert data["disk_mount"] == "/\ufffd"


ANY = st.floats() | st.floats(0, 1e6)
PAIRS = st.tuples(ANY, ANY)
READINGS = st.builds(
    reading,
    at=st.floats(-1e10, 1e10),
    numbers=st.dictionaries(st.sampled_from(NUMBERS), ANY),
    cpu_time=st.none() | st.builds(CpuTime, ANY, ANY),
    counted=st.dictionaries(st.sampled_from(["eth0", "lo"]), st.builds(Traffic, ANY, ANY)),
    traffic=st.dictionaries(st.sampled_from(["eth1", "lo"]), st.builds(Traffic, ANY, ANY)),
    disks=st.dictionaries(st.text(), st.builds(Disk, st.sampled_from(["ext4", "tmpfs"]), ANY, ANY, ANY)),
    os=st.text(),
)


@given(st.lists(st.tuples(READINGS, st.floats(0, 100)), max_size=5))
def test_whatever_an_agent_says(samples: list[tuple[Reading, float]]) -> None:
    """The event is JSON, percents are percents, and nothing is negative."""
    host, now = Host("web1", NOW), NOW
    for each, later in samples:
        now += later
        data = observe(host, each, now=now).data
        json.dumps(data, allow_nan=False)
        assert all(0 <= data[name] <= 100 for name in ("cpu", "mem", "swap", "disk") if name in data)
        assert all(data[name] >= 0 for name in ("rx", "tx", "load1", "mem_used", "disk_total") if name in data)
