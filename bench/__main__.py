"""make bench: what the DAG file costs, by the number of services, beside a naive loop in the same run."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.catalogs import catalog_text

ROOT = Path(__file__).resolve().parents[1]
SIZES = (6, 36, 100, 1000)
ONE_TASK = "orders-service.soak"


def child(home: str, *arguments: str, task: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python with a home of Airflow's own and, if a task is named, as that task's process."""
    paths = os.pathsep.join((str(ROOT / "plugins"), str(ROOT)))
    environment = os.environ | {"AIRFLOW_HOME": home, "PYTHONPATH": paths}
    if task:
        environment |= {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "bench", "_AIRFLOW_PARSING_CONTEXT_TASK_ID": task}
    command = [sys.executable, *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        print("CPU seconds to build the DAG, imports apart; in brackets: wall seconds")
        print("services  tasks        whole     one task        naive  naive:whole  naive:one")
        for size in SIZES:
            file = Path(home) / f"{size}.yaml"
            file.write_text(catalog_text(size))
            runs = [("ours", ""), ("ours", ONE_TASK), ("naive", "")]
            whole, one, naive = (
                json.loads(child(home, "-m", "bench.parse_once", str(file), which, task=task).stdout)
                for which, task in runs
            )
            shown = "".join(f"{each['cpu']:6.3f} ({each['wall']:.2f}) " for each in (whole, one, naive))
            ratios = f"{naive['cpu'] / whole['cpu']:11.1f} {naive['cpu'] / one['cpu']:10.1f}"
            print(f"{size:8} {whole['tasks']:6} {shown}{ratios}")
        print("\nThe DAG file's ten largest imports (python -X importtime; cumulative milliseconds)")
        lines = child(home, "-X", "importtime", str(ROOT / "dags" / "weekly_release.py")).stderr.splitlines()
        rows = [line.removeprefix("import time:").split("|") for line in lines if line.count("|") == 2]
        for _, cumulative, module in sorted(rows[1:], key=lambda row: -int(row[1]))[:10]:
            print(f"{int(cumulative) / 1000:8.0f}  {module.strip()}")


if __name__ == "__main__":
    main()
