"""How many builds run at one time."""

from __future__ import annotations

from collections import Counter

from release_ops.config.models import Catalog
from release_ops.plan.service import plan_release
from release_ops.plan.steps import StepKind

BUILD_POOL = "release_ops_builds"
"""The Airflow pool that every build's task stands in, also while it is deferred."""


def build_slots(catalog: Catalog) -> int:
    """Return how many slots the pool needs so that no build waits for another service's.

    A task that resumes competes for its slot again, so a pool that is too small keeps builds that are over
    waiting behind new ones. CodeBuild's own limit is waited for by the task, and by CodeBuild's queue."""
    builds = Counter(
        step.environment
        for plan in plan_release(catalog).values()
        for step in plan.steps
        if step.kind is StepKind.BUILD
    )
    return max(builds.values(), default=1)
