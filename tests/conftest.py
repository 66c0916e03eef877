"""Airflow must be told where to live before it is imported: a folder of this test run's own."""

import os
import sys
import tempfile
from pathlib import Path

_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ.setdefault("AIRFLOW_HOME", _HOME.name)
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(Path(__file__).parents[1] / "plugins")
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"

# Fakes that several folders of tests share; pytest's importlib mode leaves folders off the path.
sys.path.insert(0, str(Path(__file__).parent / "fakes"))
