"""How many processes, machines and Redis nodes a crowd needs, computed from what is measured here and now.

    python -m benchmarks.scaling [--listeners 1000000] [--messages 1000] [--rooms 1000] [--seconds 2]

It measures what a message costs Redis, what it costs each process that follows the stream, and what a listener and
a delivery cost, and computes from that. Then it plays the tick of one process with these costs, to show how batches
and latency grow with the load. docs/scaling.md says how to read it.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import servers
from benchmarks.measure import measure
from benchmarks.processes import cpu_seconds
from benchmarks.scenarios import DELIVERIES, Scenario
from tornchat import brokers
from tornchat.config import Config
from tornchat.event import message

LOAD = 0.6  # of a core, beyond which latency grows fast
MACHINE_CORES, MACHINE_GIB = 8, 32
DESCRIPTORS = 1_000_000  # of a process, where the system is told to allow so many
KERNEL_KIB = 4  # of a connection that is silent: socket, dentry, inode and epoll item (slabtop on Linux 6.1)
BATCH = 64  # messages that one script keeps, under load


class Costs(NamedTuple):
    """Seconds of CPU, and bytes."""

    keep: float  # Redis, for each message
    read: float  # Redis, for each message and process that follows
    follow: float  # a process, for each message that it follows
    say: float  # a process, for each /say, Redis included
    deliver: float  # a process, for each message and listener, when each goes by itself
    wake: float  # of that what a batch costs once for each listener
    listener: float  # bytes of memory


async def redis_costs(seconds: float) -> tuple[float, float, float]:
    """Of keeping, of reading, and of following: the slope between one follower and four."""
    shares = []
    for followers in (1, 4):
        with tempfile.TemporaryDirectory() as folder:
            command = ["redis-server", "--port", "0", "--unixsocket", f"{folder}/redis.sock", "--save", ""]
            with subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL) as redis:
                shares.append(await _shares(redis.pid, Path(folder), followers, seconds))
                redis.terminate()
    (redis_one, own_one), (redis_four, own_four) = shares
    read = max(0.0, (redis_four - redis_one) / 3)
    return redis_one - read, read, max(0.0, (own_four - own_one) / 3)


async def _shares(redis: int, folder: Path, followers: int, seconds: float) -> tuple[float, float]:
    """CPU seconds for each message, of Redis and of this process, with so many followers."""
    config = Config(broker=f"unix://{folder}/redis.sock", history_count=10_000)
    following = [brokers.from_url(config) for _ in range(followers)]
    for broker in following:
        await broker.start(lambda events: None)
    events = [message({"message": "x" * 100, "name": "benchmark"}, max_bytes=1000)]
    began = time.monotonic()
    cpu, own, said = cpu_seconds(redis), time.process_time(), 0
    while time.monotonic() - began < seconds:
        await asyncio.gather(*(following[0].publish(events) for _ in range(BATCH)))
        said += BATCH
    shares = (cpu_seconds(redis) - cpu) / said, (time.process_time() - own) / said
    for broker in following:
        await broker.stop()
    return shares


def costs(seconds: float) -> Costs:
    """Measure all."""
    keep, read, follow = asyncio.run(redis_costs(seconds))
    redis = next(broker for broker in servers.brokers() if broker.name == "redis")
    loads = {
        "say": Scenario("say", 1, window=128),
        "single": Scenario("paced", 100, rate=DELIVERIES / 100),
        "batched": Scenario("flooded", 1000, window=2048, speakers=512, pause_ms=1),
        "idle": Scenario("idle", 5000),
    }
    outcomes = {name: measure(redis, load, seconds) for name, load in loads.items()}
    if failures := [outcome.failure for outcome in outcomes.values() if outcome.failure]:
        sys.exit(failures[0])
    each = {name: outcome.figures["cpu each"] / 1e6 for name, outcome in outcomes.items()}
    say = each["say"] - each["batched"]
    deliver = each["single"] - say / 100
    return Costs(keep, read, follow, say, deliver, deliver, 1024 * outcomes["idle"].figures["memory"])


class Plan(NamedTuple):
    """What a crowd needs."""

    shards: int
    processes: int
    machines: int
    limit: str


def plan(costs: Costs, listeners: int, messages: float, rooms: int) -> Plan:
    """For listeners of one room each, evenly spread, and so many messages a second in all.

    Each process follows all messages of its shard, and a shard is a Redis node with its share of the rooms.
    """
    heard = messages * listeners / rooms
    for shards in range(1, 1000):
        rate = messages / shards
        spare = LOAD - rate * costs.follow  # of a process's core
        if spare <= 0:
            continue
        work = (messages * costs.say + heard * costs.deliver) / shards
        by_cpu = math.ceil(work / spare)
        by_descriptors = math.ceil(listeners / shards / DESCRIPTORS)
        processes = max(1, by_cpu, by_descriptors)
        if rate * (costs.keep + processes * costs.read) > LOAD:
            continue
        total = shards * processes
        memory = listeners * (costs.listener + 1024 * KERNEL_KIB)
        by_memory = math.ceil(memory / (LOAD * MACHINE_GIB * 2**30))
        by_cores = math.ceil(total / MACHINE_CORES)
        limit = "memory" if by_memory > by_cores else "CPU"
        return Plan(shards, total, max(by_memory, by_cores), limit)
    raise SystemExit("more than 1,000 shards: fewer messages, or more rooms for the same listeners")


def play(costs: Costs, listeners: int, rate: float, seconds: float = 10) -> tuple[float, float, float]:
    """One process's tick under so many messages a second (Poisson): its load, messages a batch, median latency."""
    clock = busy = 0.0
    arrivals: list[float] = []
    moment = 0.0
    while moment < seconds:
        moment += random.expovariate(rate)
        arrivals.append(moment)
    latencies: list[float] = []
    batches = index = 0
    while index < len(arrivals):
        clock = max(clock, arrivals[index])
        begin = index
        while index < len(arrivals) and arrivals[index] <= clock:
            index += 1
        work = (index - begin) * costs.say + listeners * costs.wake
        clock += work
        busy += work
        batches += 1
        latencies += [clock - listeners * costs.wake / 2 - arrival for arrival in arrivals[begin:index]]
    latencies.sort()
    return busy / clock, len(arrivals) / batches, latencies[len(latencies) // 2]


def main() -> None:
    """Measure, compute, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--listeners", type=int, default=1_000_000)
    parser.add_argument("--messages", type=float, default=1_000, help="a second, in all rooms together")
    parser.add_argument("--rooms", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (default 2)")
    arguments = parser.parse_args()
    if not shutil.which("redis-server"):
        sys.exit("it measures a Redis: install redis-server")
    servers.build()
    measured = costs(arguments.seconds)
    print("| what | costs |\n|---|---:|")
    for what, seconds in (
        ("Redis: keep a message", measured.keep),
        ("Redis: hand it to one process", measured.read),
        ("a process: follow it", measured.follow),
        ("a process: take in a `/say`", measured.say),
        ("a process: deliver to one listener, by itself or a batch", measured.deliver),
    ):
        print(f"| {what} | {1e6 * seconds:.1f} µs |")
    print(f"| a silent listener | {measured.listener / 1024:.1f} KiB, and {KERNEL_KIB} KiB in the kernel |\n")
    print("| listeners | messages/s | rooms | Redis nodes | processes | machines | limited by |")
    print("|---:|---:|---:|---:|---:|---:|---|")
    own = (arguments.listeners, arguments.messages, arguments.rooms)
    for listeners, messages, rooms in dict.fromkeys(
        [(10_000, 100, 100), (100_000, 1_000, 1_000), (1_000_000, 1_000, 1_000), (1_000_000, 100_000, 10_000), own]
    ):
        needed = plan(measured, listeners, messages, rooms)
        print(
            f"| {listeners:,} | {messages:,.0f} | {rooms:,} | {needed.shards} | {needed.processes} "
            f"| {needed.machines} | {needed.limit} |"
        )
    print(
        "\n| listeners in one room of one process | messages/s | load of its core | messages a batch | heard p50 |"
    )
    print("|---:|---:|---:|---:|---:|")
    for listeners, rate in ((100, 100), (1_000, 10), (1_000, 1_000), (10_000, 1), (10_000, 100), (10_000, 1_000)):
        load, batch, latency = play(measured, listeners, rate)
        print(f"| {listeners:,} | {rate:,} | {load:.0%} | {batch:.1f} | {1000 * latency:.1f} ms |")


if __name__ == "__main__":
    main()
