"""The write-ahead intent of a build, and what a task that finds one must do.

A task can die between any two instructions. Before StartBuild it writes what it is about to do; whoever
comes next reads it and looks for the build before starting one. The idempotency token alone does not
suffice: it is valid for five minutes, and so is Airflow's heartbeat timeout.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from release_ops.domain.build import Build, BuildRequest, BuildStatus


@dataclass(frozen=True)
class BuildIntent:
    """Key, commit and parameters of one build, frozen at its first write.

    A later edit of retries, catalog or code changes nothing here, so the same build is found again."""

    key: str
    generation: int
    clears: int
    """How far the step's clears had been counted at the first write; a retry does not count."""
    request: BuildRequest
    written_at: datetime


class Generation(Enum):
    """Whose build a task that runs now should look for."""

    FIRST = "first"
    SAME = "same"
    NEXT = "next"


def which_generation(
    latest: BuildIntent | None, build: Build | None, *, clears: int, keeps_success: bool
) -> Generation:
    """Say whether this try continues the latest intent or opens the next one.

    A retry looks for the build that runs. A person's clear builds again, but for a step that keeps its
    success (production): there, a build that succeeded or still runs is taken as it is. A build that
    ended by a fault of the machinery is tried again in a generation of its own."""
    if latest is None:
        return Generation.FIRST
    if build is not None and build.status is BuildStatus.FAULT:
        return Generation.NEXT
    if clears <= latest.clears:
        return Generation.SAME
    if keeps_success and (build is None or build.status.is_success or build.status.is_running):
        return Generation.SAME
    return Generation.NEXT


def find_own(builds: Iterable[Build], key: str) -> Build | None:
    """Return the build that carries this key; the oldest, should there be two."""
    own = [build for build in builds if build.key == key]
    return min(own, key=_age, default=None)


def find_rival(builds: Iterable[Build], intent: BuildIntent) -> Build | None:
    """Return a build of another key that is changing the same target right now.

    A build without our variables (somebody's own StartBuild) may touch any region, so it counts."""
    for build in builds:
        same_target = build.region in ("", intent.request.region)
        if build.status.is_running and build.key != intent.key and same_target:
            return build
    return None


def _age(build: Build) -> tuple[bool, float, str]:
    started = build.started_at
    return (started is None, started.timestamp() if started else 0.0, build.id)
