"""May this service go to production? One pure decision that names every blocker.

It reads facts, not Airflow's states: a person can mark a failed build successful, and Airflow would go on.
States count for one thing only: a task that is anything but successful is somebody's no.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from release_ops.domain.build import Build
from release_ops.domain.departure import Departure, closed
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import Outcome, StepResult
from release_ops.domain.soak import last_deployed_at, soak_ends_at


class Answer(Enum):
    """A blocker is "no" (the release is held) or "not yet" (wait)."""

    NO = "no"
    NOT_YET = "not yet"


@dataclass(frozen=True)
class Blocker:
    """One reason why production does not start, in a sentence that says what to do."""

    answer: Answer
    reason: str
    until: datetime | None = None
    """For "not yet": when it makes sense to ask again, if that is known."""


@dataclass(frozen=True)
class BuildEvidence:
    """A build step of this release: what we meant to start, and the build as AWS tells it now."""

    step: str
    intent: BuildIntent | None
    build: Build | None


@dataclass(frozen=True)
class StepEvidence:
    """A check (or upload, or promotion) with its newest result for the target's build."""

    step: str
    result: StepResult | None


@dataclass(frozen=True)
class StagingFacts:
    """All that the gate looks at."""

    service: str
    commit: str
    builds: tuple[BuildEvidence, ...]
    steps: tuple[StepEvidence, ...]
    deployed_at: tuple[datetime | None, ...]
    required_soak: timedelta
    dependencies: Mapping[str, Outcome | None]
    states: Mapping[str, str | None]
    """Airflow's state of every task that proves something, by task id."""


@dataclass(frozen=True)
class Decision:
    """Whether production may start; every blocker, not only the first."""

    blockers: tuple[Blocker, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.blockers

    @property
    def is_refused(self) -> bool:
        return any(blocker.answer is Answer.NO for blocker in self.blockers)

    @property
    def ask_again_at(self) -> datetime | None:
        """When the last known "not yet" ends."""
        return max((b.until for b in self.blockers if b.until is not None), default=None)

    @property
    def reasons(self) -> tuple[str, ...]:
        return tuple(blocker.reason for blocker in self.blockers)


def decide_promotion(facts: StagingFacts, *, now: datetime) -> Decision:
    """Decide whether this commit, as it stands in staging, may go to production."""
    return Decision(
        (
            *_vetoes(facts),
            *_unproven_builds(facts),
            *_unproven_steps(facts.steps),
            *_unfinished_soak(facts, now),
            *_held_dependencies(facts),
        )
    )


def decide_region(
    facts: StagingFacts,
    earlier_builds: tuple[BuildEvidence, ...],
    earlier_steps: tuple[StepEvidence, ...],
    *,
    now: datetime,
) -> Decision:
    """Decide whether production may start in the next region: all of the above, and the regions before it.

    A failed region that is marked successful must not open the next one."""
    before = (
        blocker
        for evidence in earlier_builds
        for blocker in _unproven_build(evidence, facts.commit, f"clear {facts.service}.{evidence.step}")
    )
    return Decision((*decide_promotion(facts, now=now).blockers, *before, *_unproven_steps(earlier_steps)))


def decide_departure(proof: Decision, departure: Departure, *, now: datetime) -> Decision:
    """Decide whether it may start now: what keeps production closed is added to what is not proved."""
    waits = (Blocker(Answer.NOT_YET, reason, until) for reason, until in closed(departure, now=now))
    return Decision((*proof.blockers, *waits))


def _no(reason: str) -> Blocker:
    return Blocker(Answer.NO, reason)


def _vetoes(facts: StagingFacts) -> Iterator[Blocker]:
    for task_id, state in sorted(facts.states.items()):
        if state != "success":
            yield _no(f"{task_id} is {state or 'not run'}; clear it with downstream once it is settled")


def _unproven_builds(facts: StagingFacts) -> Iterator[Blocker]:
    again = f"clear {facts.service}.cut with downstream"
    for evidence in facts.builds:
        yield from _unproven_build(evidence, facts.commit, again)


def _unproven_build(evidence: BuildEvidence, commit: str, again: str) -> Iterator[Blocker]:
    intent, build = evidence.intent, evidence.build
    if intent is None:
        yield _no(f"{evidence.step} has no record of a build; {again}")
        return
    if build is None:
        yield _no(f"{evidence.step}: CodeBuild knows no build with its key; {again}")
        return
    wrong = _differences(intent, build, commit)
    if wrong:
        yield _no(f"{evidence.step}: build {build.id} {', '.join(wrong)}; {again}")


def _differences(intent: BuildIntent, build: Build, commit: str) -> list[str]:
    wrong = []
    if not build.status.is_success:
        wrong.append(f"is {build.status}")
    if build.key != intent.key:
        wrong.append("does not carry this step's key")
    if build.project != intent.request.project:
        wrong.append(f"is of project {build.project}, not {intent.request.project}")
    if build.commit != commit:
        wrong.append(f"built {build.commit[:10] or 'no commit'}, the cut is {commit[:10]}")
    return wrong


def _unproven_steps(steps: tuple[StepEvidence, ...]) -> Iterator[Blocker]:
    for evidence in steps:
        result = evidence.result
        if result is None:
            yield _no(f"{evidence.step} has no result for the build that is live; clear it with downstream")
        elif not result.passed:
            yield _no(f"{evidence.step} failed: {result.summary}; clear it with downstream to try again")


def _unfinished_soak(facts: StagingFacts, now: datetime) -> Iterator[Blocker]:
    deployed_at = last_deployed_at(facts.deployed_at)
    if deployed_at is None:
        yield _no(f"it is not known when {facts.service} was deployed to staging; clear its staging build")
        return
    ends_at = soak_ends_at(deployed_at, facts.required_soak)
    if now < ends_at:
        yield Blocker(Answer.NOT_YET, f"the soak ends at {ends_at:%Y-%m-%d %H:%M:%S %Z}", ends_at)


def _held_dependencies(facts: StagingFacts) -> Iterator[Blocker]:
    for other, outcome in facts.dependencies.items():
        if outcome is None:
            yield Blocker(Answer.NOT_YET, f"{other}, which {facts.service} depends on, has no outcome yet")
        elif outcome.holds_dependents:
            why = "; ".join(outcome.reasons) or "no reason recorded"
            yield _no(f"{other}, which {facts.service} depends on, is held: {why}")
