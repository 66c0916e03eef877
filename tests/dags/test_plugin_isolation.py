"""Airflow executes every .py under plugins/ as a top-level module; ours must stay one thin file."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

LOOK = """
import json, sys
before = set(sys.modules)
from airflow import plugins_manager
plugins, errors = plugins_manager._get_plugins()
loaded = sorted(name for name in set(sys.modules) - before
                if (getattr(sys.modules[name], "__file__", None) or "").startswith(sys.argv[1]))
print("RESULT" + json.dumps({"plugins": [p.name for p in plugins], "errors": errors, "modules": loaded}))
"""


def test_loading_plugins_puts_one_file_of_ours_into_the_process(tmp_path: Path) -> None:
    plugins = ROOT / "plugins"
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    answer = subprocess.run(
        [sys.executable, "-c", LOOK, str(plugins)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout.partition("RESULT")[2])
    twice = [error for error in found["errors"].values() if "already registered" not in error]
    assert twice == [], "installed and in the folder at once is said by Airflow, and is all that it says"
    assert found["plugins"].count("release_ops") == 1
    bare = [name for name in found["modules"] if not name.startswith("release_ops")]
    assert bare == []
