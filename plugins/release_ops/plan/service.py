"""A service's part of the release: its steps in order, with every edge."""

from __future__ import annotations

from dataclasses import dataclass

from release_ops.config.models import Catalog, Kind, Service
from release_ops.plan.steps import (
    CHANGE_THE_TARGET,
    CUT_RELEASE,
    PRODUCTION,
    STAGING,
    Step,
    StepKind,
    outcome_task_id,
)

_CHECKS = {
    "http": StepKind.HTTP_CHECK,
    "invoke": StepKind.INVOKE_CHECK,
    "track": StepKind.TRACK_CHECK,
}


@dataclass(frozen=True)
class ServicePlan:
    """The steps of one service, in an order in which they could run one by one."""

    service: str
    steps: tuple[Step, ...]

    def of(self, environment: str) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.environment == environment)

    def step(self, path: str) -> Step:
        """Return a step by its path within the service; KeyError if the plan has none."""
        for step in self.steps:
            if step.path == path:
                return step
        raise KeyError(path)

    @property
    def proof(self) -> tuple[str, ...]:
        """The task ids that must all have succeeded before production, whichever way they are reached.

        Every task, not only the leaves: one that is failed by hand during the soak must still block."""
        return (CUT_RELEASE, *(step.task_id for step in self.steps if _proves(step)))


def plan_service(service: Service) -> ServicePlan:
    """Return the steps of a service: cut, staging, soak, gate, production region by region, outcome."""
    cut = Step(service.name, StepKind.CUT, "cut", upstream=(CUT_RELEASE,))
    staging = [
        step
        for region in service.regions[STAGING]
        for step in _target(service, STAGING, region, (cut.task_id,))
    ]
    staged = tuple(step.task_id for step in staging)
    soak = Step(service.name, StepKind.SOAK, "soak", upstream=staged)
    proof = (CUT_RELEASE, cut.task_id, *staged, soak.task_id)
    gate = Step(
        service.name,
        StepKind.GATE,
        "promotion_gate",
        upstream=(*proof, *(outcome_task_id(other) for other in service.depends_on)),
    )
    production = _production(service, (*proof, gate.task_id))
    before = (cut, *staging, soak, gate, *production)
    outcome = Step(
        service.name, StepKind.OUTCOME, "outcome", upstream=(CUT_RELEASE, *(step.task_id for step in before))
    )
    return ServicePlan(service.name, (*before, outcome))


def plan_release(catalog: Catalog) -> dict[str, ServicePlan]:
    """Return every service's plan, in the catalog's order."""
    return {name: plan_service(service) for name, service in catalog.services.items()}


def _production(service: Service, proof: tuple[str, ...]) -> list[Step]:
    """Region after region; every step that changes production hangs on all of the proof itself.

    `staging >> soak >> production` alone loses a veto that is given during the soak."""
    steps: list[Step] = []
    for region in service.regions[PRODUCTION]:
        before = (steps[-1].task_id,) if steps else ()
        steps += _target(service, PRODUCTION, region, before, proof)
    return steps


def _target(
    service: Service, environment: str, region: str, upstream: tuple[str, ...], proof: tuple[str, ...] = ()
) -> list[Step]:
    """The steps of one environment and region: build, what follows it, then the checks, one by one."""
    names: list[tuple[StepKind, str]] = [(StepKind.BUILD, "build")]
    if service.kind is Kind.ANDROID:
        after = StepKind.UPLOAD if environment == STAGING else StepKind.PROMOTE
        names.append((after, str(after)))
    names += [(_CHECKS[check.type], check.name) for check in service.checks]
    steps: list[Step] = []
    for kind, name in names:
        if kind in CHANGE_THE_TARGET:
            upstream = (*proof, *upstream)
        steps.append(Step(service.name, kind, name, environment, region, upstream))
        upstream = (steps[-1].task_id,)
    return steps


def _proves(step: Step) -> bool:
    return step.environment == STAGING or step.kind in (StepKind.CUT, StepKind.SOAK)
