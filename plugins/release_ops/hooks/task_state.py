"""What Airflow holds of task instances at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance


def task_states(ti: Any, task_ids: Sequence[str]) -> dict[str, str | None]:
    """Return the state of these tasks in the run of `ti`; None for one that Airflow does not know."""
    states = RuntimeTaskInstance.get_task_states(
        dag_id=ti.dag_id, task_ids=list(task_ids), run_ids=[ti.run_id]
    )
    known = states.get(ti.run_id, {})
    return {task_id: known.get(task_id) for task_id in task_ids}


def own_state(ti: Any) -> str | None:
    """Return the state of `ti` itself: what a person marked, if anybody did."""
    states = RuntimeTaskInstance.get_task_states(
        dag_id=ti.dag_id, task_ids=[ti.task_id], run_ids=[ti.run_id], map_index=ti.map_index
    )
    name = ti.task_id if ti.map_index is None or ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}"
    state: str | None = states.get(ti.run_id, {}).get(name)
    return state
