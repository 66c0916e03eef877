"""The one file of plugins/ that Airflow executes; .airflowignore hides the package from its scan.

Airflow runs every other .py file under plugins/ as a top-level module named by its stem, so a `types.py`
of ours would replace Python's own.
"""

from airflow.plugins_manager import AirflowPlugin

from release_ops.listeners import cancel, pools


class ReleaseOpsPlugin(AirflowPlugin):
    """What release_ops adds to Airflow itself."""

    name = "release_ops"
    listeners = [cancel, pools]  # noqa: RUF012 - as Airflow's base class has it
