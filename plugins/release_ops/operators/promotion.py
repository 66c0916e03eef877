"""The only door to production, and the question that every production start asks again."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, timezone
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from release_ops.clients.staging_facts import build_evidence, staging_facts, step_evidence
from release_ops.domain.errors import FailedError
from release_ops.domain.promotion import (
    Decision,
    StagingFacts,
    decide_departure,
    decide_promotion,
    decide_region,
)
from release_ops.domain.records import GateRecord, Pass
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.departure import departure_of
from release_ops.hooks.release import (
    LedgerAddress,
    ServiceRelease,
    service_release,
)
from release_ops.hooks.task_state import task_states
from release_ops.plan.steps import PRODUCTION, STAGING, Step, StepKind

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(minutes=15)
"""How long a "not yet" stands; after that, a freeze that was lifted or a stop that ended is noticed."""


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
        decision = decide_departure(decide_promotion(facts, now=now), departure_of(release), now=now)
        for blocker in decision.blockers:
            self.log.warning("%s: %s", blocker.answer.value, blocker.reason)
        record = GateRecord(facts.service, facts.commit, now, _build_ids(facts), decision.reasons)
        said = release.records.gate(facts.service)
        waits = not decision.is_open and not decision.is_refused
        # Asked every quarter of an hour for weeks, a wait is worth a record only when it says something new.
        if not waits or said is None or record != replace(said, at=now):
            release.records.write_gate(record)
        if decision.is_refused:
            raise AirflowFailException("; ".join(record.blockers))
        if waits:
            _wait(decision, release)
        self.log.info("%s may go to production at %s", record.service, record.commit)
        return {"commit": record.commit, "builds": list(record.builds)}


def ask_for_pass(context: Any, release: ServiceRelease, step: Step, key: str, commit: str) -> Pass:
    """Return leave to change production in this step's region, or raise PromotionRefusedError.

    While production is closed, the task is deferred and asks again, by its method `execute`.

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
    if decision.is_refused:
        raise PromotionRefusedError("; ".join(decision.reasons))
    if not decision.is_open:
        log.warning("%s waits: %s", step.task_id, "; ".join(decision.reasons))
        _wait(decision, release)
    return release.records.write_pass(
        Pass(step.service, step.region, commit, key, timezone.utcnow(), _build_ids(facts))
    )


def _wait(decision: Decision, release: ServiceRelease) -> NoReturn:
    """Defer until the last known blocker ends, or the answer is old."""
    latest = timezone.utcnow() + max(release.time_scale().real(ASK_AGAIN), timedelta(seconds=5))
    again = min(decision.ask_again_at or latest, latest)
    raise TaskDeferred(trigger=DateTimeTrigger(moment=again), method_name="execute")


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
    now = timezone.utcnow()
    proof = decide_region(facts, earlier, step_evidence(release.records, rest, earlier), now=now)
    return decide_departure(proof, departure_of(release), now=now)


def _codebuild(release: ServiceRelease, environment: str) -> CodeBuildHook:
    home = release.builds_in(environment)
    return CodeBuildHook(aws_conn_id=home.aws_connection, region_name=home.home_region)


def _build_ids(facts: StagingFacts) -> tuple[str, ...]:
    return tuple(evidence.build.id for evidence in facts.builds if evidence.build)
