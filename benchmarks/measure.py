"""One server under one load, for some seconds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from benchmarks import servers
from benchmarks.processes import cpu_seconds, memory_bytes
from benchmarks.scenarios import SPEAKERS, Scenario

GRACE_SECONDS = 15  # for the last message to arrive
LIMIT_SECONDS = 90  # joining, grace and all, beyond the time that is measured
Figures = dict[str, float]


class Outcome(NamedTuple):
    """What came of it: figures, or why there are none."""

    figures: Figures
    failure: str = ""


def measure(server: servers.Server, scenario: Scenario, seconds: float) -> Outcome:
    """Start the server, load it, end it."""
    try:
        with servers.running(server) as run:
            if scenario.kind == "wrk":
                return _by_wrk(run.port, seconds)
            return _by_load(server, run, scenario, seconds)
    except (RuntimeError, ValueError, OSError) as error:
        return Outcome({}, str(error))


def _by_load(server: servers.Server, run: servers.Running, scenario: Scenario, seconds: float) -> Outcome:
    pid = run.process.pid
    command = [
        str(servers.BUILD / "load"),
        f"-address=127.0.0.1:{run.port}",
        f"-accept={server.accept}",
        f"-listeners={scenario.listeners}",
        f"-speakers={scenario.speakers}",
        f"-rate={scenario.rate}",
        f"-window={scenario.window}",
        f"-pause={scenario.pause_ms}ms",
        f"-warm-up={min(1, seconds / 2)}s",
        f"-measure={seconds}s",
        f"-grace={GRACE_SECONDS}s",
    ]
    cpu: dict[str, float] = {}
    memory_before = memory = memory_bytes(pid)
    found: dict[str, float] = {}
    with _bounded(command, seconds) as load:
        assert load.stdout
        for line in load.stdout:
            if line.startswith("{"):
                found = json.loads(line)
                continue
            cpu[line.strip()] = cpu_seconds(pid)
            if line == "end\n":  # not while it is measured: the kernel holds the server up for this
                memory = memory_bytes(pid)
    if not found:
        return Outcome({}, "the load did not end in time")
    if failure := _failure(found, run.death()):
        came = f"{found['joined']:,} of {scenario.listeners:,} listeners and {found['all_deliveries']:,} deliveries"
        return Outcome({}, f"{failure}, after {came}")
    return Outcome(_figures(found, cpu["end"] - cpu["begin"], memory - memory_before))


def _failure(found: dict[str, float], death: str) -> str:
    """What is too wrong for figures to mean anything."""
    if death:
        return f"died ({death})"
    if not found["seconds"]:
        return "did not take all listeners"
    if found["lost"] and not found["deliveries"]:
        return f"stood still ({found['lost']:,} lost)"
    return ""


def _figures(found: dict[str, float], cpu: float, memory: float) -> Figures:
    """What is said of a server, of what was counted."""
    seconds, nothing = found["seconds"], float("nan")
    return {
        "held": 100 * found["acknowledged"] / found["offered"] if found["offered"] else nothing,
        "says": found["answers"] / seconds,
        "say p50": found["say_p50"],
        "say p99": found["say_p99"],
        "hear p50": found["hear_p50"],
        "hear p99": found["hear_p99"],
        "deliveries": found["deliveries"] / seconds,
        "lost": found["lost"] + found["faults"],
        "cpu": 100 * cpu / seconds,
        "cpu each": 1e6 * cpu / found["deliveries"] if found["deliveries"] else nothing,
        "load each": 1e6 * found["load_cpu"] / found["deliveries"] if found["deliveries"] else nothing,
        "memory": memory / 1024 / found["joined"],
        "joins": found["joined"] / found["join_seconds"],
    }


def _by_wrk(port: int, seconds: float) -> Outcome:
    """Another make's load, to see that this one's is not what limits."""
    wrk = shutil.which("wrk")
    if not wrk:
        return Outcome({}, "wrk is not installed")
    url = f"http://127.0.0.1:{port}/say"
    command = [wrk, "--threads=1", f"--connections={SPEAKERS}", f"--duration={max(1, round(seconds))}s"]
    with _bounded([*command, f"--script={servers.HERE / 'say.lua'}", url], seconds) as load:
        assert load.stdout
        said = load.stdout.read()
    rate = re.search(r"Requests/sec: +([\d.]+)", said)
    refused = re.search(r"Non-2xx.*?(\d+)", said)
    return Outcome({"says": float(rate[1])} if rate and not refused else {}, said if refused else "")


@contextmanager
def _bounded(command: list[str], seconds: float) -> Iterator[subprocess.Popen[str]]:
    """A process that ends in time, whatever happens."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(seconds + LIMIT_SECONDS, process.kill)
        watchdog.start()
        try:
            yield process
        finally:
            watchdog.cancel()
            process.kill()
