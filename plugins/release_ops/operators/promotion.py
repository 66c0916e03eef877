"""The only door to production, and the question that every production start asks again."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, timezone
from airflow.sdk.exceptions import AirflowFailException

from release_ops.clients.staging_facts import build_evidence, staging_facts, step_evidence
from release_ops.domain.errors import ErroredError, FailedError
from release_ops.domain.promotion import Decision, StagingFacts, decide_promotion, decide_region
from release_ops.domain.records import GateRecord, Pass
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.release import (
    LedgerAddress,
    ServiceRelease,
    service_release,
)
from release_ops.hooks.task_state import task_states
from release_ops.plan.steps import PRODUCTION, STAGING, Step, StepKind


class PromotionRefusedError(FailedError):
    """Production must not start; the message names every blocker."""


class PromotionGateOperator(BaseOperator):
    """Decide whether the service goes to production, on facts; wait while the answer is "not yet".

    Every answer is written to the ledger, so that verdict and board can say why.

    :param step: The gate step.
    :param ledger: Where facts are read and answers written.
    """

    ui_color = "#f9d5d3"

    def __init__(self, *, step: Step, ledger: LedgerAddress, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step
        self.ledger = ledger

    def execute(self, context: Any, event: Any = None) -> dict[str, Any]:
        release = service_release(self.ledger, context["run_id"], self.step)
        facts = read_facts(context, release, ())
        now = timezone.utcnow()
        decision = decide_promotion(facts, now=now)
        for blocker in decision.blockers:
            self.log.warning("%s: %s", blocker.answer.value, blocker.reason)
        if not decision.is_open and not decision.is_refused:
            self._wait(decision)
        record = release.records.write_gate(
            GateRecord(facts.service, facts.commit, now, _build_ids(facts), decision.reasons)
        )
        if not record.is_open:
            raise AirflowFailException("; ".join(record.blockers))
        self.log.info("%s may go to production at %s", record.service, record.commit)
        return {"commit": record.commit, "builds": list(record.builds)}

    def _wait(self, decision: Decision) -> None:
        if decision.ask_again_at is None:
            raise ErroredError("; ".join(decision.reasons))
        self.defer(trigger=DateTimeTrigger(moment=decision.ask_again_at), method_name="execute")


def ask_for_pass(context: Any, release: ServiceRelease, step: Step, key: str, commit: str) -> Pass:
    """Return leave to change production in this step's region, or raise PromotionRefusedError.

    The whole decision is asked again: marking any task clears every failed task downstream, whatever its
    gate once said. The pass is written under the intent's key before anything starts, so it is good for
    that one intent: redeeming it again after a crash is harmless, and no other build can use it."""
    gate = gate_task_id(release)
    facts = read_facts(context, release, (gate,))
    opened = release.records.gate(step.service)
    if opened is None or not opened.is_open or opened.builds != _build_ids(facts):
        raise PromotionRefusedError(f"{gate} has not passed what staging holds now; clear it with downstream")
    if commit != facts.commit:
        raise PromotionRefusedError(
            f"{step.task_id} was meant for {commit}, the cut is {facts.commit}; clear {gate} with downstream"
        )
    decision = _decide_region(release, step, facts)
    if not decision.is_open:
        raise PromotionRefusedError("; ".join(decision.reasons))
    return release.records.write_pass(
        Pass(step.service, step.region, commit, key, timezone.utcnow(), _build_ids(facts))
    )


def gate_task_id(release: ServiceRelease) -> str:
    return next(step.task_id for step in release.plan.steps if step.kind is StepKind.GATE)


def read_facts(context: Any, release: ServiceRelease, also: tuple[str, ...]) -> StagingFacts:
    """Return what the gate looks at, with the states of these tasks besides those that prove staging."""
    return staging_facts(
        release.records,
        release.cut,
        release.service,
        look=_codebuild(release, STAGING).builds.get,
        states=task_states(context["ti"], (*release.plan.proof, *also)),
        scale=release.time_scale(),
    )


def _decide_region(release: ServiceRelease, step: Step, facts: StagingFacts) -> Decision:
    """Ask the decision, and for every production step before this one, its record."""
    before = []
    for planned in release.plan.of(PRODUCTION):
        if planned.path == step.path:
            break
        before.append(planned)
    builds = [planned for planned in before if planned.kind is StepKind.BUILD]
    earlier = build_evidence(
        release.records, builds, _codebuild(release, PRODUCTION).builds.get if builds else dict
    )
    rest = [planned for planned in before if planned.kind is not StepKind.BUILD]
    return decide_region(facts, earlier, step_evidence(release.records, rest, earlier), now=timezone.utcnow())


def _codebuild(release: ServiceRelease, environment: str) -> CodeBuildHook:
    home = release.builds_in(environment)
    return CodeBuildHook(aws_conn_id=home.aws_connection, region_name=home.home_region)


def _build_ids(facts: StagingFacts) -> tuple[str, ...]:
    return tuple(evidence.build.id for evidence in facts.builds if evidence.build)
