"""Takes one build from SUBMITTED to COMPLETED, in a thread of its own."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws.clients import Clients
from sandbox.aws.errors import AwsError
from sandbox.codebuild.events import Announcer
from sandbox.codebuild.failure import PhaseFailedError
from sandbox.codebuild.model import Build
from sandbox.codebuild.phases import Phase, Status, next_phase
from sandbox.codebuild.queue import Queue
from sandbox.codebuild.retrying import Failure
from sandbox.codebuild.shell import Cancellation
from sandbox.codebuild.steps import Steps
from sandbox.scripted.script import BuildOutcome
from sandbox.settings import Settings

SCRIPTED = "SCRIPTED"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all builds share. ``retry`` starts the build that follows a failed one, if one does."""

    settings: Settings
    clients: Clients
    queue: Queue
    announcer: Announcer
    retry: Callable[[Build, Failure | None], Build | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a phase ended; code and message are its context."""

    status: Status
    code: str = ""
    message: str = ""


class Run(threading.Thread):
    """A running build. What each phase does is in Steps; here is when, for how long, and what follows."""

    def __init__(self, build: Build, surroundings: Surroundings, scripted: BuildOutcome | None) -> None:
        super().__init__(name=build.id, daemon=True)
        self.build = build
        self.cancellation = Cancellation()
        self._settings, self._queue = surroundings.settings, surroundings.queue
        self._announcer, self._retry = surroundings.announcer, surroundings.retry
        self._scripted = scripted
        self._failure: Failure | None = None
        self._has_slot = False
        self._phase = Phase.SUBMITTED
        self._steps = Steps(build, surroundings.settings, surroundings.clients, self.cancellation)

    def run(self) -> None:
        try:
            phase = self._pass(Phase.SUBMITTED, lambda: None)
            phase = self._pass(phase, self._wait_in_queue)
            if phase is not Phase.COMPLETED:
                self._run_from(phase)
        finally:
            self._give_back_slot()
        # Before the build is complete: whoever sees that sees the build that follows it, too.
        self._retry_if_due()
        self._steps.clean_up()
        # Last: whoever sees the build complete finds its whole log and artifacts.
        self.build.enter(Phase.COMPLETED)
        self._announcer.phase_ended(self.build, self._phase)
        self._announcer.state_changed(self.build)

    def _run_from(self, phase: Phase) -> None:
        seconds = self.build.effective["timeoutInMinutes"] * self._settings.seconds_per_minute
        timer = threading.Timer(seconds, self.cancellation.cancel, [Status.TIMED_OUT])
        timer.daemon = True
        timer.start()
        try:
            while phase is not Phase.COMPLETED:
                phase = self._pass(phase, self._steps.of(phase))
        finally:
            timer.cancel()

    def _pass(self, phase: Phase, step: Callable[[], None]) -> Phase:
        self._enter(phase)
        outcome = self._scripted_outcome(phase) or self._attempt(step)
        self.build.leave(outcome.status, outcome.code, outcome.message)
        self._steps.say(f"Phase complete: {phase} State: {outcome.status}")
        self._steps.say(f"Phase context status code: {outcome.code} Message: {outcome.message}")
        commands = self._steps.commands(phase)
        if outcome.status is Status.FAILED:
            self._steps.failed()
            self._failure = self._failure or Failure(outcome.message, commands.retry)
        return next_phase(phase, outcome.status, commands.on_failure)

    def _enter(self, phase: Phase) -> None:
        self.build.enter(phase)
        if phase is Phase.SUBMITTED:
            self._announcer.state_changed(self.build)
        else:
            self._announcer.phase_ended(self.build, self._phase)
        self._phase = phase

    def _scripted_outcome(self, phase: Phase) -> Outcome | None:
        """How the sandbox's script ends this phase, in place of what it would have done."""
        scripted = self._scripted
        if scripted is None or scripted.phase != phase:
            return None
        self._steps.say(f"The sandbox's script has this phase end as {scripted.status}: {scripted.message}")
        if phase is Phase.QUEUED:
            self._queue.leave(self.build.place, self.build.id)
        if scripted.status == "HANG":
            self._hang(phase)
            return self._over()
        if scripted.status == Status.TIMED_OUT:
            return _TIMED_OUT
        return Outcome(Status(scripted.status), SCRIPTED, scripted.message)

    def _hang(self, phase: Phase) -> None:
        """Until it is stopped, or the timeout of the phase has passed: the queue's, or else the build's."""
        if phase is not Phase.QUEUED:
            self.cancellation.requested.wait()
        elif not self.cancellation.requested.wait(self._queued_timeout):
            self.cancellation.cancel(Status.TIMED_OUT)

    def _attempt(self, step: Callable[[], None]) -> Outcome:
        try:
            step()
        except PhaseFailedError as failure:
            return self._over() or Outcome(Status.FAILED, failure.code, failure.message)
        except (BotoCoreError, ClientError) as refused:
            return self._over() or Outcome(Status.FAILED, "CLIENT_ERROR", str(refused))
        except Exception as fault:  # noqa: BLE001 - the sandbox's own fault: FAULT, as when CodeBuild's breaks
            traceback.print_exc(file=sys.stderr)
            return Outcome(Status.FAULT, "INTERNAL_ERROR", f"{type(fault).__name__}: {fault}")
        return self._over() or Outcome(Status.SUCCEEDED)

    def _over(self) -> Outcome | None:
        """What ended the build from outside; a phase that it cut short has not failed by itself."""
        reason = self.cancellation.reason
        if reason is Status.TIMED_OUT:
            return _TIMED_OUT
        return Outcome(reason) if reason else None

    def _wait_in_queue(self) -> None:
        deadline = time.monotonic() + self._queued_timeout
        is_over = self.cancellation.requested.is_set
        self._has_slot = self._queue.take(self.build.place, self.build.id, deadline, is_over)
        if not self._has_slot:
            self.cancellation.cancel(Status.TIMED_OUT)

    def _give_back_slot(self) -> None:
        if self._has_slot:
            self._queue.release(self.build.place)

    @property
    def _queued_timeout(self) -> float:
        minutes: int = self.build.effective["queuedTimeoutInMinutes"]
        return minutes * self._settings.seconds_per_minute

    def _retry_if_due(self) -> None:
        try:
            following = self._retry(self.build, self._failure)
        except AwsError as refused:
            self._steps.say(f"The build is not retried: {refused.code}: {refused.message}")
            return
        if following:
            self._steps.say(f"The build is retried: {following.arn}")


_TIMED_OUT = Outcome(Status.TIMED_OUT, "BUILD_TIMED_OUT", "Build has timed out.")
