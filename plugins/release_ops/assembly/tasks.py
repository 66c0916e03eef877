"""The plan's steps as Airflow tasks, in groups by service, environment and region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, BaseOperator, TaskGroup

from release_ops.assembly.operators import (
    cut_release_operator,
    operator_for,
    release_verdict_operator,
)
from release_ops.config import Catalog
from release_ops.hooks.release import LedgerAddress
from release_ops.plan.service import plan_service
from release_ops.plan.steps import CUT_RELEASE, RELEASE_VERDICT, Step, StepKind, verdict_upstream

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
# Not enforced while deferred, and too short for a build that is waited for in a worker.
_WAITS = {**DEFAULTS, "execution_timeout": None}
_SETTINGS: Mapping[StepKind, Mapping[str, Any]] = {
    StepKind.BUILD: _WAITS,
    StepKind.GATE: _WAITS,
    # The soak never pokes. Without a timeout here, each sensor looks one up in Airflow's configuration.
    StepKind.SOAK: {**_WAITS, "timeout": timedelta(days=7)},
}


def add_tasks(dag: DAG, catalog: Catalog, *, file: str, only: str | None) -> None:
    """Add every task of a release; those of one task's service alone, if one is named.

    `file` is where the catalog was read, and is read again when production would start."""
    dev = catalog.environments["dev"]
    ledger = LedgerAddress(dev.aws_connection, dev.home_region, dev.ledger_bucket or "", file)
    upstream: dict[str, Iterable[str]] = {}
    if only in (None, CUT_RELEASE):
        cut = cut_release_operator()
        dag.add_task(cut(task_id=CUT_RELEASE, catalog=catalog, ledger=ledger, **DEFAULTS))
    for name in _wanted(catalog, only):
        steps = plan_service(catalog.services[name]).steps
        _add_service(dag, ledger, steps)
        upstream.update((step.task_id, step.upstream) for step in steps)
    if only in (None, RELEASE_VERDICT):
        verdict = release_verdict_operator()
        dag.add_task(verdict(task_id=RELEASE_VERDICT, ledger=ledger, **DEFAULTS))
        upstream[RELEASE_VERDICT] = verdict_upstream(catalog.services)
    _connect(dag.task_dict, upstream)


def _wanted(catalog: Catalog, only: str | None) -> Iterable[str]:
    if only is None:
        return catalog.services
    name = only.partition(".")[0]
    return [name] if name in catalog.services else []


def _add_service(dag: DAG, ledger: LedgerAddress, steps: Iterable[Step]) -> None:
    groups: dict[tuple[str, ...], TaskGroup] = {(): dag.task_group}
    for step in steps:
        operator = operator_for(step.kind)
        # Not `dag=dag`: an operator then deep-copies the DAG's parameters, once for each of its base classes,
        # and with them the names of all services. A task finds them in its context all the same.
        task = operator(
            task_id=step.name,
            task_group=_group(dag, groups, step.groups),
            step=step,
            ledger=ledger,
            **_SETTINGS.get(step.kind, DEFAULTS),
        )
        dag.add_task(task)


def _group(dag: DAG, groups: dict[tuple[str, ...], TaskGroup], path: tuple[str, ...]) -> TaskGroup:
    """Return the group at a path such as (orders, staging, eu-west-1), made with those around it if new."""
    if path not in groups:
        groups[path] = TaskGroup(path[-1], dag=dag, parent_group=_group(dag, groups, path[:-1]))
    return groups[path]


def _connect(tasks: Mapping[str, BaseOperator], upstream: Mapping[str, Iterable[str]]) -> None:
    """Set the edges among the tasks that were built.

    Not by `>>`: that hashes every task id of the DAG each time, which is half of the time at 1,000
    services. These sets are what `>>` fills, too (DAGNode.upstream_task_ids)."""
    for after, names in upstream.items():
        before = tasks.keys() & names
        tasks[after].upstream_task_ids |= before
        for name in before:
            tasks[name].downstream_task_ids.add(after)
