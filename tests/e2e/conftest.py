"""One Airflow and one sandbox for all e2e tests: starting them costs half a minute."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from releases import DAG, TIME_SCALE, Platform

from rehearsal.platform import seed
from rehearsal.stack import Stack
from rehearsal.supervision import CHECKOUT
from release_ops.config import load_catalog


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    catalog = load_catalog(CHECKOUT / "config" / "services.yaml")
    stack = Stack(
        tmp_path_factory.mktemp("stack"),
        dags_folder=CHECKOUT / "dags",
        seed=lambda endpoint: seed(endpoint, catalog, CHECKOUT / "samples").connections,
        environment={"RELEASE_OPS_TIME_SCALE": str(TIME_SCALE)},
    )
    with stack, stack.api("admin") as admin, stack.api("tester") as tester:
        deadline = time.monotonic() + 120
        while admin.dag(DAG) is None:
            assert time.monotonic() < deadline, admin.import_errors()
            time.sleep(0.5)
        admin.unpause(DAG)
        yield Platform(stack, catalog, admin, tester)
