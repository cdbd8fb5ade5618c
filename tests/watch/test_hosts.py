"""All hosts: who is heard of, and who is missed."""

from __future__ import annotations

from tornchat.watch.agents import CpuTime, Reading
from tornchat.watch.hosts import MAX_HOSTS, Hosts


def reading(host: str, at: float = 0, **numbers: float) -> Reading:
    return Reading(host, "telegraf", at, numbers)


def test_one_event_for_each_host() -> None:
    """Many readings of one host that come together are one sample, of which the latest counts."""
    hosts = Hosts()
    events = hosts.observe([reading("a", 2, load1=2), reading("b", 1, load1=5), reading("a", 1, load1=1)], 10)
    assert [(e.data["host"], e.data["load1"], e.kept) for e in events] == [("b", 5, True), ("a", 2, True)]


def test_readings_count_in_the_order_of_their_times() -> None:
    """What an agent could not send for a while, it may send in any order."""
    times = {1: CpuTime(0, 0), 2: CpuTime(10, 10), 3: CpuTime(10, 20)}
    (event,) = Hosts().observe([Reading("a", "x", at, cpu_time=times[at]) for at in (3, 1, 2)], 10)
    assert event.data["cpu"] == 100


def test_ages_each() -> None:
    """Only who is silent is missed, once."""
    hosts = Hosts()
    hosts.observe([reading("a"), reading("b")], 0)
    hosts.observe([reading("b")], 31)
    assert [(e.data["host"], e.data["state"], e.kept) for e in hosts.age(31)] == [("a", "stale", True)]
    assert hosts.age(31) == []


def test_the_longest_silent_goes_first() -> None:
    """Their number is bounded, and one that still sends is never dropped for one that does not."""
    hosts = Hosts()
    hosts.observe([reading(f"h{number}") for number in range(MAX_HOSTS)], 0)
    hosts.observe([reading("h0")], 1)
    hosts.observe([reading("new")], 1)
    silent = [event.data["host"] for event in hosts.age(1000)]
    assert len(silent) == MAX_HOSTS
    assert "h1" not in silent
    assert silent[-2:] == ["h0", "new"]


def test_many_at_once() -> None:
    """Even if all come in one request."""
    hosts = Hosts()
    assert len(hosts.observe([reading(f"h{number}") for number in range(2 * MAX_HOSTS)], 0)) == 2 * MAX_HOSTS
    assert len(hosts.age(1000)) == MAX_HOSTS


def test_names_are_one_clean_line() -> None:
    """A name is a key in a page and a word in a line; one that is empty names nobody."""
    events = Hosts().observe([reading("web\x1b\n 1" + "x" * 99), reading("\n"), reading("")], 0)
    assert [event.data["host"] for event in events] == ["web\ufffd 1" + "x" * 58]


def test_after_a_restart() -> None:
    """A host that fell silent while the server was down is missed, too."""
    hosts = Hosts()
    before = [event.data for event in hosts.observe([reading("a"), reading("b")], 0)]
    again = Hosts.load(before, 100)
    assert [event.kept for event in again.observe([reading("b")], 110)] == [False]
    assert [event.data["host"] for event in again.age(131)] == ["a"]
