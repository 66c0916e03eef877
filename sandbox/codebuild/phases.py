"""The phases of a build and what follows what. Pure: no clock, no process.

https://docs.aws.amazon.com/codebuild/latest/userguide/view-build-details-phases.html"""

from enum import StrEnum

from sandbox.codebuild.on_failure import OnFailure


class Phase(StrEnum):
    SUBMITTED = "SUBMITTED"
    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    DOWNLOAD_SOURCE = "DOWNLOAD_SOURCE"
    INSTALL = "INSTALL"
    PRE_BUILD = "PRE_BUILD"
    BUILD = "BUILD"
    POST_BUILD = "POST_BUILD"
    UPLOAD_ARTIFACTS = "UPLOAD_ARTIFACTS"
    FINALIZING = "FINALIZING"
    COMPLETED = "COMPLETED"


class Status(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    FAULT = "FAULT"
    TIMED_OUT = "TIMED_OUT"
    STOPPED = "STOPPED"


_ORDER = list(Phase)
# The phases whose commands the buildspec gives.
COMMAND_PHASES = {
    Phase.INSTALL: "install",
    Phase.PRE_BUILD: "pre_build",
    Phase.BUILD: "build",
    Phase.POST_BUILD: "post_build",
}


def next_phase(phase: Phase, status: Status, on_failure: OnFailure | None = None) -> Phase:
    """Where a build goes after a phase.

    POST_BUILD and UPLOAD_ARTIFACTS are attempted whenever BUILD was, whatever became of it; before BUILD a
    failure ends the build. A phase that was stopped, timed out or faulted ends it at once. ABORT ends it with
    its phase, and so does RETRY: it is the next build that tries again."""
    following = _ORDER[_ORDER.index(phase) + 1]
    if status is Status.SUCCEEDED:
        return following
    if status is not Status.FAILED or phase in (Phase.SUBMITTED, Phase.QUEUED):
        return Phase.COMPLETED
    if phase in COMMAND_PHASES and on_failure is OnFailure.CONTINUE:
        return following
    if phase in (Phase.BUILD, Phase.POST_BUILD) and on_failure is None:
        return following
    return Phase.FINALIZING if phase is not Phase.FINALIZING else Phase.COMPLETED


def build_status(phases: list[Status]) -> Status:
    """What a finished build is, by its phases: SUCCEEDED only if every one of them is.

    `on-failure: CONTINUE` runs the next phase, but the build stays red: AWS does not call it green, and
    what passes here has to pass there."""
    for status in (Status.FAULT, Status.STOPPED, Status.TIMED_OUT, Status.FAILED):
        if status in phases:
            return status
    return Status.SUCCEEDED
