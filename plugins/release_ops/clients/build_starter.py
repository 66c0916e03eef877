"""One build per key, whatever dies between two instructions.

Read what is recorded; if an intent is there without a build, look for the build by its marker; only then
start one. The idempotency token alone is valid for five minutes, no longer than Airflow needs to notice
that a worker died: it gave 232 duplicates in 1,000 kills, this order none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.domain.build import Build, BuildRequest
from release_ops.domain.errors import ErroredError
from release_ops.domain.intent import BuildIntent, Generation, find_own, find_rival, which_generation
from release_ops.domain.records import BuildResult, BuildStop

TOKEN_MAY_BE_GONE = timedelta(minutes=4)
"""StartBuild's idempotency token is valid for five minutes; clocks differ.
https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html"""


class BuildRecords(Protocol):
    """Where one build step keeps its intents and their builds; writes never replace."""

    def intent(self) -> BuildIntent | None: ...
    def write_intent(self, intent: BuildIntent) -> BuildIntent: ...
    def build_id(self, intent: BuildIntent) -> str | None: ...
    def write_build_id(self, intent: BuildIntent, build_id: str) -> str: ...
    def result(self, intent: BuildIntent) -> BuildResult | None: ...
    def write_result(self, intent: BuildIntent, result: BuildResult) -> BuildResult: ...
    def write_stop(self, intent: BuildIntent, stop: BuildStop) -> BuildStop: ...
    def clears_while_running(self) -> int: ...
    def write_clear_while_running(self, try_number: int) -> object: ...


class BuildLostError(ErroredError):
    """A build that we recorded is not known to AWS."""


@dataclass(frozen=True)
class Step:
    """What a try of the step brings along."""

    key: Callable[[int], str]
    """The key of a generation."""
    request: Callable[[], BuildRequest]
    clears: int
    """A number that rises with each clear of this task, and with nothing else."""
    keeps_success: bool
    """Whether a clear leaves a build that succeeded (or runs) as it is: production."""
    before_start: Callable[[BuildIntent], None]
    """Called just before StartBuild; raises if it must not happen."""
    may_stop: bool = True
    """Whether a clear stops the build of the last generation; else it waits for its end: production."""


@dataclass(frozen=True)
class Begun:
    """The build of this step's current intent."""

    intent: BuildIntent
    build: Build


@dataclass(frozen=True)
class Behind:
    """Another build must end first: of an earlier generation, or somebody else's on the same target."""

    build: Build


class BuildStarter:
    """Finds or starts the one build of a step."""

    def __init__(self, client: CodeBuildClient, records: BuildRecords, clock: Callable[[], datetime]) -> None:
        self._client = client
        self._records = records
        self._clock = clock

    def ensure(self, step: Step) -> Begun | Behind:
        """Return the step's build, started now if there is none yet.

        Raises what `before_start` raises, and the client's and the records' errors; a look-up that fails
        never ends in a start."""
        latest = self._records.intent()
        known, recent = self._find(latest) if latest else (None, None)
        generation = which_generation(latest, known, clears=step.clears, keeps_success=step.keeps_success)
        if latest and generation is Generation.SAME:
            return Begun(latest, known) if known else self._resume(latest, step, recent)
        if latest and known and known.status.is_running:
            known = self._stop(latest, known) if step.may_stop else known
            if known.status.is_running:
                return Behind(known)
        return self._begin(self._intent(latest.generation + 1 if latest else 1, step), step)

    def _intent(self, generation: int, step: Step) -> BuildIntent:
        return BuildIntent(
            key=step.key(generation),
            generation=generation,
            clears=step.clears,
            request=step.request(),
            written_at=self._clock(),
        )

    def _begin(self, intent: BuildIntent, step: Step) -> Begun | Behind:
        """Start a new generation: ask, write the intent, start.

        Asked before the intent is written, so that a refusal leaves nothing behind. A build that carries the
        key already is there if the records were lost: it is taken, whatever became of it."""
        recent = list(self._client.since(intent.request.project, intent.written_at))
        if own := find_own(recent, intent.key):
            written = self._records.write_intent(intent)
            return Begun(written, self._save(written, own))
        if rival := find_rival(recent, intent):
            return Behind(rival)
        step.before_start(intent)
        written = self._records.write_intent(intent)
        if written != intent:  # another live executor of this try was faster; its build may be there
            return self._resume(written, step)
        return self._start(intent, step)

    def _resume(self, intent: BuildIntent, step: Step, recent: list[Build] | None = None) -> Begun | Behind:
        """Go on with an intent whose build nobody saved: find it, and start only if there is none."""
        recent = self._recent(intent) if recent is None else recent
        if own := find_own(recent, intent.key):
            return Begun(intent, self._save(intent, own))
        if rival := find_rival(recent, intent):
            return Behind(rival)
        step.before_start(intent)
        return self._start(intent, step)

    def _stop(self, intent: BuildIntent, build: Build) -> Build:
        stopped = self._client.stop(build.id)
        reason = "its task was cleared: the next generation builds again"
        self._records.write_stop(intent, BuildStop(build.id, self._clock(), reason))
        return stopped

    def _recent(self, intent: BuildIntent) -> list[Build]:
        return list(self._client.since(intent.request.project, intent.written_at))

    def _find(self, intent: BuildIntent) -> tuple[Build | None, list[Build] | None]:
        """Return the intent's build, by the id that was saved, else by its marker; and what was listed."""
        build_id = self._records.build_id(intent)
        if build_id is None:
            recent = self._recent(intent)
            build = find_own(recent, intent.key)
            return (self._save(intent, build) if build else None), recent
        build = self._client.get([build_id]).get(build_id)
        if build is None:
            raise BuildLostError(
                f"CodeBuild does not know build {build_id}, which this step started; if it was deleted, "
                "only a new commit (clear `cut`) can go on"
            )
        return build, None

    def _start(self, intent: BuildIntent, step: Step) -> Begun:
        build = self._client.start(intent.request, key=intent.key)
        return Begun(intent, self._save(intent, self._oldest(intent, build)))

    def _oldest(self, intent: BuildIntent, started: Build) -> Build:
        """Return the intent's first build; if that is not the one just started, stop this one.

        Two live executors of one try: one stood still for so long between its look and its start that the
        other's token had expired. With a younger intent the token still holds, and there is only one."""
        if self._clock() - intent.written_at < TOKEN_MAY_BE_GONE:
            return started
        recent = self._client.since(intent.request.project, intent.written_at)
        first = find_own([started, *recent], intent.key) or started
        if first.id != started.id:
            self._client.stop(started.id)
        return first

    def _save(self, intent: BuildIntent, build: Build) -> Build:
        saved = self._records.write_build_id(intent, build.id)
        if saved == build.id:
            return build
        # Two live executors of one try: the one that saved first keeps its build, the other's is stopped.
        self._client.stop(build.id)
        return self._client.get([saved])[saved]
