"""What keeping costs, by broker: says per second and the time to `ok.` by number of connections, then fan-out.

    python -m benchmarks.brokers [--seconds 3] [--rounds 3]

The first table is a closed loop: each connection says the next message when the last is acknowledged; the load is
this process, the server another, which suits two cores. The others are those of bench.py. The brokers take turns in
each round, so that what else the machine does meets all of them; medians are printed, as Markdown.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from typing import NamedTuple

from benchmarks import report, servers
from benchmarks.measure import measure
from benchmarks.results import Results
from benchmarks.scenarios import scenarios

REQUEST = (
    b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 23\r\n\r\nname=Florian&message=hi"
)
WARM_UP_SECONDS = 0.5
CONNECTIONS = (1, 16, 128)
FAN_OUT = ("saturated", "flooded", "paced")
LISTENERS = (100, 1_000)


class Figures(NamedTuple):
    """Of one run: says per second, and milliseconds to the acknowledgement."""

    rate: float
    p50: float
    p99: float


class Speaker(asyncio.Protocol):
    """Says, waits for `ok.`, says again."""

    def __init__(self, times: list[float]) -> None:
        self._times = times
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._say()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._received.endswith(b"\r\n\r\nok."):
            assert self._received.startswith(b"HTTP/1.1 200 "), self._received
            self._times.append(time.perf_counter() - self._began)
            self._say()

    def _say(self) -> None:
        self._received = b""
        self._began = time.perf_counter()
        self._transport.write(REQUEST)


async def measure_says(port: int, connections: int, seconds: float) -> Figures:
    """Load the server for so long."""
    loop = asyncio.get_running_loop()
    times: list[float] = []
    transports = [
        (await loop.create_connection(lambda: Speaker(times), "127.0.0.1", port))[0] for _ in range(connections)
    ]
    await asyncio.sleep(WARM_UP_SECONDS)
    times.clear()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    for transport in transports:
        transport.abort()
    ordered = sorted(times)
    return Figures(len(times) / took, *(1000 * ordered[int(len(ordered) * p)] for p in (0.5, 0.99)))


def run(server: servers.Server, connections: int, seconds: float) -> Figures:
    """One server, started for this and ended after it."""
    with servers.running(server) as running:
        return asyncio.run(measure_says(running.port, connections, seconds))


def main() -> None:
    """Measure all, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run (default 3)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    arguments = parser.parse_args()
    subprocess.run([servers.HERE / "setup"], check=True)
    servers.build()
    brokers = [broker for broker in servers.brokers() if not broker.missing]
    rounds = f"median of {arguments.rounds} runs of {arguments.seconds:g} s"
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {rounds}\n")
    says(brokers, arguments.rounds, arguments.seconds)
    fan_out(brokers, arguments.rounds, arguments.seconds)


def says(brokers: list[servers.Server], rounds: int, seconds: float) -> None:
    """The first table."""
    print("| connections | broker | says/s | of memory | p50 ms | p99 ms |")
    print("|---:|---|---:|---:|---:|---:|")
    for connections in CONNECTIONS:
        runs: dict[str, list[Figures]] = {broker.name: [] for broker in brokers}
        for _ in range(rounds):
            for broker in brokers:
                runs[broker.name].append(run(broker, connections, seconds))
        for name, figures in runs.items():
            ratio = statistics.median(
                mine.rate / memory.rate for mine, memory in zip(figures, runs["memory"], strict=True)
            )
            median = Figures(*(statistics.median(values) for values in zip(*figures, strict=True)))
            print(
                f"| {connections} | {name} | {median.rate:,.0f} | {ratio:.0%} "
                f"| {median.p50:.2f} | {median.p99:.2f} |",
                flush=True,
            )


def fan_out(brokers: list[servers.Server], rounds: int, seconds: float) -> None:
    """The other tables."""
    results = Results()
    loads = [load for load in scenarios() if load.kind in FAN_OUT and load.listeners in LISTENERS]
    for _ in range(rounds):
        for load in loads:
            for broker in brokers:
                results.add(load, broker.name, measure(broker, load, seconds))
    for kind in FAN_OUT:
        print("\n".join(report.table(kind, results, loads, brokers)))


if __name__ == "__main__":
    main()
