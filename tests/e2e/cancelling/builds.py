"""A DAG of builds that run until somebody stops them; each task is for one row of the matrix."""

import os
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, TaskGroup

from release_ops.operators.codebuild import CodeBuildStartBuildOperator

BLOCKING = ("running_marked_failed", "running_cleared", "running_outage")
DEFERRED = (
    "marked_failed",
    "marked_success",
    "cleared",
    "left_alone",
    "kept_by_choice",
    "marked_while_down",
    "cleared_while_down",
    "run_failed",
)


def build(name: str, **options: object) -> CodeBuildStartBuildOperator:
    return CodeBuildStartBuildOperator(
        task_id=name,
        project_name=name,
        source_version="release",
        waiter_delay=2,
        retries=5,
        retry_delay=timedelta(seconds=2),
        **options,
    )


with DAG("builds", schedule=None) as dag:
    for name in DEFERRED:
        build(name, cancel_on_kill=name != "kept_by_choice")
    for name in BLOCKING:
        build(name, deferrable=False)
    with TaskGroup("group", prefix_group_id=False):
        build("in_a_group")
    if not Path(os.environ["WITHOUT_REMOVED"]).exists():
        build("removed")
