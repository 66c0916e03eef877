"""What we rely on in Airflow 3.3 and its amazon provider beyond their public interface.

Each test fails when an upgrade changes it; then the module that it names must be looked at."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytest
from airflow.models import taskinstance
from airflow.providers.amazon.aws.hooks.base_aws import AwsGenericHook
from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, CronTriggerTimetable, TaskGroup, get_parsing_context, timezone
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from airflow.serialization.serialized_objects import DagSerialization
from airflow.triggers.base import BaseTrigger


def test_these_are_the_versions_that_all_of_it_was_measured_on() -> None:
    assert version("apache-airflow") == "3.3.2"
    assert version("apache-airflow-providers-amazon") == "9.39.0"


def test_a_clear_raises_max_tries_and_a_retry_does_not() -> None:
    """operators/codebuild.py, operators/release_cut.py: how a clear is told from a retry."""
    source = inspect.getsource(taskinstance.clear_task_instances)
    assert "ti.max_tries = ti.try_number + task.retries" in source
    assert "max_tries" not in inspect.getsource(taskinstance.TaskInstance.prepare_db_for_next_try)


def test_edges_are_two_sets_of_ids() -> None:
    """assembly/tasks.py fills them in bulk, as `>>` does one by one."""
    with DAG("d", schedule=None):
        first, second = EmptyOperator(task_id="a"), EmptyOperator(task_id="b")
        first >> second
    assert first.downstream_task_ids == {"b"}
    assert second.upstream_task_ids == {"a"}


def test_an_operator_may_join_its_dag_when_it_is_made() -> None:
    """assembly/tasks.py: nothing but the copy of the DAG's parameters is left out."""

    def serialized(join: Callable[[DAG, TaskGroup], object]) -> dict[str, Any]:
        dag = DAG("d", schedule=None)
        join(dag, TaskGroup("g", dag=dag, parent_group=dag.task_group))
        return DagSerialization.to_dict(dag)

    at_once = serialized(lambda dag, group: EmptyOperator(task_id="a", dag=dag, task_group=group))
    later = serialized(lambda dag, group: dag.add_task(EmptyOperator(task_id="a", task_group=group)))
    assert later == at_once


def test_a_tasks_process_is_told_which_task_it_parses_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """assembly/release_dag.py builds only that task's service."""
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "orders.cut")
    assert get_parsing_context().task_id == "orders.cut"


def test_tasks_can_read_the_states_of_their_run() -> None:
    """hooks/release.py: how a veto is seen."""
    parameters = inspect.signature(RuntimeTaskInstance.get_task_states).parameters
    assert {"dag_id", "task_ids", "run_ids", "map_index"} <= set(parameters)


def test_a_trigger_hears_of_a_persons_click() -> None:
    """triggers/codebuild.py: on_kill stops the build, cleanup never does."""
    assert inspect.iscoroutinefunction(BaseTrigger.on_kill)


def test_the_providers_bases_take_what_ours_hand_them() -> None:
    """operators/codebuild.py, triggers/codebuild.py, hooks/codebuild.py."""
    assert {"aws_conn_id", "region_name", "verify", "botocore_config"} <= set(
        inspect.signature(AwsBaseOperator.__init__).parameters
    )
    assert {"serialized_fields", "waiter_name", "status_queries", "waiter_max_attempts"} <= set(
        inspect.signature(AwsBaseWaiterTrigger.__init__).parameters
    )
    assert "waiter_path" in vars(AwsGenericHook)


def test_a_timetable_without_start_date_waits_for_the_next_tick() -> None:
    """assembly/release_dag.py: unpausing the DAG cuts nothing."""
    from airflow.serialization.decoders import decode_timetable
    from airflow.serialization.encoders import encode_timetable
    from airflow.timetables.base import TimeRestriction

    from release_ops.assembly.release_dag import MISSED_BY

    timetable = decode_timetable(
        encode_timetable(
            CronTriggerTimetable("0 9 * * 1", timezone="Europe/Berlin", run_immediately=MISSED_BY)
        )
    )
    first = timetable.next_dagrun_info(
        last_automated_data_interval=None,
        restriction=TimeRestriction(earliest=None, latest=None, catchup=False),
    )
    assert first is not None
    assert first.run_after > timezone.utcnow() - MISSED_BY


def test_a_marked_task_still_knows_the_trigger_that_it_waits_for() -> None:
    """listeners/cancel.py: what is stored there says which build to stop."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import Trigger

    assert TaskInstance.trigger.property.mapper.class_ is Trigger
    stored = Trigger(
        classpath="release_ops.triggers.codebuild.CodeBuildBuildTrigger", kwargs={"build_id": "p:1"}
    )
    assert stored.classpath.endswith("CodeBuildBuildTrigger")
    assert stored.kwargs == {"build_id": "p:1"}
