"""Builds a DAG once, in a process of its own, and prints what that took beside the naive loop.

`python -m bench.parse_once CATALOG (ours|naive)`; the variable _AIRFLOW_PARSING_CONTEXT_TASK_ID asks for
one task's part."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from airflow.sdk import DAG, BaseOperator, CronTriggerTimetable, TaskGroup

from release_ops.assembly import operators, release_dag
from release_ops.config import Service, read_catalog
from release_ops.plan.service import plan_service
from release_ops.plan.steps import StepKind


def ours(file: Path) -> DAG:
    return release_dag.release_dag("bench", file)


def naive(file: Path) -> Callable[[Path], DAG]:
    """What one writes first: PyYAML's own loader, an operator per step, `>>` over everything.

    It gets its steps' names for nothing: they are read before the clock starts."""
    resolved = read_catalog(file.read_bytes(), file).services
    return lambda path: _naive(path, resolved)


def _naive(file: Path, resolved: Mapping[str, Service]) -> DAG:
    services = yaml.load(file.read_text(), Loader=yaml.SafeLoader)["services"]
    with DAG("bench", schedule=None) as dag:
        cut, verdict = BaseOperator(task_id="cut_release"), BaseOperator(task_id="release_verdict")
        tasks = {cut.task_id: cut}
        for name in services:
            with TaskGroup(name, prefix_group_id=False):
                steps = plan_service(resolved[name]).steps
                tasks |= {step.task_id: BaseOperator(task_id=step.task_id) for step in steps}
        for name in services:
            for step in plan_service(resolved[name]).steps:
                for before in step.upstream:
                    tasks[before] >> tasks[step.task_id]
            tasks[f"{name}.outcome"] >> verdict
    return dag


def measure(build: Callable[[Path], DAG], file: Path) -> dict[str, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    dag = build(file)
    return {
        "cpu": time.process_time() - cpu,
        "wall": time.perf_counter() - wall,
        "tasks": len(dag.task_dict),
    }


def import_all() -> None:
    """Imports are counted apart: all of them are done before the clock starts."""
    for kind in StepKind:
        operators.operator_for(kind)
    operators.cut_release_operator()
    operators.release_verdict_operator()
    # Airflow imports some of its own only when a DAG is made.
    DAG("imports", schedule=CronTriggerTimetable("0 0 * * *", timezone="UTC"))


if __name__ == "__main__":
    catalog, which = Path(sys.argv[1]), sys.argv[2]
    os.environ[release_dag.CATALOG] = str(catalog)
    import_all()
    print(json.dumps(measure(ours if which == "ours" else naive(catalog), catalog)))
