"""Airflow must be told where to live before it is imported: a folder of this test run's own."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ.setdefault("AIRFLOW_HOME", _HOME.name)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(Path(__file__).parents[1] / "plugins")
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"

# Fakes that several folders of tests share; pytest's importlib mode leaves folders off the path.
sys.path.insert(0, str(Path(__file__).parent / "fakes"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was killed, how often, and by which seed: a failure is replayed with TORTURE_SEED."""
    import torture_form

    ended = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ())]
    if lines := torture_form.table(ended):
        terminalreporter.section(f"kills, TORTURE_SEED={torture_form.SEED}")
        for line in lines:
            terminalreporter.write_line(line.rstrip())
