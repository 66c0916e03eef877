"""Gathers what the gate decides on: our records, and the builds as AWS tells them now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from release_ops.clients.release_records import ReleaseRecords
from release_ops.config.models import Service
from release_ops.domain.build import Build
from release_ops.domain.promotion import BuildEvidence, StagingFacts, StepEvidence
from release_ops.domain.records import Cut
from release_ops.domain.rehearsal import TimeScale
from release_ops.plan.service import plan_service
from release_ops.plan.steps import STAGING, Step, StepKind

Look = Callable[[list[str]], Mapping[str, Build]]
"""Asks AWS for builds by id."""


def build_evidence(records: ReleaseRecords, steps: Iterable[Step], look: Look) -> tuple[BuildEvidence, ...]:
    """Return each build step's newest intent and the build that belongs to it, read from AWS in one call."""
    intents = {step: records.intent(step.service, step.path) for step in steps}
    ids = {
        step: records.build_id(step.service, step.path, intent) for step, intent in intents.items() if intent
    }
    known = look([build_id for build_id in ids.values() if build_id])
    return tuple(
        BuildEvidence(step.path, intent, known.get(ids.get(step) or "")) for step, intent in intents.items()
    )


def step_evidence(
    records: ReleaseRecords, steps: Iterable[Step], builds: Iterable[BuildEvidence]
) -> tuple[StepEvidence, ...]:
    """Return each check's newest result for the build that its target holds."""
    by_target = {evidence.step.rpartition(".")[0]: evidence.build for evidence in builds}
    found = []
    for step in steps:
        build = by_target.get(f"{step.environment}.{step.region}")
        result = records.step_result(step.service, step.path, build.id) if build else None
        found.append(StepEvidence(step.path, result))
    return tuple(found)


def staging_facts(
    records: ReleaseRecords,
    cut: Cut,
    service: Service,
    *,
    look: Look,
    states: Mapping[str, str | None],
    scale: TimeScale,
) -> StagingFacts:
    """Return all that the gate looks at for this service, as it stands now."""
    steps = plan_service(service).of(STAGING)
    builds = build_evidence(records, (step for step in steps if step.kind is StepKind.BUILD), look)
    results = step_evidence(records, (step for step in steps if step.kind is not StepKind.BUILD), builds)
    return StagingFacts(
        service=service.name,
        commit=cut.commit,
        builds=builds,
        steps=results,
        deployed_at=deployment_instants(builds, results),
        required_soak=scale.real(service.soak),
        dependencies={other: records.outcome(other) for other in service.depends_on},
        states=states,
    )


def deployment_instants(
    builds: Iterable[BuildEvidence], results: Iterable[StepEvidence]
) -> tuple[datetime | None, ...]:
    """Return when each staging target came to hold what it holds.

    A build deploys by its end; where an upload follows (Play), the upload does."""
    uploads = {
        evidence.step.rpartition(".")[0]: evidence.result.at if evidence.result else None
        for evidence in results
        if evidence.step.endswith(f".{StepKind.UPLOAD}")
    }
    return tuple(
        uploads.get(target, evidence.build.ended_at if evidence.build else None)
        for evidence in builds
        for target in (evidence.step.rpartition(".")[0],)
    )
