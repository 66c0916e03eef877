"""The door to production, asked as operators ask it: with records, builds and states that can lie."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from release_bench import COMMIT, NOW, SMOKE, STAGED, Bench

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.domain.records import HELD, PROMOTED, Outcome
from release_ops.operators.promotion import PromotionRefusedError


def test_what_is_proved_passes_and_each_region_gets_its_own_pass(bench: Bench) -> None:
    assert bench.gate()["commit"] == COMMIT
    granted = bench.ask()
    assert (granted.region, granted.commit, granted.key) == ("eu-west-1", COMMIT, "k1")


def test_a_pass_is_redeemed_again_by_its_own_intent_only(bench: Bench) -> None:
    bench.gate()
    first = bench.ask(key="k1")
    assert bench.ask(key="k1") == first
    assert bench.ask(key="k2") != first, "another intent asks the decision for itself"


def test_without_the_gates_answer_nothing_starts_although_the_gate_is_marked_successful(bench: Bench) -> None:
    with pytest.raises(PromotionRefusedError, match="promotion_gate has not passed what staging holds now"):
        bench.ask()


def test_a_gate_that_passed_another_build_does_not_count(bench: Bench) -> None:
    bench.gate()
    intent = bench.records.intent("payments", STAGED)
    assert intent is not None
    again = replace(intent, key="key-again", generation=2, clears=5)
    bench.records.write_intent("payments", STAGED, again)
    build = CodeBuildClient(bench.aws).start(intent.request, key=again.key)
    bench.records.write_build_id("payments", STAGED, again, build.id)
    bench.aws.end(build.id, "SUCCEEDED")
    with pytest.raises(PromotionRefusedError, match="has not passed what staging holds now"):
        bench.ask()


@pytest.mark.parametrize("task_id", ["cut_release", "payments.cut", f"payments.{SMOKE}", "payments.soak"])
def test_a_veto_after_the_gate_still_counts(bench: Bench, task_id: str) -> None:
    bench.gate()
    bench.states[task_id] = "failed"
    with pytest.raises(PromotionRefusedError, match=f"{task_id} is failed"):
        bench.ask()


def test_a_build_that_is_marked_successful_is_no_proof(bench: Bench) -> None:
    bench.aws.end("payments-staging:1", "FAILED")
    with pytest.raises(AirflowFailException, match="payments-staging:1 is FAILED"):
        bench.gate()
    answer = bench.records.gate("payments")
    assert answer is not None
    assert not answer.is_open


def test_the_gate_waits_for_the_soak_and_resumes_on_a_worker(bench: Bench) -> None:
    bench.aws.build("payments-staging:1")["endTime"] = NOW - timedelta(hours=1)
    with pytest.raises(TaskDeferred) as deferral:
        bench.gate()
    assert deferral.value.method_name == "execute"
    said = bench.records.gate("payments")
    assert said is not None
    assert not said.is_open
    assert said.blockers[0].startswith("the soak ends at")


def test_the_second_region_needs_the_first_ones_build_and_checks(bench: Bench) -> None:
    bench.gate()
    with pytest.raises(PromotionRefusedError, match=r"production\.eu-west-1\.build has no record of a build"):
        bench.ask("us-east-1")
    build_id = bench.build("production.eu-west-1.build", "production", "eu-west-1", NOW)
    with pytest.raises(PromotionRefusedError, match=r"production\.eu-west-1\.smoke has no result"):
        bench.ask("us-east-1")
    bench.check("production.eu-west-1.smoke", build_id)
    assert bench.ask("us-east-1").region == "us-east-1"


@pytest.mark.parametrize(("result", "opens"), [(PROMOTED, True), (HELD, False)])
def test_a_dependent_reads_the_outcome_of_what_it_depends_on(bench: Bench, result: str, opens: bool) -> None:
    bench.service = "invoices"
    bench.aws.projects = ("invoices-staging",)
    bench.prove()
    bench.records.write_outcome(Outcome("orders", result, COMMIT, NOW, ("smoke failed",)))
    if opens:
        assert bench.gate()["commit"] == COMMIT
        return
    with pytest.raises(
        AirflowFailException, match="orders, which invoices depends on, is held: smoke failed"
    ):
        bench.gate()
