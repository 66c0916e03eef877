"""Takes one build from SUBMITTED to COMPLETED, in a thread of its own."""

import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws.clients import Clients
from sandbox.codebuild.failure import PhaseFailedError
from sandbox.codebuild.model import Build
from sandbox.codebuild.phases import COMMAND_PHASES, Phase, Status, next_phase
from sandbox.codebuild.queue import Queue
from sandbox.codebuild.shell import Cancellation
from sandbox.codebuild.steps import Steps
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a phase ended; code and message are its context."""

    status: Status
    code: str = ""
    message: str = ""


class Run(threading.Thread):
    """A running build. What each phase does is in Steps; here is when, for how long, and what follows."""

    def __init__(self, build: Build, settings: Settings, clients: Clients, queue: Queue) -> None:
        super().__init__(name=build.id, daemon=True)
        self.build = build
        self.cancellation = Cancellation()
        self._settings, self._queue = settings, queue
        self._steps = Steps(build, settings, clients, self.cancellation)

    def run(self) -> None:
        phase = self._pass(Phase.SUBMITTED, lambda: None)
        phase = self._pass(phase, self._wait_in_queue)
        if phase is not Phase.COMPLETED:
            self._run_from(phase)
        self._steps.clean_up()
        # Last: whoever sees the build complete finds its whole log and artifacts.
        self.build.enter(Phase.COMPLETED)

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
            self._queue.release(self.build.place)

    def _pass(self, phase: Phase, step: Callable[[], None]) -> Phase:
        self.build.enter(phase)
        outcome = self._attempt(step)
        self.build.leave(outcome.status, outcome.code, outcome.message)
        self._steps.say(f"Phase complete: {phase} State: {outcome.status}")
        self._steps.say(f"Phase context status code: {outcome.code} Message: {outcome.message}")
        on_failure = self._steps.on_failure(phase) if phase in COMMAND_PHASES else None
        return next_phase(phase, outcome.status, on_failure)

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
            return Outcome(reason, "BUILD_TIMED_OUT", "Build has timed out.")
        return Outcome(reason) if reason else None

    def _wait_in_queue(self) -> None:
        seconds = self.build.effective["queuedTimeoutInMinutes"] * self._settings.seconds_per_minute
        deadline = time.monotonic() + seconds
        is_over = self.cancellation.requested.is_set
        if not self._queue.take(self.build.place, self.build.id, deadline, is_over):
            self.cancellation.cancel(Status.TIMED_OUT)
