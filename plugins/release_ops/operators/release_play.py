"""An app's steps on Google Play: upload what staging built, promote the code that was tested."""

from __future__ import annotations

from typing import Any

from release_ops.clients.play import PlayClient
from release_ops.domain.checks import Judgement
from release_ops.domain.errors import ErroredError, FailedError
from release_ops.domain.records import BuildResult, StepResult
from release_ops.domain.track import lifecycle_of
from release_ops.hooks.google_play import GooglePlayHook, local_bundle
from release_ops.hooks.release import ServiceRelease
from release_ops.operators.promotion import ask_for_pass
from release_ops.operators.release_check import Finding, ReleaseStepOperator, target_build
from release_ops.plan.steps import PRODUCTION, STAGING, StepKind

PUBLISHED = "PUBLISHED"
NOT_OUT = ("", "DRAFT", "NOT_APPROVED", "NOT_SENT_FOR_REVIEW")
"""Life-cycle states of a release that no user will get without a person's doing."""


class PlayStepOperator(ReleaseStepOperator):
    """A step on the Play track of its environment."""

    ui_color = "#dff0e3"
    _hook: GooglePlayHook | None = None

    def play(self, release: ServiceRelease) -> PlayClient:
        """Return Play as this environment's connection may use it."""
        connection = release.environments[self.step.environment].play_connection
        if connection is None:
            raise FailedError(
                f"environment {self.step.environment} names no play_connection; write one in the catalog"
            )
        self._hook = GooglePlayHook(connection)
        return self._hook.client

    def track(self, release: ServiceRelease, environment: str) -> str:
        return release.environments[environment].play_track or ""

    def package(self, release: ServiceRelease) -> str:
        return release.service.package_name or ""

    def on_kill(self) -> None:
        """Leave no edit open. What is committed stays: on Play only a halt stops that."""
        if self._hook:
            self._hook.cancel()


class UploadBundleOperator(PlayStepOperator):
    """Put the bundle that staging built on the testing track; its version code is what production gets.

    Builds hold no Play key: they hand on a bundle and its digest."""

    def act(self, context: Any, release: ServiceRelease, build: BuildResult) -> Finding:
        code = _exported(build, "RELEASE_VERSION_CODE")
        if not code.isdigit():
            raise FailedError(f"the build exported RELEASE_VERSION_CODE {code!r}; it must be a number")
        home = release.builds_in(self.step.environment)
        with local_bundle(
            _exported(build, "RELEASE_BUNDLE"),
            sha256=_exported(build, "RELEASE_BUNDLE_SHA256"),
            aws_conn_id=home.aws_connection,
        ) as bundle:
            placed = self.play(release).upload_bundle(
                self.package(release),
                bundle.path,
                version_code=int(code),
                track=self.track(release, self.step.environment),
                release_name=f"{code} ({build.commit[:10]})",
            )
        facts = {"version_code": placed.version_code, "sha256": bundle.sha256, "track": placed.track}
        summary = f"version code {placed.version_code} is on {placed.track}"
        return Finding(Judgement(True, summary), {**facts, "changed": placed.changed})


class PromoteVersionOperator(PlayStepOperator):
    """Promote the version code that was tested, and no other, to the production track."""

    def act(self, context: Any, release: ServiceRelease, build: BuildResult) -> Finding:
        code = proved_version_code(release)
        ask_for_pass(context, release, self.step, f"{self.step.name}-{build.key}", build.commit)
        placed = self.play(release).promote(
            self.package(release),
            code,
            from_track=self.track(release, STAGING),
            to_track=self.track(release, PRODUCTION),
        )
        facts = {"version_code": code, "track": placed.track, "changed": placed.changed}
        return Finding(Judgement(True, f"version code {code} is {placed.status} on {placed.track}"), facts)


class TrackCheckOperator(PlayStepOperator):
    """Ask Play whether users of the track get, or will get after review, the version code of this release.

    Reading it opens no edit, so it takes nobody's edit away."""

    ui_color = "#e3e0f5"

    def act(self, context: Any, release: ServiceRelease, build: BuildResult) -> Finding:
        code = proved_version_code(release)
        track = self.track(release, self.step.environment)
        states = self.play(release).release_states(self.package(release), track)
        lifecycle = lifecycle_of(states, code) or ""
        facts = {"asked": f"{self.package(release)} {code} on {track}", "lifecycle": lifecycle}
        if lifecycle in NOT_OUT:
            return Finding(Judgement(False, f"{facts['asked']} is {lifecycle or 'not there'}"), facts)
        if self.step.environment == STAGING and lifecycle != PUBLISHED:
            raise ErroredError(f"{facts['asked']} is {lifecycle}: testers cannot get it yet")
        return Finding(Judgement(True, f"version code {code} is {lifecycle} on {track}"), facts)


def proved_version_code(release: ServiceRelease) -> int:
    """Return the version code that the staging upload of this release recorded."""
    step = next(step for step in release.plan.of(STAGING) if step.kind is StepKind.UPLOAD)
    built = target_build(release, step)
    result: StepResult | None = release.records.step_result(step.service, step.path, built.build_id)
    if result is None or not result.passed:
        raise FailedError(f"{step.task_id} has put no version on record; clear it with downstream")
    return int(result.facts["version_code"])


def _exported(build: BuildResult, name: str) -> str:
    value = build.exported.get(name, "")
    if not value:
        raise FailedError(f"build {build.build_id} exported no {name}; its buildspec must")
    return value
