"""Read by every Airflow component at its start (Airflow looks for a module of this name).

The scheduler forks its workers, and each task's process from those: what is imported here is there
already, where every task would otherwise import it again, some hundred times a release.
"""

import sys
from importlib import import_module

IN_EVERY_TASK = (
    "airflow.providers.amazon.aws.hooks.lambda_function",
    "airflow.providers.standard.triggers.temporal",
    "boto3",
    "httpx",
    "release_ops.assembly.release_dag",
    "release_ops.operators.promotion",
    "release_ops.operators.release_build",
    "release_ops.operators.release_check",
    "release_ops.operators.release_cut",
    "release_ops.operators.release_end",
    "release_ops.operators.release_play",
    "release_ops.sensors.soak",
)

if "scheduler" in sys.argv:
    for name in IN_EVERY_TASK:
        import_module(name)

# Airflow takes every name of this module over as a setting of its own, unless it says which.
__all__: list[str] = []
