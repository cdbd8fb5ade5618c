"""The dashboard's data: how long a webhook takes to 100 listeners, and what /board costs.

    python -m benchmarks.dashboard [--deliveries 500] [--rate 20] [--projects 1000]

A server is started for each part. Latency counts from when the webhook was to be sent (open loop) to when the event
has come to a listener; each delivery counts 100 times.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import sys
import time
from pathlib import Path

from benchmarks import servers
from demo.gitlab import Pipeline, jobs

LISTENERS = 100
PIPELINES, JOBS = 5, 10


PLAN = [(("build", "test", "deploy")[job % 3], f"job {job}") for job in range(JOBS)]


def pipeline(project: int, number: int, status: str) -> bytes:
    """A Pipeline Hook of GitLab, with so many jobs that have ended."""
    now = time.time()
    hook = Pipeline(f"group/project{project}", project, number, "main", "Make the basket remember", "Ana", now - 70)
    hook.status, hook.finished, hook.jobs = status, now, jobs(number * 100, PLAN)
    for job in hook.jobs:
        job.status, job.started, job.finished = "success", now - 65, now - 10
    return hook.hook()


def request(body: bytes) -> bytes:
    """A delivery."""
    head = "POST /hooks/gitlab HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}X-Gitlab-Event: Pipeline Hook\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def delivered(port: int, deliveries: int, rate: float) -> list[float]:
    """Seconds from each delivery to each listener."""
    loop = asyncio.get_running_loop()
    due: dict[bytes, float] = {}
    latencies: list[float] = []
    readers = []
    for _ in range(LISTENERS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(b"GET /listen?room=ci&format=ndjson HTTP/1.0\r\nHost: localhost\r\n\r\n")
        await reader.readuntil(b'"ready"')
        await reader.readline()
        readers.append((reader, writer))

    async def listen(reader: asyncio.StreamReader) -> None:
        for _ in range(deliveries):
            line = await reader.readline()
            now = loop.time()
            number = line.partition(b'"number":"')[2].partition(b'"')[0]
            latencies.append(now - due[number])

    listening = [asyncio.create_task(listen(reader)) for reader, _ in readers]
    hook_reader, hook = await asyncio.open_connection("127.0.0.1", port)
    began = loop.time() + 0.5
    for number in range(1, deliveries + 1):
        moment = began + number / rate
        due[str(number).encode()] = moment
        await asyncio.sleep(max(0, moment - loop.time()))
        hook.write(request(pipeline(number % 50, number, "success")))
        assert (await hook_reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    await asyncio.gather(*listening)
    for _, writer in readers:
        writer.close()
    return latencies


async def fill(port: int, projects: int) -> None:
    """So many projects, with their pipelines."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(1, projects * PIPELINES + 1):
        writer.write(request(pipeline(number % projects, number, "failed" if number % 7 == 0 else "success")))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
    writer.close()


async def board(port: int) -> tuple[float, int, int]:
    """Seconds, bytes as sent, and bytes unpacked."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 27)
    began = time.perf_counter()
    writer.write(b"GET /board HTTP/1.0\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n")
    answer = await reader.read()
    took = time.perf_counter() - began
    body = answer.partition(b"\r\n\r\n")[2]
    return took, len(body), len(gzip.decompress(body))


def server() -> servers.Server:
    """tornchat in memory, which trusts this machine."""
    command = [sys.executable, "-m", "tornchat", "--log-level=warning", "--trust-loopback=true"]

    def with_port(port: int, folder: Path) -> list[str]:
        return [*command, f"--port={port}"]

    return servers.Server("tornchat", with_port)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--deliveries", type=int, default=500)
    parser.add_argument("--rate", type=float, default=20.0, help="deliveries a second")
    parser.add_argument("--projects", type=int, default=1000)
    arguments = parser.parse_args()
    with servers.running(server()) as running:
        latencies = sorted(asyncio.run(delivered(running.port, arguments.deliveries, arguments.rate)))
    p50, p99 = (1000 * latencies[int(len(latencies) * part)] for part in (0.5, 0.99))
    with servers.running(server()) as running:
        began = time.perf_counter()
        asyncio.run(fill(running.port, arguments.projects))
        filled = (time.perf_counter() - began) / (arguments.projects * PIPELINES)
        first, sent, size = asyncio.run(board(running.port))
        again, *_ = asyncio.run(board(running.port))
    print("| what | |\n|---|---:|")
    print(f"| webhook in → byte out, {LISTENERS} listeners, {arguments.rate:g} a second: p50 | {p50:.1f} ms |")
    print(f"| the same, p99 | {p99:.1f} ms |")
    print(f"| a pipeline with {JOBS} jobs, one after the other | {1000 * filled:.1f} ms |")
    shape = f"{arguments.projects:,} projects with {PIPELINES} pipelines of {JOBS} jobs"
    print(f"| `/board`, {shape}: bytes | {size / 1e6:.1f} MB, {sent / 1e6:.2f} MB as gzip |")
    print(f"| the same, time of the first | {1000 * first:.0f} ms |")
    print(f"| the same, time of the next | {1000 * again:.0f} ms |")


if __name__ == "__main__":
    main()
