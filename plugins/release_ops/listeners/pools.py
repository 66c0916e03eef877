"""Creates the Airflow pool that builds wait in, when a component of Airflow starts.

A task in a pool that does not exist is never scheduled, and nothing says so but the scheduler's log.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from airflow.listeners import hookimpl

# Every task's process loads this file, so what it needs elsewhere is imported where it is used.
_log = logging.getLogger(__name__)

CATALOG = "RELEASE_OPS_CATALOG"
SLOTS_WITHOUT_A_CATALOG = 20


@hookimpl
def on_starting(component: object) -> None:
    """Make the pool as large as the catalog says; scheduler, triggerer and DAG processor each see to it.

    A task's process calls this, too, with a marker instead of a Job: there is no database there."""
    if type(component).__name__ == "Job":
        ensure_pool(_slots(_catalog()))


def ensure_pool(slots: int) -> None:
    """Create the pool, or give it this size. It counts deferred tasks: a build runs while its task waits."""
    # Airflow has no public call for this inside of its components; the CLI and the API use the same.
    from airflow.models.pool import Pool
    from sqlalchemy.exc import SQLAlchemyError

    from release_ops.plan.pools import BUILD_POOL

    words = "Builds at AWS at one time; sized by services.yaml when Airflow starts"
    try:
        Pool.create_or_update_pool(BUILD_POOL, slots=slots, description=words, include_deferred=True)
    except SQLAlchemyError as error:  # another component creates it in this very moment, or there is no table
        _log.warning("The pool %s was not set to %s slots: %s", BUILD_POOL, slots, error)


def _slots(catalog: Path) -> int:
    from release_ops.config import CatalogError, load_catalog
    from release_ops.plan.pools import build_slots

    try:
        return build_slots(load_catalog(catalog))
    except (CatalogError, OSError) as error:
        _log.warning("The pool of builds gets %s slots: %s", SLOTS_WITHOUT_A_CATALOG, error)
        return SLOTS_WITHOUT_A_CATALOG


def _catalog() -> Path:
    """Where the DAG file finds it: beside the DAGs' folder, or where the environment says."""
    from airflow.configuration import conf

    beside = Path(conf.get_mandatory_value("core", "dags_folder")).parent / "config" / "services.yaml"
    return Path(os.environ.get(CATALOG) or beside)
