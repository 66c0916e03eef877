"""How far each service of a release is, from the states of its tasks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from release_ops.plan.service import ServicePlan
from release_ops.plan.steps import PRODUCTION, STAGING, Step, StepKind


class Condition(StrEnum):
    """What a group of tasks amounts to."""

    WAITING = "waiting"
    RUNNING = "running"
    RETRYING = "retrying"
    DONE = "done"
    FAILED = "failed"
    BLOCKED = "blocked"
    SKIPPED = "skipped"


# Every state that Airflow has; one that it invents counts as running, which claims nothing.
CONDITIONS: Mapping[str | None, Condition] = {
    None: Condition.WAITING,
    # Also between a deferral's two halves: nothing is left to wait for but a free worker.
    "scheduled": Condition.RUNNING,
    "queued": Condition.RUNNING,
    "success": Condition.DONE,
    "failed": Condition.FAILED,
    "upstream_failed": Condition.BLOCKED,
    "up_for_retry": Condition.RETRYING,
    "skipped": Condition.SKIPPED,
    "removed": Condition.SKIPPED,
}
# The worst decides for a group: a failure shows although another region still runs.
WORST_FIRST = (
    Condition.FAILED,
    Condition.BLOCKED,
    Condition.RETRYING,
    Condition.RUNNING,
    Condition.SKIPPED,
)


class Phase(StrEnum):
    """A column of the table, in the order in which a service goes through them."""

    CUT = "cut"
    STAGING = "staging"
    CHECKS = "checks"
    SOAK = "soak"
    GATE = "gate"
    PRODUCTION = "production"
    OUTCOME = "outcome"


SINGLE_STEPS = {
    StepKind.CUT: Phase.CUT,
    StepKind.SOAK: Phase.SOAK,
    StepKind.GATE: Phase.GATE,
    StepKind.OUTCOME: Phase.OUTCOME,
}


@dataclass(frozen=True)
class Task:
    """What Airflow tells of a task instance."""

    state: str | None
    ended_at: datetime | None = None

    @property
    def condition(self) -> Condition:
        return CONDITIONS.get(self.state, Condition.RUNNING)

    @property
    def is_over(self) -> bool:
        return self.condition in (Condition.DONE, Condition.FAILED, Condition.BLOCKED, Condition.SKIPPED)


@dataclass(frozen=True)
class Cell:
    """One phase of one service: its condition, and the step that it is about."""

    condition: Condition
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.detail} {self.condition}".strip()


@dataclass(frozen=True)
class ServiceProgress:
    service: str
    cells: Mapping[Phase, Cell]
    soak_left: timedelta | None = None


def tasks_by_id(instances: Iterable[Mapping[str, Any]]) -> dict[str, Task]:
    """Read the REST API's task instances."""
    return {
        instance["task_id"]: Task(
            instance["state"],
            datetime.fromisoformat(instance["end_date"]) if instance["end_date"] else None,
        )
        for instance in instances
    }


def service_progress(
    plan: ServicePlan, tasks: Mapping[str, Task], *, soak: timedelta, now: datetime
) -> ServiceProgress:
    """Return where a service stands. `soak` is how long it takes on the clock of this rehearsal."""
    cells = {
        phase: cell_of([step for step in plan.steps if phase_of(step) is phase], tasks) for phase in Phase
    }
    left = None
    if cells[Phase.SOAK].condition is Condition.RUNNING:
        left = soak_left(plan, tasks, soak=soak, now=now)
    return ServiceProgress(plan.service, cells, left)


def phase_of(step: Step) -> Phase:
    if step.environment == PRODUCTION:
        return Phase.PRODUCTION
    if step.environment == STAGING:
        return Phase.STAGING if step.changes_target else Phase.CHECKS
    return SINGLE_STEPS[step.kind]


def cell_of(steps: Sequence[Step], tasks: Mapping[str, Task]) -> Cell:
    """Return what these steps amount to, and the step that decides it."""
    conditions = {step: tasks.get(step.task_id, Task(None)).condition for step in steps}
    for worst in WORST_FIRST:
        deciding = [step for step, condition in conditions.items() if condition is worst]
        if deciding:
            return Cell(worst, short_name(deciding[0], steps))
    waiting = [step for step, condition in conditions.items() if condition is Condition.WAITING]
    if not waiting:
        return Cell(Condition.DONE)
    if len(waiting) < len(steps):
        # Between two steps; the next one is about to start.
        return Cell(Condition.RUNNING, short_name(waiting[0], steps))
    return Cell(Condition.WAITING)


def short_name(step: Step, among: Sequence[Step]) -> str:
    """Return a step's name as far as the column does not say it already."""
    if len(among) == 1:
        return ""
    regions = {each.region for each in among}
    return f"{step.region} {step.name}" if len(regions) > 1 else step.name


def soak_left(
    plan: ServicePlan, tasks: Mapping[str, Task], *, soak: timedelta, now: datetime
) -> timedelta | None:
    """Return about how long the soak still takes: it counts from the last change of staging."""
    changes = [step.task_id for step in plan.steps if phase_of(step) is Phase.STAGING]
    ends = [tasks[task_id].ended_at for task_id in changes if task_id in tasks]
    known = [end for end in ends if end is not None]
    if len(known) < len(changes):
        return None
    return max(timedelta(0), max(known) + soak - now)


def changes_between(
    before: Iterable[ServiceProgress], after: Iterable[ServiceProgress]
) -> list[tuple[str, Phase, Cell]]:
    """Return what happened from one look to the next, one entry per cell that moved."""
    old = {progress.service: progress.cells for progress in before}
    return [
        (progress.service, phase, cell)
        for progress in after
        for phase, cell in progress.cells.items()
        if cell != old.get(progress.service, {}).get(phase, Cell(Condition.WAITING))
    ]
