"""Every Airflow task parses the DAG file again, and this package with it: it must stay cheap."""

import subprocess
import sys
from pathlib import Path

from release_ops import config

LOAD = """
import sys
from pathlib import Path
from release_ops.config import load_catalog
load_catalog(Path(sys.argv[1]))
print(*{name.split(".")[0] for name in sys.modules})
"""


def test_loading_a_catalog_imports_nothing_slow() -> None:
    catalog = Path(__file__).parent / "valid.yaml"
    plugins = Path(config.__file__).parents[2]
    command = [sys.executable, "-c", LOAD, str(catalog)]
    loaded = subprocess.run(
        command, env={"PYTHONPATH": str(plugins)}, capture_output=True, text=True, check=True
    )
    slow = {"airflow", "boto3", "botocore", "moto", "httpx", "requests", "rich", "typer", "difflib"}
    assert slow.isdisjoint(loaded.stdout.split())
