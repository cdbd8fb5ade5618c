"""tornchat beside other servers, under the same loads, in one run: `results.md` and `results.svg`.

    python -m benchmarks.bench [--seconds 5] [--rounds 3] [--quick] [--output benchmarks]

The servers take turns under each load, so that what else the machine does meets all of them. Each run has a server
of its own, and the load is another process, written in Go: it must cost less than what it measures.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from pathlib import Path

from benchmarks import plot, report, servers
from benchmarks.measure import measure
from benchmarks.results import Results
from benchmarks.scenarios import scenarios

QUICK_SCALE = 10  # times fewer listeners: a test of the bench, not of the servers


def main() -> None:
    """Measure all, and write the files."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run (default 5)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default 3)")
    parser.add_argument("--quick", action="store_true", help="only see that it works, in two minutes")
    parser.add_argument("--output", type=Path, default=servers.HERE, help="folder for the results")
    arguments = parser.parse_args()
    seconds, rounds, scale = arguments.seconds, arguments.rounds, 1
    if arguments.quick:
        seconds, rounds, scale = 0.3, 1, QUICK_SCALE

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended
    subprocess.run([servers.HERE / "setup"], check=True)
    servers.build()
    contestants = servers.servers()
    loads = scenarios(scale)
    results = Results()
    for round in range(1, rounds + 1):
        for load in loads:
            for server in contestants:
                if server.missing:
                    continue
                outcome = measure(server, load, seconds)
                results.add(load, server.name, outcome)
                brief = report.brief(load.kind, outcome.figures) or outcome.failure
                print(f"{round}/{rounds} {load.kind}, {load.title}: {server.name}: {brief}", flush=True)

    how = f"median of {rounds} runs of {seconds:g} s" if rounds > 1 else f"one run of {seconds:g} s"
    arguments.output.mkdir(parents=True, exist_ok=True)
    text = report.markdown(results, loads, contestants, how, scale)
    (arguments.output / "results.md").write_text(text)
    (arguments.output / "results.svg").write_text(plot.svg(results, loads, contestants))
    print(f"\n{text}")


if __name__ == "__main__":
    main()
