"""A service that is proved in staging, and everything around it that can lie."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.sdk import timezone
from fake_codebuild import FakeCodeBuild
from fake_ledger import FakeLedger

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.clients.release_records import ReleaseRecords
from release_ops.config import load_catalog
from release_ops.domain.build import BuildRequest
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import Cut, StepResult
from release_ops.hooks.release import LedgerAddress, service_release
from release_ops.operators.promotion import PromotionGateOperator, ask_for_pass
from release_ops.plan.service import plan_service

SAMPLE = Path(__file__).parents[2] / "config" / "services.yaml"
CATALOG = load_catalog(SAMPLE)
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
    catalog_file: str = str(SAMPLE)

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
        build = CodeBuildClient(self.aws).start(request, key=intent.key)
        self.records.write_build_id(self.service, step, intent, build.id)
        self.aws.end(build.id, "SUCCEEDED")
        self.aws.build(build.id)["endTime"] = ended
        return build.id

    def check(self, step: str, build_id: str, *, passed: bool = True) -> None:
        self.records.write_step_result(self.service, StepResult(step, build_id, passed, NOW, "asked"))

    @property
    def address(self) -> LedgerAddress:
        return LedgerAddress("aws_release_dev", "eu-west-1", "ledger", self.catalog_file)

    @property
    def context(self) -> dict[str, Any]:
        return {"run_id": RUN, "ti": SimpleNamespace(dag_id="d", run_id=RUN)}

    def gate(self) -> dict[str, Any]:
        step = self.plan.step("promotion_gate")
        return PromotionGateOperator(task_id="gate", step=step, ledger=self.address).execute(self.context)

    def ask(self, region: str = "eu-west-1", key: str = "k1") -> Any:
        step = self.plan.step(f"production.{region}.build")
        release = service_release(self.address, RUN, step)
        return ask_for_pass(self.context, release, step, key, COMMIT)
