"""What a person reads of a release, from the states of its tasks."""

from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.progress import (
    Cell,
    Condition,
    Phase,
    Task,
    changes_between,
    service_progress,
    tasks_by_id,
)
from release_ops.config import load_catalog
from release_ops.plan.service import ServicePlan, plan_service

CATALOG = """
train: {schedule: "0 9 * * 1", timezone: Europe/Berlin}
environments:
  dev:
    {account: "111111111111", regions: [eu-west-1], aws_connection: dev, ledger_bucket: ledger-of-ours}
  staging:
    {account: "222222222222", regions: [eu-west-1], aws_connection: staging, http_connection: staging_web}
  production:
    account: "333333333333"
    regions: [eu-west-1, us-east-1]
    aws_connection: production
    http_connection: production_web
defaults: {soak: 2 days, regions: {staging: [eu-west-1], production: [eu-west-1, us-east-1]}}
services:
  orders: {kind: serverless, branch: release}
"""
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOAK = timedelta(seconds=20)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> ServicePlan:
    path = tmp_path_factory.mktemp("catalog") / "services.yaml"
    path.write_text(CATALOG)
    return plan_service(load_catalog(path).services["orders"])


def cells(plan: ServicePlan, **states: str | None) -> dict[Phase, Cell]:
    tasks = {f"orders.{path.replace('__', '.')}": Task(state) for path, state in states.items()}
    tasks = {
        task_id.replace("_west_", "-west-").replace("_east_", "-east-"): t for task_id, t in tasks.items()
    }
    return dict(service_progress(plan, tasks, soak=SOAK, now=NOON).cells)


BUILD, SMOKE = "production__eu_west_1__build", "production__eu_west_1__smoke"
BUILD_2, SMOKE_2 = "production__us_east_1__build", "production__us_east_1__smoke"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param({}, "waiting", id="nothing has begun"),
        pytest.param(
            {BUILD: "deferred"}, "eu-west-1 build running", id="a build that waits in the triggerer"
        ),
        pytest.param({BUILD: "queued"}, "eu-west-1 build running", id="a build between its two halves"),
        pytest.param(
            {BUILD: "success"}, "eu-west-1 smoke running", id="between two steps, the next is named"
        ),
        pytest.param(
            {BUILD: "success", SMOKE: "success", BUILD_2: "running"},
            "us-east-1 build running",
            id="the second region",
        ),
        pytest.param(
            {BUILD: "success", SMOKE: "failed", BUILD_2: "upstream_failed", SMOKE_2: "upstream_failed"},
            "eu-west-1 smoke failed",
            id="a failure is named before what it blocks",
        ),
        pytest.param({BUILD: "up_for_retry"}, "eu-west-1 build retrying", id="a retry is no failure"),
        pytest.param(
            {BUILD: "brand_new_state"}, "eu-west-1 build running", id="an unknown state claims nothing"
        ),
        pytest.param(dict.fromkeys((BUILD, SMOKE, BUILD_2, SMOKE_2), "success"), "done", id="all is done"),
    ],
)
def test_production_says_where_it_is(plan: ServicePlan, states: dict[str, str], expected: str) -> None:
    assert str(cells(plan, **states)[Phase.PRODUCTION]) == expected


def test_a_phase_of_one_step_does_not_repeat_its_name(plan: ServicePlan) -> None:
    assert cells(plan, promotion_gate="up_for_retry")[Phase.GATE] == Cell(Condition.RETRYING)


@pytest.mark.parametrize(
    ("deployed", "left"),
    [
        pytest.param(NOON - timedelta(seconds=5), timedelta(seconds=15), id="counts from the deployment"),
        pytest.param(NOON - timedelta(minutes=5), timedelta(0), id="never negative"),
        pytest.param(None, None, id="unknown while nobody knows when"),
    ],
)
def test_the_soak_that_is_left(plan: ServicePlan, deployed: datetime | None, left: timedelta | None) -> None:
    tasks = {
        "orders.staging.eu-west-1.build": Task("success", deployed),
        # A check that ended later does not make the soak longer.
        "orders.staging.eu-west-1.smoke": Task("success", NOON),
        "orders.soak": Task("deferred"),
    }
    assert service_progress(plan, tasks, soak=SOAK, now=NOON).soak_left == left


def test_only_what_moved_is_news(plan: ServicePlan) -> None:
    before = service_progress(plan, {"orders.cut": Task("running")}, soak=SOAK, now=NOON)
    after = service_progress(
        plan,
        {"orders.cut": Task("success"), "orders.staging.eu-west-1.build": Task("running")},
        soak=SOAK,
        now=NOON,
    )
    assert changes_between([before], [after]) == [
        ("orders", Phase.CUT, Cell(Condition.DONE)),
        ("orders", Phase.STAGING, Cell(Condition.RUNNING)),
    ]
    assert changes_between([after], [after]) == []


def test_reads_the_apis_task_instances() -> None:
    instances = [
        {"task_id": "orders.cut", "state": "success", "end_date": "2026-11-23T12:00:00Z"},
        {"task_id": "orders.soak", "state": None, "end_date": None},
    ]
    assert tasks_by_id(instances) == {"orders.cut": Task("success", NOON), "orders.soak": Task(None)}
