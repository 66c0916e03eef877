"""make bench: what the DAG file costs, by the number of services, beside a naive loop in the same run."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.catalogs import LARGEST, catalog_text

ROOT = Path(__file__).resolve().parents[1]
SIZES = (6, 36, 100, 1000)
ONE_TASK = "orders-service.soak"
RUNS = 3
"""How often ours is built: the best counts, since other programs only ever add to it."""

Measured = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as home:
        print(
            f"CPU seconds to build the DAG, imports apart; ours the best of {options.runs}; in brackets: wall"
        )
        print("services  tasks        whole     one task        naive  naive:whole  naive:one", flush=True)
        for size in options.sizes:
            print(_row(home, size, options.runs), flush=True)
        print("\nThe DAG file's ten largest imports (python -X importtime; cumulative milliseconds)")
        for milliseconds, module in _imports(home):
            print(f"{milliseconds:8.0f}  {module}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    sizes = f"numbers of services, 1 to {LARGEST}"
    parser.add_argument(
        "sizes", nargs="*", type=number_of_services, default=SIZES, metavar="SERVICES", help=sizes
    )
    parser.add_argument(
        "--runs", type=int, choices=range(1, 100), default=RUNS, metavar="N", help="runs of ours"
    )
    return parser.parse_args(arguments)


def number_of_services(text: str) -> int:
    number = int(text)
    if not 1 <= number <= LARGEST:
        raise argparse.ArgumentTypeError(f"{text} services; ask for 1 to {LARGEST}")
    return number


def _row(home: str, size: int, runs: int) -> str:
    file = Path(home) / f"{size}.yaml"
    file.write_text(catalog_text(size))
    whole = best(home, file, runs)
    one = best(home, file, runs, task=ONE_TASK)
    naive = measured(home, file, "naive")
    shown = "".join(f"{each['cpu']:6.3f} ({each['wall']:.2f}) " for each in (whole, one, naive))
    ratios = f"{naive['cpu'] / whole['cpu']:11.1f} {naive['cpu'] / one['cpu']:10.1f}"
    return f"{size:8} {whole['tasks']:6.0f} {shown}{ratios}"


def best(home: str, file: Path, runs: int, *, task: str = "") -> Measured:
    return min((measured(home, file, "ours", task=task) for _ in range(runs)), key=lambda each: each["cpu"])


def measured(home: str, file: Path, which: str, *, task: str = "") -> Measured:
    done = run_python(home, "-m", "bench.parse_once", str(file), which, task=task)
    measured: Measured = json.loads(done.stdout)
    return measured


def _imports(home: str) -> Iterator[tuple[float, str]]:
    """Yield the largest imports of the DAG file, each with all that it imports itself."""
    lines = run_python(home, "-X", "importtime", str(ROOT / "dags" / "weekly_release.py")).stderr.splitlines()
    rows = [line.removeprefix("import time:").split("|") for line in lines if line.count("|") == 2]
    for _, cumulative, module in sorted(rows[1:], key=lambda row: -int(row[1]))[:10]:
        yield int(cumulative) / 1000, module.strip()


def run_python(home: str, *arguments: str, task: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python with a home of Airflow's own and, if a task is named, as that task's process."""
    paths = os.pathsep.join((str(ROOT / "plugins"), str(ROOT)))
    environment = os.environ | {"AIRFLOW_HOME": home, "PYTHONPATH": paths}
    if task:
        environment |= {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "bench", "_AIRFLOW_PARSING_CONTEXT_TASK_ID": task}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


if __name__ == "__main__":
    main()
