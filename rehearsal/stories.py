"""What can be rehearsed: what people do during a release, and what must come of it.

A story names services of the sample platform. Another story is another entry of STORIES."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SAMPLE_SERVICES = ("orders", "payments", "invoices", "storefront", "backoffice", "courier")
# How many seconds of the catalog pass in one: two days in 20 seconds, or in a minute.
FAST = 8640
# On a busy machine the deployment's own checks outlast 20 seconds, and nobody could act during the soak.
WITH_TIME_TO_ACT = 2880
IN_PROGRESS = frozenset({"running", "deferred"})


@dataclass(frozen=True)
class When:
    """The moment at which a task is in one of some states for the first time."""

    task_id: str
    states: frozenset[str]

    def has_come(self, states: Mapping[str, str | None]) -> bool:
        return states.get(self.task_id) in self.states


@dataclass(frozen=True)
class MarkFailed:
    """A person marks a task failed in the UI, with a note that says why."""

    task_id: str
    note: str
    user: str = "tester"


@dataclass(frozen=True)
class Act:
    when: When
    deed: MarkFailed


@dataclass(frozen=True)
class Expected:
    """What must have become of a release."""

    promoted: frozenset[str]
    held: frozenset[str] = frozenset()

    @property
    def state(self) -> str:
        return "failed" if self.held else "success"


@dataclass(frozen=True)
class Story:
    summary: str
    expected: Expected
    acts: Sequence[Act] = ()
    """In the order in which they happen; each waits for the one before."""
    conf: Mapping[str, Any] = field(default_factory=dict)
    """What is filled into the Trigger form."""
    time_scale: int = FAST


@dataclass(frozen=True)
class Verdict:
    """How a release ended, in the words of its verdict."""

    run_id: str
    state: str
    promoted: Mapping[str, str]
    held: Mapping[str, Sequence[str]]


DEFAULT_STORY = "release"
STORIES: Mapping[str, Story] = {
    DEFAULT_STORY: Story(
        "nobody objects: all six services go out",
        Expected(promoted=frozenset(SAMPLE_SERVICES)),
    ),
    "veto": Story(
        "a tester finds a fault in orders during the soak: orders and what depends on it are held",
        Expected(
            promoted=frozenset({"payments", "backoffice", "courier"}),
            held=frozenset({"orders", "invoices", "storefront"}),
        ),
        acts=[
            Act(
                When("orders.soak", IN_PROGRESS),
                MarkFailed("orders.staging.eu-west-1.smoke", "A basket of 11 things loses one"),
            )
        ],
        time_scale=WITH_TIME_TO_ACT,
    ),
}


def surprises(expected: Expected, verdict: Verdict, run_state: str) -> list[str]:
    """Return a sentence for each thing that did not come as expected."""
    found = []
    if run_state != expected.state:
        found.append(f"the run ended as {run_state}, expected was {expected.state}")
    for service in sorted(expected.promoted | expected.held | {*verdict.promoted, *verdict.held}):
        wanted = became(service, expected.promoted, expected.held)
        came = became(service, verdict.promoted, verdict.held)
        if came != wanted:
            found.append(f"{service} was {came}, expected was {wanted}")
    return found


def became(service: str, promoted: Collection[str], held: Collection[str]) -> str:
    if service in promoted:
        return "promoted"
    return "held" if service in held else "left out"
