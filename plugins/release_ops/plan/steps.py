"""What a step of a release is, and how its Airflow task is called.

Task ids are an interface: people click on them, the ledger is keyed by them, notes name them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

CUT_RELEASE = "cut_release"
RELEASE_VERDICT = "release_verdict"

STAGING, PRODUCTION = "staging", "production"


class StepKind(StrEnum):
    """What a step does; one Airflow operator each."""

    CUT = "cut"
    BUILD = "build"
    UPLOAD = "upload"
    PROMOTE = "promote"
    HTTP_CHECK = "http"
    INVOKE_CHECK = "invoke"
    TRACK_CHECK = "track"
    SOAK = "soak"
    GATE = "promotion_gate"
    OUTCOME = "outcome"


CHANGE_THE_TARGET = frozenset((StepKind.BUILD, StepKind.UPLOAD, StepKind.PROMOTE))


@dataclass(frozen=True)
class Step:
    """One task of a service: `<service>[.<environment>.<region>].<name>`."""

    service: str
    kind: StepKind
    name: str
    environment: str = ""
    region: str = ""
    upstream: tuple[str, ...] = ()
    """Task ids that must have succeeded before; for the outcome: be over."""

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups around its task, the outermost first."""
        return (self.service, self.environment, self.region) if self.environment else (self.service,)

    @cached_property
    def path(self) -> str:
        """The step within its service, such as `staging.eu-west-1.build`."""
        return ".".join((*self.groups[1:], self.name))

    @cached_property
    def task_id(self) -> str:
        return f"{self.service}.{self.path}"

    @property
    def changes_target(self) -> bool:
        """Whether it puts something into its environment, rather than looks at it."""
        return self.kind in CHANGE_THE_TARGET


def outcome_task_id(service: str) -> str:
    """Return the task that a dependent's gate hangs on."""
    return f"{service}.{StepKind.OUTCOME}"


def verdict_upstream(services: Iterable[str]) -> tuple[str, ...]:
    """Return the tasks that must be over before the release is judged."""
    return (CUT_RELEASE, *map(outcome_task_id, services))
