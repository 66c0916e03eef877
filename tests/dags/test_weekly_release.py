"""The DAG that Airflow sees. Each row is a way in which Airflow's natural topology loses a veto."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from airflow.sdk import DAG, TriggerRule

from bench.catalogs import catalog_text
from release_ops.assembly.release_dag import release_dag
from release_ops.config import CatalogError, load_catalog
from release_ops.plan.service import plan_release

ROOT = Path(__file__).parents[2]
CATALOG = ROOT / "config" / "services.yaml"
PARSING = "_AIRFLOW_PARSING_CONTEXT_TASK_ID"


@pytest.fixture(scope="module")
def dag() -> DAG:
    return release_dag("weekly_release", CATALOG)


def test_the_dag_file_only_calls_and_says_airflow() -> None:
    text = (ROOT / "dags" / "weekly_release.py").read_text()
    assert "airflow" in text.lower(), "Airflow skips a file without its name"
    assert (
        len([line for line in text.splitlines() if line and not line.startswith(("from", "import", '"""'))])
        == 1
    )


def test_its_tasks_and_edges_are_the_plan(dag: DAG) -> None:
    plans = plan_release(load_catalog(CATALOG))
    steps = {step.task_id: step for plan in plans.values() for step in plan.steps}
    assert set(dag.task_dict) == {*steps, "cut_release", "release_verdict"}
    for task_id, step in steps.items():
        assert dag.get_task(task_id).upstream_task_ids == set(step.upstream)


def test_only_outcomes_and_the_verdict_run_whatever_happened(dag: DAG) -> None:
    for task_id, task in dag.task_dict.items():
        recording = task_id.endswith(".outcome") or task_id == "release_verdict"
        expected = TriggerRule.ALL_DONE if recording else TriggerRule.ALL_SUCCESS
        assert task.trigger_rule == expected, task_id


def test_the_verdict_is_the_only_leaf(dag: DAG) -> None:
    assert [task.task_id for task in dag.leaves] == ["release_verdict"]


def test_one_release_at_a_time_on_its_schedule_or_by_hand(dag: DAG) -> None:
    assert dag.max_active_runs == 1
    assert dag.catchup is False
    assert {str(kind.value) for kind in dag.allowed_run_types or ()} == {"scheduled", "manual"}
    assert dag.start_date is None, "with one, unpausing would cut the tick that was missed"
    assert str(dag.timetable.timezone) == "Europe/Berlin"


def test_every_task_has_retries(dag: DAG) -> None:
    assert all(task.retries >= 2 for task in dag.tasks)


def test_groups_are_by_service_environment_and_region(dag: DAG) -> None:
    groups = dag.task_group.get_task_group_dict()
    assert {"orders", "orders.staging", "orders.staging.eu-west-1", "payments.production.us-east-1"} <= set(
        groups
    )


@pytest.mark.parametrize(
    ("task_id", "services"),
    [
        ("payments.production.us-east-1.build", {"payments"}),
        ("cut_release", {"cut_release"}),
        ("release_verdict", {"release_verdict"}),
        ("gone.staging.eu-west-1.build", set()),
    ],
)
def test_a_tasks_process_builds_only_its_own_service(
    monkeypatch: pytest.MonkeyPatch, task_id: str, services: set[str]
) -> None:
    monkeypatch.setitem(os.environ, PARSING, task_id)
    built = release_dag("weekly_release", CATALOG)
    assert {name.partition(".")[0] for name in built.task_dict} == services


def test_a_broken_catalog_is_an_import_error_with_a_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "services.yaml"
    broken.write_text("train: nonsense\n")
    monkeypatch.setenv("RELEASE_OPS_CATALOG", str(broken))
    with pytest.raises(CatalogError, match=r"services\.yaml:1"):
        release_dag("weekly_release", CATALOG)


def test_the_form_offers_every_service_and_no_task_carries_a_copy(dag: DAG) -> None:
    assert dag.params.get_param("services").schema["examples"] == [*load_catalog(CATALOG).services]
    assert dag.params.dump() == {"services": [], "redeploy": False}
    assert not any(task.params for task in dag.tasks)


def test_the_catalog_of_a_large_platform_is_a_dag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tmp_path / "services.yaml"
    large.write_text(catalog_text(36))
    monkeypatch.setenv("RELEASE_OPS_CATALOG", str(large))
    built = release_dag("weekly_release", CATALOG)
    assert len(built.task_group.get_task_group_dict()) > 36 * 4
    assert built.topological_sort()[-1].task_id == "release_verdict"


@pytest.mark.parametrize("frozen", [False, True], ids=["alone", "forked from a process that froze"])
def test_the_garbage_collector_is_left_as_it_was(frozen: bool) -> None:
    if frozen:
        gc.freeze()
    try:
        release_dag("weekly_release", CATALOG)
        assert (gc.isenabled(), bool(gc.get_freeze_count())) == (True, frozen)
    finally:
        gc.unfreeze()


def test_it_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        release_dag("weekly_release", CATALOG)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_dag_serializes(dag: DAG) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    again = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert set(again.task_dict) == set(dag.task_dict)
