"""Turns the catalog's plan into an Airflow DAG: one task per step, one group per service."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, BaseOperator, CronTriggerTimetable, Param, TaskGroup, get_parsing_context
from airflow.sdk.definitions.param import ParamsDict
from airflow.utils.types import DagRunType

from release_ops.assembly.operators import (
    cut_release_operator,
    operator_for,
    release_verdict_operator,
)
from release_ops.config import Catalog, load_catalog
from release_ops.hooks.release import LedgerAddress
from release_ops.plan.service import plan_service
from release_ops.plan.steps import (
    CUT_RELEASE,
    RELEASE_VERDICT,
    Step,
    StepKind,
    verdict_upstream,
)

CATALOG = "RELEASE_OPS_CATALOG"

MISSED_BY = timedelta(minutes=5)
"""How late the very first tick may be noticed."""

DEFAULTS: Mapping[str, Any] = {
    "owner": "release-ops",
    # Every task has retries: a stale event can fail a deferred task whose work went well, and a retry
    # finds what is there.
    "retries": 3,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(minutes=15),
}


def release_dag(dag_id: str, catalog: Path) -> DAG:
    """Return the release train of a catalog.

    In a task's process only that task's service is built (Airflow says which in the parsing context):
    the file is parsed again for each task. Raises CatalogError, which Airflow shows as an import error
    with every mistake in a line of its own. RELEASE_OPS_CATALOG names another catalog file."""
    with _without_garbage_collection():
        read = load_catalog(Path(os.environ.get(CATALOG) or catalog))
        dag = _empty_dag(dag_id, read)
        dev = read.environments["dev"]
        ledger = LedgerAddress(dev.aws_connection, dev.home_region, dev.ledger_bucket or "")
        _add_tasks(dag, read, ledger, get_parsing_context().task_id)
        # Last: an operator deep-copies the parameters that its DAG has when it is made, up to four times, and
        # with them the names of all services: at 1,000 services four fifths of the time. A task finds them in
        # its context all the same.
        dag.params = ParamsDict(_form(read))
    return dag


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Nothing that is made here is garbage, but making it lets Python look through all of Airflow for some.

    In one task's process, that is more than the rest of the work."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _empty_dag(dag_id: str, catalog: Catalog) -> DAG:
    return DAG(
        dag_id=dag_id,
        description="Cut, build into staging, check, soak, and build the same commits into production",
        # No start date, and no tick that is past: a DAG that is unpaused waits for the next one, rather
        # than cutting whatever is merged at that moment. (False would allow a tenth of the week.)
        schedule=CronTriggerTimetable(
            catalog.train.schedule, timezone=catalog.train.timezone, run_immediately=MISSED_BY
        ),
        catchup=False,
        max_active_runs=1,
        # A backfill would bypass max_active_runs, and nothing but the train and a person may release.
        allowed_run_types=[DagRunType.SCHEDULED, DagRunType.MANUAL],
        default_args=dict(DEFAULTS),
        tags=["release-ops"],
    )


def _form(catalog: Catalog) -> dict[str, Param]:
    """What a person is asked who triggers a release by hand."""
    return {
        "services": Param(
            [],
            type=["array", "null"],
            items={"type": "string"},
            examples=list(catalog.services),
            title="Services",
            description="Which services this release is about; none chosen means all of them.",
        ),
        "redeploy": Param(
            False,
            type="boolean",
            title="Redeploy",
            description="Clearing a production build that succeeded deploys it again.",
        ),
    }


def _add_tasks(dag: DAG, catalog: Catalog, ledger: LedgerAddress, only: str | None) -> None:
    tasks: dict[str, BaseOperator] = {}
    if only in (None, CUT_RELEASE):
        operator = cut_release_operator()
        tasks[CUT_RELEASE] = operator(task_id=CUT_RELEASE, dag=dag, catalog=catalog, ledger=ledger)
    planned: list[Step] = []
    for name in _wanted(catalog, only):
        steps = plan_service(catalog.services[name]).steps
        planned += steps
        tasks |= _service_tasks(dag, ledger, name, steps)
    if only in (None, RELEASE_VERDICT):
        operator = release_verdict_operator()
        tasks[RELEASE_VERDICT] = operator(task_id=RELEASE_VERDICT, dag=dag, ledger=ledger)
    edges = [(before, step.task_id) for step in planned for before in step.upstream]
    edges += [(before, RELEASE_VERDICT) for before in verdict_upstream(catalog.services)]
    _connect(tasks, edges)


def _wanted(catalog: Catalog, only: str | None) -> Iterable[str]:
    if only is None:
        return catalog.services
    name = only.partition(".")[0]
    return [name] if name in catalog.services else []


def _service_tasks(
    dag: DAG, ledger: LedgerAddress, service: str, steps: Iterable[Step]
) -> dict[str, BaseOperator]:
    """Create a service's tasks, in groups by environment and region."""
    groups = {"": TaskGroup(service, dag=dag, parent_group=dag.task_group)}
    tasks: dict[str, BaseOperator] = {}
    for step in steps:
        group = groups[""]
        for label in (step.environment, step.region):
            path = f"{group.group_id}.{label}"
            if label and path not in groups:
                groups[path] = TaskGroup(label, dag=dag, parent_group=group)
            group = groups[path] if label else group
        operator = operator_for(step.kind)
        tasks[step.task_id] = operator(
            task_id=step.name, dag=dag, task_group=group, step=step, ledger=ledger, **_extra(step)
        )
    return tasks


def _extra(step: Step) -> dict[str, Any]:
    """What Airflow, rather than the release, has to know of a step."""
    if step.kind in (StepKind.BUILD, StepKind.SOAK, StepKind.GATE):
        # Not enforced while deferred, and too short for a build that is waited for in a worker.
        return {"execution_timeout": None}
    return {}


def _connect(tasks: Mapping[str, BaseOperator], edges: Iterable[tuple[str, str]]) -> None:
    """Set the edges among the tasks that were built.

    Not by `>>`: that hashes every task id of the DAG each time, which is half of the time at 1,000
    services. These sets are what `>>` fills, too (DAGNode.upstream_task_ids)."""
    for before, after in edges:
        if before in tasks and after in tasks:
            tasks[before].downstream_task_ids.add(after)
            tasks[after].upstream_task_ids.add(before)
