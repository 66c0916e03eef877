"""Turns the catalog's plan into an Airflow DAG: one task per step, one group per service."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable, Param, get_parsing_context
from airflow.utils.types import DagRunType

from release_ops.assembly.tasks import DEFAULTS, add_tasks
from release_ops.config import Catalog, load_catalog

CATALOG = "RELEASE_OPS_CATALOG"

MISSED_BY = timedelta(minutes=5)
"""How late the very first tick may be noticed."""


def release_dag(dag_id: str, catalog: Path) -> DAG:
    """Return the release train of a catalog.

    In a task's process only that task's service is built (Airflow says which in the parsing context):
    the file is parsed again for each task. Raises CatalogError, which Airflow shows as an import error
    with every mistake in a line of its own. RELEASE_OPS_CATALOG names another catalog file."""
    with _without_garbage_collection():
        file = Path(os.environ.get(CATALOG) or catalog)
        read = load_catalog(file)
        dag = _empty_dag(dag_id, read)
        add_tasks(dag, read, file=str(file.absolute()), only=get_parsing_context().task_id)
    return dag


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Nothing that is made here is garbage, but making it lets Python look through all of Airflow for some.

    In one task's process, that is more than the rest of the work."""
    was_on, frozen = gc.isenabled(), gc.get_freeze_count()
    gc.disable()
    try:
        yield
    finally:
        # Both together make everything old, so that the first collection does not start with all of it. Only
        # the first where Airflow froze what this process shares with the one that it was forked from.
        gc.freeze()
        if not frozen:
            gc.unfreeze()
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
        params=_form(catalog),
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
