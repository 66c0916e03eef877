"""One Airflow and one sandbox for all e2e tests: starting them costs half a minute."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from releases import TIME_SCALE, Platform, running_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_platform(tmp_path_factory.mktemp("stack"), time_scale=TIME_SCALE) as running:
        yield running
