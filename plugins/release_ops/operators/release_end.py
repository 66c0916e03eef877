"""How a service ended, and the release as a whole: these steps only record and say."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, TriggerRule, timezone
from airflow.sdk.exceptions import AirflowFailException

from release_ops.clients.release_records import ReleaseRecords
from release_ops.config.models import Service
from release_ops.domain.outcome import ServiceEnd, TaskEnd, decide_outcome, verdict_state
from release_ops.domain.records import HELD, LEFT_OUT, PROMOTED, Cut, Manifest, Outcome
from release_ops.hooks.release import LedgerAddress
from release_ops.hooks.task_state import task_states
from release_ops.plan.service import ServicePlan, plan_service
from release_ops.plan.steps import CUT_RELEASE, PRODUCTION, Step, StepKind


class OutcomeOperator(BaseOperator):
    """Record what became of a service; always succeeds, so that dependents read it as a fact.

    :param step: The outcome step.
    :param ledger: Where facts are read and the outcome is written.
    """

    ui_color = "#eeeeee"

    def __init__(self, *, step: Step, ledger: LedgerAddress, **kwargs: Any) -> None:
        super().__init__(trigger_rule=TriggerRule.ALL_DONE, **kwargs)
        self.step = step
        self.ledger = ledger

    def execute(self, context: Any) -> dict[str, Any]:
        records = self.ledger.records(context["run_id"])
        end = self._end(context, records)
        outcome = records.write_outcome(decide_outcome(end, now=timezone.utcnow()))
        self.log.info("%s is %s. %s", outcome.service, outcome.result, " ".join(outcome.reasons))
        return {"result": outcome.result, "commit": outcome.commit, "reasons": list(outcome.reasons)}

    def _end(self, context: Any, records: ReleaseRecords) -> ServiceEnd:
        name = self.step.service
        manifest, cut = records.manifest(), records.cut(name)
        entry = manifest.entries.get(name) if manifest else None
        if manifest is None or cut is None:
            cut_task = f"{name}.{StepKind.CUT}"
            refusal = records.refusal(name, StepKind.CUT)
            problem = refusal.reason if refusal else ""
            states = task_states(context["ti"], (CUT_RELEASE, cut_task))
            return ServiceEnd(
                service=name,
                commit=entry.commit if entry else "",
                left_out=manifest is not None and entry is None,
                tasks=[
                    TaskEnd(CUT_RELEASE, states[CUT_RELEASE]),
                    TaskEnd(cut_task, states[cut_task], problem),
                ],
                production=(),
            )
        return self._staged_end(context, records, cut)

    def _staged_end(self, context: Any, records: ReleaseRecords, cut: Cut) -> ServiceEnd:
        plan = plan_service(Service.model_validate(cut.spec))
        before = [step for step in plan.steps if step.kind is not StepKind.OUTCOME]
        states = task_states(context["ti"], (CUT_RELEASE, *(step.task_id for step in before)))
        gate = records.gate(cut.service)
        ends = [TaskEnd(CUT_RELEASE, states[CUT_RELEASE], is_recorded_good=True)]
        ends += [_task_end(records, plan, step, states[step.task_id]) for step in before]
        return ServiceEnd(
            service=cut.service,
            commit=cut.commit,
            left_out=False,
            tasks=ends,
            production=[step.task_id for step in plan.of(PRODUCTION)],
            gate_blockers=gate.blockers if gate else (),
        )


class ReleaseVerdictOperator(BaseOperator):
    """Say what went out and what was held; fail the run if anything was held.

    An `all_done` leaf would make a failed run green: Airflow looks at leaves only.

    :param ledger: Where outcomes are read and the verdict is written.
    """

    ui_color = "#eeeeee"

    def __init__(self, *, ledger: LedgerAddress, **kwargs: Any) -> None:
        super().__init__(trigger_rule=TriggerRule.ALL_DONE, **kwargs)
        self.ledger = ledger

    def execute(self, context: Any) -> None:
        records = self.ledger.records(context["run_id"])
        manifest = records.manifest()
        verdict = self._verdict(context["run_id"], manifest, records)
        records.write_verdict(timezone.utcnow(), verdict)
        context["ti"].xcom_push(key="verdict", value=verdict)
        for service, commit in verdict["promoted"].items():
            self.log.info("%s went out at %s", service, commit)
        for service, reasons in verdict["held"].items():
            self.log.warning("%s was held: %s", service, "; ".join(reasons))
        if manifest is None:
            raise AirflowFailException(f"nothing was cut, nothing went out: {verdict['problem']}")
        if verdict["state"] != "success":
            raise AirflowFailException(f"held: {', '.join(verdict['held'])}")

    def _verdict(self, run_id: str, manifest: Manifest | None, records: ReleaseRecords) -> dict[str, Any]:
        names = [*manifest.entries, *manifest.left_out] if manifest else []
        found = {name: records.outcome(name) for name in names}
        outcomes: dict[str, Outcome] = {name: outcome for name, outcome in found.items() if outcome}
        held = {name: list(o.reasons) for name, o in outcomes.items() if o.result == HELD}
        held |= {name: ["no outcome was recorded"] for name, outcome in found.items() if outcome is None}
        return {
            "run_id": run_id,
            "state": verdict_state(outcomes, names),
            "promoted": {name: o.commit for name, o in outcomes.items() if o.result == PROMOTED},
            "held": held,
            "left_out": [name for name, o in outcomes.items() if o.result == LEFT_OUT],
            "problem": "" if manifest else _why_nothing_was_cut(records),
        }


def _why_nothing_was_cut(records: ReleaseRecords) -> str:
    refusal = records.refusal(CUT_RELEASE, "cut")
    return refusal.reason if refusal else "this release has no manifest (see the log of cut_release)"


def _task_end(records: ReleaseRecords, plan: ServicePlan, step: Step, state: str | None) -> TaskEnd:
    """Pair a task's state with what our own record of its step says."""
    if step.kind is StepKind.SOAK:
        return TaskEnd(step.task_id, state, is_recorded_good=state == "success")
    if step.kind is StepKind.CUT:
        cut, refusal = records.cut(step.service), records.refusal(step.service, step.path)
        refused = refusal is not None and (cut is None or refusal.at > cut.cut_at)
        return TaskEnd(step.task_id, state, refusal.reason if refusal and refused else "", not refused)
    if step.kind is StepKind.GATE:
        gate = records.gate(step.service)
        return TaskEnd(
            step.task_id, state, "; ".join(gate.blockers) if gate else "", bool(gate and gate.is_open)
        )
    build = next(s for s in plan.of(step.environment) if s.region == step.region and s.kind is StepKind.BUILD)
    intent = records.intent(step.service, build.path)
    result = records.build_result(step.service, build.path, intent) if intent else None
    if step.kind is StepKind.BUILD and result is None:
        refusal = records.refusal(step.service, step.path)
        return TaskEnd(step.task_id, state, refusal.reason if refusal else "")
    if step.kind is StepKind.BUILD or result is None:
        failure = result.failure if result else ""
        return TaskEnd(step.task_id, state, failure, bool(result) and not failure)
    check = records.step_result(step.service, step.path, result.build_id)
    failure = check.summary if check and not check.passed else ""
    return TaskEnd(step.task_id, state, failure, bool(check and check.passed))
