"""What keeping costs: says per second and the time to `ok.`, by broker and number of connections.

    python -m benchmarks.brokers [--seconds 3] [--rounds 3]

A closed loop: each connection says the next message when the last is acknowledged. The brokers take turns in each
round, so that what else the machine does meets all of them; the median of the rounds is printed, as Markdown, with
the ratio to memory. The load comes from this process, the server is another, which suits two cores.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

REQUEST = (
    b"POST /say HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    b"Content-Length: 23\r\n\r\nname=Florian&message=hi"
)
WARM_UP_SECONDS = 0.5
CONNECTIONS = (1, 16, 128)
BROKERS = {
    "memory": ["--broker=memory://"],
    "sqlite, process": ["--broker=sqlite:///{folder}/process.db", "--durability=process"],
    "sqlite, power": ["--broker=sqlite:///{folder}/power.db", "--durability=power"],
}


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


async def measure(port: int, connections: int, seconds: float) -> Figures:
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


def run(flags: list[str], connections: int, seconds: float) -> Figures:
    """One server, started for this and ended after it."""
    command = [sys.executable, "-m", "tornchat", "--port=0", "--log-level=warning", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        match = re.search(r"port (\d+)", server.stdout.readline())
        assert match, "the server did not start"
        figures = asyncio.run(measure(int(match[1]), connections, seconds))
        server.terminate()
    return figures


def main() -> None:
    """Measure all, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3.0, help="of each run (default 3)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    arguments = parser.parse_args()
    rounds = f"median of {arguments.rounds} runs of {arguments.seconds:g} s"
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {rounds}\n")
    print("| connections | broker | says/s | of memory | p50 ms | p99 ms |")
    print("|---:|---|---:|---:|---:|---:|")
    for connections in CONNECTIONS:
        runs: dict[str, list[Figures]] = {name: [] for name in BROKERS}
        for _ in range(arguments.rounds):
            for name, flags in BROKERS.items():
                with tempfile.TemporaryDirectory() as folder:
                    own = [flag.format(folder=folder) for flag in flags]
                    runs[name].append(run(own, connections, arguments.seconds))
        ratios = {
            name: statistics.median(
                mine.rate / memory.rate for mine, memory in zip(figures, runs["memory"], strict=True)
            )
            for name, figures in runs.items()
        }
        for name, figures in runs.items():
            median = Figures(*(statistics.median(values) for values in zip(*figures, strict=True)))
            print(
                f"| {connections} | {name} | {median.rate:,.0f} | {ratios[name]:.0%} "
                f"| {median.p50:.2f} | {median.p99:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
