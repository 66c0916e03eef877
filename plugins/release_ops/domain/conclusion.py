"""How a build that is over counts for the step that asked for it."""

from __future__ import annotations

from release_ops.domain.build import Build
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import BuildResult


def conclude(intent: BuildIntent, build: Build) -> BuildResult:
    """Return the record of a build that is over; `failure` says why it does not count, if it does not."""
    return BuildResult(
        build_id=build.id,
        key=intent.key,
        status=str(build.status),
        commit=build.commit,
        ended_at=build.ended_at,
        exported=build.exported,
        artifact=build.artifact,
        failure=_failure(intent, build),
        artifact_sha256=build.artifact_sha256,
    )


def _failure(intent: BuildIntent, build: Build) -> str:
    if not build.status.is_success:
        return build.failure()
    if build.commit != intent.request.commit:
        return f"build {build.id} built {build.commit or 'no commit'}, asked was {intent.request.commit}"
    return ""
