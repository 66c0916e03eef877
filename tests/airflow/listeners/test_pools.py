"""The pool of builds exists wherever a component of Airflow started: no pool, no build, and no word of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# A process of its own, because Airflow's settings are made once per process.
START = """
import json
from airflow.utils.db import initdb
initdb()
from airflow.jobs.job import Job
for _ in range(2):
    Job()
from airflow.models.pool import Pool
from airflow.utils.session import create_session
with create_session() as session:
    pool = Pool.get_pool("release_ops_builds", session=session)
    print("RESULT" + json.dumps([pool.slots, pool.include_deferred]))
"""


@pytest.mark.parametrize(
    ("catalog", "slots"),
    [
        # Staging builds six services once; production builds payments in two regions.
        pytest.param(ROOT / "config" / "services.yaml", 7, id="sized by the catalog"),
        pytest.param(ROOT / "config" / "not-there.yaml", 20, id="no catalog is no reason to have none"),
    ],
)
def test_a_component_that_starts_makes_the_pool(tmp_path: Path, catalog: Path, slots: int) -> None:
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path / "none"),
        "RELEASE_OPS_CATALOG": str(catalog),
    }
    answer = subprocess.run(
        [sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout.partition("RESULT")[2]) == [slots, True]


def test_loading_the_listener_costs_a_task_nothing() -> None:
    """Every task's process loads the plugin, and with it this file."""
    code = (
        "import sys, airflow.listeners; before = set(sys.modules); import release_ops.listeners.pools; "
        "print(sorted(set(sys.modules) - before))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "plugins", capture_output=True, text=True, check=True
    )
    assert (
        answer.stdout.strip().splitlines()[-1]
        == "['release_ops', 'release_ops.listeners', 'release_ops.listeners.pools']"
    )
