"""The door to production, asked as operators ask it: with records, builds and states that can lie."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import timezone
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from fake_codebuild import FakeCodeBuild
from fake_ledger import FakeLedger

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.clients.release_records import ReleaseRecords
from release_ops.config import load_catalog
from release_ops.domain.build import BuildRequest
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import HELD, PROMOTED, Cut, Outcome, StepResult
from release_ops.hooks import accounts
from release_ops.hooks.release import LedgerAddress, service_release
from release_ops.operators import promotion
from release_ops.operators.promotion import PromotionGateOperator, PromotionRefusedError, ask_for_pass
from release_ops.plan.service import plan_service

CATALOG = load_catalog(Path(__file__).parents[3] / "config" / "services.yaml")
ADDRESS = LedgerAddress("aws_release_dev", "eu-west-1", "ledger")
RUN = "manual__1"
COMMIT = "a" * 40
NOW = timezone.utcnow()
STAGED = "staging.eu-west-1.build"
SMOKE = "staging.eu-west-1.smoke"


@dataclass
class Bench:
    """payments, proved in staging two days and a minute ago."""

    service: str = "payments"
    ledger: FakeLedger = field(default_factory=FakeLedger)
    aws: FakeCodeBuild = field(
        default_factory=lambda: FakeCodeBuild(projects=("payments-staging", "payments-production"), now=NOW)
    )
    states: dict[str, str] = field(default_factory=dict)

    @property
    def records(self) -> ReleaseRecords:
        return ReleaseRecords(self.ledger, RUN)

    @property
    def plan(self) -> Any:
        return plan_service(CATALOG.services[self.service])

    def prove(self, ago: timedelta = timedelta(days=2, minutes=1)) -> None:
        dumped = CATALOG.model_dump(mode="json")
        spec, environments = dumped["services"][self.service], dumped["environments"]
        self.records.write_cut(Cut(self.service, 1, COMMIT, NOW, 3, spec, environments))
        build_id = self.build(STAGED, "staging", "eu-west-1", NOW - ago)
        self.check(SMOKE, build_id)
        self.states = dict.fromkeys([*self.plan.proof, f"{self.service}.promotion_gate"], "success")

    def build(self, step: str, environment: str, region: str, ended: Any) -> str:
        request = BuildRequest(f"{self.service}-{environment}", COMMIT, {"RELEASE_REGION": region})
        intent = BuildIntent(f"key-{self.service}-{step}", 1, 3, request, ended)
        self.records.write_intent(self.service, step, intent)
        hour = timedelta(hours=1)
        build = CodeBuildClient(self.aws).start(request, key=intent.key, timeout=hour, queued_timeout=hour)
        self.records.write_build_id(self.service, step, intent, build.id)
        self.aws.end(build.id, "SUCCEEDED")
        self.aws.build(build.id)["endTime"] = ended
        return build.id

    def check(self, step: str, build_id: str, *, passed: bool = True) -> None:
        self.records.write_step_result(self.service, StepResult(step, build_id, passed, NOW, "asked"))

    @property
    def context(self) -> dict[str, Any]:
        return {"run_id": RUN, "ti": SimpleNamespace(dag_id="d", run_id=RUN)}

    def gate(self) -> dict[str, Any]:
        step = self.plan.step("promotion_gate")
        return PromotionGateOperator(task_id="gate", step=step, ledger=ADDRESS).execute(self.context)

    def ask(self, region: str = "eu-west-1", key: str = "k1") -> Any:
        step = self.plan.step(f"production.{region}.build")
        release = service_release(ADDRESS, RUN, step)
        return ask_for_pass(self.context, release, step, key, COMMIT)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    hook = SimpleNamespace(builds=CodeBuildClient(bench.aws))
    monkeypatch.setattr(promotion, "CodeBuildHook", lambda **_: hook)
    monkeypatch.setattr(accounts, "ledger", lambda *_: bench.ledger)
    monkeypatch.setattr(
        RuntimeTaskInstance,
        "get_task_states",
        lambda *, task_ids, **_: {RUN: {i: bench.states[i] for i in task_ids if i in bench.states}},
    )
    bench.prove()
    return bench


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
    hour = timedelta(hours=1)
    build = CodeBuildClient(bench.aws).start(intent.request, key=again.key, timeout=hour, queued_timeout=hour)
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
    assert bench.records.gate("payments") is None


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
