"""What became of a service, and of the release as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from release_ops.domain.records import HELD, LEFT_OUT, PROMOTED, Outcome


@dataclass(frozen=True)
class TaskEnd:
    """How one task of a service ended, and what our own record of it says."""

    task_id: str
    state: str | None
    failure: str = ""
    """What went wrong by our record; empty if the record is good or missing."""
    is_recorded_good: bool = False


@dataclass(frozen=True)
class ServiceEnd:
    """What a service looks like when all of its tasks are over."""

    service: str
    commit: str
    left_out: bool
    tasks: Sequence[TaskEnd]
    production: Sequence[str]
    """The task ids of its production steps."""
    gate_blockers: tuple[str, ...] = ()


def decide_outcome(end: ServiceEnd, *, now: datetime) -> Outcome:
    """Return promoted only if every production step ran and its own record is good."""
    if end.left_out:
        return Outcome(end.service, LEFT_OUT, "", now)
    by_id = {task.task_id: task for task in end.tasks}
    done = [by_id[task_id] for task_id in end.production if task_id in by_id]
    complete = len(done) == len(end.production) > 0
    if complete and all(task.state == "success" and task.is_recorded_good for task in done):
        return Outcome(end.service, PROMOTED, end.commit, now)
    return Outcome(end.service, HELD, end.commit, now, _reasons(end))


def verdict_state(outcomes: Mapping[str, Outcome], services: Sequence[str]) -> str:
    """Return "success" only if every service of the manifest has an outcome and none is held."""
    known = [outcomes.get(service) for service in services]
    fine = all(outcome is not None and outcome.result in (PROMOTED, LEFT_OUT) for outcome in known)
    return "success" if services and fine else "failed"


def _reasons(end: ServiceEnd) -> tuple[str, ...]:
    """Name what a person must look at, and the clear that brings the service back.

    `upstream_failed` and `skipped` are consequences, and never the reason if there is another."""
    reasons = [_reason(task) for task in end.tasks if task.state == "failed"]
    named = " ".join(reasons)
    reasons += [blocker for blocker in end.gate_blockers if blocker not in named]
    if not reasons:
        reasons = [
            f"{task.task_id} is {task.state or 'not run'}; clear it with downstream"
            for task in end.tasks
            if task.state != "success" or not task.is_recorded_good
        ][:1]
    return tuple(reasons) or ("no production step ran",)


def _reason(task: TaskEnd) -> str:
    again = f"clear {task.task_id} with downstream to try again"
    if "; clear " in task.failure:  # it says itself which clear to make: that of another task, often
        return f"{task.task_id} failed: {task.failure}"
    if task.failure:
        return f"{task.task_id} failed: {task.failure}; {again}"
    if task.is_recorded_good:
        return f"{task.task_id} was marked failed by a person; {again}"
    return f"{task.task_id} failed: marked by a person, or see its log; {again}"
