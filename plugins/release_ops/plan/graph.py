"""The whole release as task ids and edges, to print and to compare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from release_ops.config.models import Catalog
from release_ops.plan.service import plan_release
from release_ops.plan.steps import CUT_RELEASE, RELEASE_VERDICT, verdict_upstream


@dataclass(frozen=True)
class ReleaseGraph:
    """Every task, in an order in which a service's could run one by one, with its direct upstreams."""

    upstream: Mapping[str, tuple[str, ...]]

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(self.upstream)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        return tuple((before, after) for after, befores in self.upstream.items() for before in befores)


def graph_of(catalog: Catalog) -> ReleaseGraph:
    """Return the tasks and edges of a release of the whole catalog."""
    steps = [step for plan in plan_release(catalog).values() for step in plan.steps]
    # A step may name a task for two reasons.
    planned = {step.task_id: tuple(dict.fromkeys(step.upstream)) for step in steps}
    return ReleaseGraph({CUT_RELEASE: (), **planned, RELEASE_VERDICT: verdict_upstream(catalog.services)})
