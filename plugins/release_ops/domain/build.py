"""What a CodeBuild build is to a release: its status, its identity, its facts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict

MARKER = "RELEASE_KEY"
"""The environment variable that carries a build's key, so that a build can be found without its id."""

TARGET_REGION = "RELEASE_REGION"


class BuildStatus(StrEnum):
    """CodeBuild's StatusType, and what AWS may invent next year (UNKNOWN).

    https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html#CodeBuild-Type-Build-buildStatus
    """

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    IN_PROGRESS = "IN_PROGRESS"
    STOPPED = "STOPPED"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def _missing_(cls, value: object) -> BuildStatus:
        return cls.UNKNOWN

    @property
    def is_success(self) -> bool:
        """The one status that passes."""
        return self is BuildStatus.SUCCEEDED

    @property
    def is_running(self) -> bool:
        """QUEUED hides inside IN_PROGRESS; see Build.phase."""
        return self is BuildStatus.IN_PROGRESS

    @property
    def is_errored(self) -> bool:
        """The machinery is to blame, not the release, or we cannot tell: never a verdict."""
        return self in (BuildStatus.FAULT, BuildStatus.UNKNOWN)


@dataclass(frozen=True)
class BuildPhase:
    """One phase of a build, with what CodeBuild says went wrong in it."""

    name: str
    status: str
    duration: timedelta | None = None
    message: str = ""


@dataclass(frozen=True)
class Build:
    """A build as AWS tells it now."""

    id: str
    status: BuildStatus
    project: str
    commit: str
    """The commit that was really built (resolvedSourceVersion), empty until the source is there."""
    key: str = ""
    """The marker that we sent with StartBuild; empty for a build that somebody else started."""
    region: str = ""
    """The region that the build deploys to, as we sent it."""
    account: str = ""
    phase: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    exported: Mapping[str, str] = field(default_factory=dict)
    artifact: str = ""
    artifact_sha256: str = ""
    """The digest of the artifact; CodeBuild tells it for artifacts that it packs as one ZIP."""
    log_group: str = ""
    log_stream: str = ""
    log_link: str = ""
    phases: tuple[BuildPhase, ...] = ()
    aws_status: str = ""
    """The status in AWS's own word: of use where we have none for it."""

    def failure(self) -> str:
        """Say in which phase it ended badly, and CodeBuild's own words for it."""
        bad = [phase for phase in self.phases if phase.message or phase.status not in ("", "SUCCEEDED")]
        where = "; ".join(f"{p.name} {p.status}: {p.message}".rstrip(": ") for p in bad)
        if self.status is BuildStatus.UNKNOWN:
            where = "a status that this version does not know; look at the build in the console"
        return f"build {self.id} is {self.aws_status or self.status}" + (f" ({where})" if where else "")


class BuildSummary(TypedDict):
    """What a build leaves in XCom for the tasks after it. Instants are ISO 8601, durations seconds."""

    build_id: str
    commit: str
    status: str
    exported: dict[str, str]
    artifact: str
    artifact_sha256: str
    started_at: str | None
    ended_at: str | None
    phases: dict[str, float]


def summary(build: Build) -> BuildSummary:
    """Return a build's facts as plain data."""
    return BuildSummary(
        build_id=build.id,
        commit=build.commit,
        status=str(build.status),
        exported=dict(build.exported),
        artifact=build.artifact,
        artifact_sha256=build.artifact_sha256,
        started_at=build.started_at.isoformat() if build.started_at else None,
        ended_at=build.ended_at.isoformat() if build.ended_at else None,
        phases={phase.name: phase.duration.total_seconds() for phase in build.phases if phase.duration},
    )


@dataclass(frozen=True)
class BuildRequest:
    """All that a StartBuild of ours says. Nothing of it may change under one key."""

    project: str
    commit: str
    variables: Mapping[str, str] = field(default_factory=dict)
    timeout: timedelta = timedelta(hours=1)
    """When CodeBuild ends the build as TIMED_OUT."""
    queued_timeout: timedelta = timedelta(hours=1)
    """How long it may wait in CodeBuild's queue."""

    @property
    def region(self) -> str:
        return self.variables.get(TARGET_REGION, "")


def build_key(*, dag_id: str, run_id: str, task_id: str, map_index: int, generation: int) -> str:
    """Return the key of a build step: one build per key, whatever dies.

    64 hexadecimal characters: what StartBuild's idempotencyToken allows, too."""
    text = "|".join((dag_id, run_id, task_id, str(map_index), str(generation)))
    return hashlib.sha256(text.encode()).hexdigest()
