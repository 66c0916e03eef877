"""The shape of a release. Its task ids are an interface."""

from pathlib import Path

import pytest

from release_ops.config import Catalog, load_catalog
from release_ops.plan.service import ServicePlan, plan_release
from release_ops.plan.steps import CUT_RELEASE, STAGING, StepKind

CATALOG = Path(__file__).parents[3] / "config" / "services.yaml"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog(CATALOG)


@pytest.fixture(scope="module")
def plans(catalog: Catalog) -> dict[str, ServicePlan]:
    return plan_release(catalog)


def test_the_ids_of_a_backend_with_two_regions(plans: dict[str, ServicePlan]) -> None:
    assert [step.task_id for step in plans["payments"].steps] == [
        "payments.cut",
        "payments.staging.eu-west-1.build",
        "payments.staging.eu-west-1.smoke",
        "payments.soak",
        "payments.promotion_gate",
        "payments.production.eu-west-1.build",
        "payments.production.eu-west-1.smoke",
        "payments.production.us-east-1.build",
        "payments.production.us-east-1.smoke",
        "payments.outcome",
    ]


def test_the_ids_of_an_app(plans: dict[str, ServicePlan]) -> None:
    assert [step.path for step in plans["courier"].steps if step.environment] == [
        "staging.global.build",
        "staging.global.upload",
        "staging.global.on_track",
        "production.global.build",
        "production.global.promote",
        "production.global.on_track",
    ]


def test_every_proof_is_direct_upstream_of_the_gate_and_of_all_that_changes_production(
    plans: dict[str, ServicePlan],
) -> None:
    for plan in plans.values():
        staging = {step.task_id for step in plan.of(STAGING)}
        proof = {CUT_RELEASE, f"{plan.service}.cut", f"{plan.service}.soak", *staging}
        assert set(plan.proof) == proof
        gate = next(step for step in plan.steps if step.kind is StepKind.GATE)
        assert proof <= set(gate.upstream)
        for step in plan.of("production"):
            if step.changes_target:
                assert proof | {gate.task_id} <= set(step.upstream), step.task_id


def test_a_region_waits_for_every_check_of_the_one_before(plans: dict[str, ServicePlan]) -> None:
    assert (
        "payments.production.eu-west-1.smoke" in plans["payments"].step("production.us-east-1.build").upstream
    )


def test_a_dependent_hangs_on_the_outcome_and_on_nothing_else(plans: dict[str, ServicePlan]) -> None:
    for plan in plans.values():
        for step in plan.steps:
            foreign = {t for t in step.upstream if t != CUT_RELEASE and t.partition(".")[0] != plan.service}
            assert all(task_id.endswith(".outcome") for task_id in foreign)
            assert not foreign or step.kind is StepKind.GATE
    assert "orders.outcome" in plans["invoices"].step("promotion_gate").upstream


def test_the_outcome_waits_for_all_of_the_service(plans: dict[str, ServicePlan]) -> None:
    for plan in plans.values():
        *before, outcome = plan.steps
        assert {step.task_id for step in before} < set(outcome.upstream)


def test_task_ids_are_unique(plans: dict[str, ServicePlan]) -> None:
    ids = [step.task_id for plan in plans.values() for step in plan.steps]
    assert len(ids) == len(set(ids))
