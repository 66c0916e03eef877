"""make bench: what waiting for builds costs, one poller for all of them beside one for each.

Triggers, hooks, connections and AWS's SDKs are the real ones, and so is the delay of 30 s between two looks.
The network is not, and time passes as fast as it can (bench/polling_aws.py): any machine shows the same calls
and the same lateness, and a thousand pollers are not late because this machine is slow. CodeBuild answers at
once and never throttles, which is kind to those who ask often. The sandbox could not take part: its builds
really run, for as long as builds take."""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from typing import Any

from bench.__main__ import run_python

SIZES = (30, 100, 1000)
Measured = dict[str, Any]
HEAD = (
    "builds  ours:Start  List  BatchGet     noticed  CPU s  each:Start  List  BatchGet     noticed  CPU s  "
    "each:ours BatchGet  CPU"
)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.polling", description=__doc__)
    parser.add_argument("sizes", nargs="*", type=number_of_builds, default=SIZES, metavar="BUILDS")
    sizes = parser.parse_args(arguments).sizes
    print(
        "\nCalls to CodeBuild for builds of 2 to 10 minutes that begin within 5, looked at every 30 s by one"
    )
    print("poller for all (ours) or one per build (each); noticed: seconds after the end, median and worst")
    print(HEAD, flush=True)
    with tempfile.TemporaryDirectory() as home:
        for size in sizes:
            ours, each = (measured(home, way, size) for way in ("shared", "each"))
            print(row(size, ours, each), flush=True)


def measured(home: str, way: str, size: int) -> Measured:
    done = run_python(home, "-m", "bench.polling_once", way, str(size))
    found: Measured = json.loads(done.stdout.splitlines()[-1])
    return found


def number_of_builds(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text} builds; ask for 1 to 10000")
    return int(text)


def row(size: int, ours: Measured, each: Measured) -> str:
    shown = " ".join(cells(way["calls"], list(way["latencies"].values()), way["cpu"]) for way in (ours, each))
    ratios = [each["calls"]["BatchGetBuilds"] / ours["calls"]["BatchGetBuilds"], each["cpu"] / ours["cpu"]]
    return f"{size:6} {shown} {ratios[0]:19.1f} {ratios[1]:4.1f}"


def cells(calls: dict[str, int], latencies: list[float], cpu: float) -> str:
    return (
        f"{calls['StartBuild']:11} {calls.get('ListBuildsForProject', 0):5} {calls['BatchGetBuilds']:9} "
        f"{statistics.median(latencies):5.1f} {max(latencies):5.1f} {cpu:6.2f}"
    )


if __name__ == "__main__":
    main()
