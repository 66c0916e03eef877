"""Where a build goes after a phase, and what it is in the end."""

import pytest

from sandbox.codebuild.on_failure import OnFailure
from sandbox.codebuild.phases import Phase, Status, build_status, next_phase

ABORT, CONTINUE = OnFailure.ABORT, OnFailure.CONTINUE


@pytest.mark.parametrize(
    ("phase", "status", "on_failure", "following"),
    [
        (Phase.SUBMITTED, Status.SUCCEEDED, None, Phase.QUEUED),
        (Phase.QUEUED, Status.TIMED_OUT, None, Phase.COMPLETED),
        (Phase.DOWNLOAD_SOURCE, Status.FAILED, None, Phase.FINALIZING),
        (Phase.INSTALL, Status.SUCCEEDED, None, Phase.PRE_BUILD),
        (Phase.INSTALL, Status.FAILED, None, Phase.FINALIZING),
        (Phase.INSTALL, Status.FAILED, ABORT, Phase.FINALIZING),
        (Phase.INSTALL, Status.FAILED, CONTINUE, Phase.PRE_BUILD),
        (Phase.PRE_BUILD, Status.FAILED, None, Phase.FINALIZING),
        (Phase.BUILD, Status.SUCCEEDED, ABORT, Phase.POST_BUILD),
        (Phase.BUILD, Status.FAILED, None, Phase.POST_BUILD),
        (Phase.BUILD, Status.FAILED, ABORT, Phase.FINALIZING),
        (Phase.BUILD, Status.FAILED, CONTINUE, Phase.POST_BUILD),
        (Phase.BUILD, Status.STOPPED, CONTINUE, Phase.COMPLETED),
        (Phase.BUILD, Status.FAULT, None, Phase.COMPLETED),
        (Phase.POST_BUILD, Status.FAILED, None, Phase.UPLOAD_ARTIFACTS),
        (Phase.UPLOAD_ARTIFACTS, Status.FAILED, None, Phase.FINALIZING),
        (Phase.FINALIZING, Status.FAILED, None, Phase.COMPLETED),
        (Phase.FINALIZING, Status.SUCCEEDED, None, Phase.COMPLETED),
    ],
)
def test_next_phase(phase: Phase, status: Status, on_failure: OnFailure | None, following: Phase) -> None:
    assert next_phase(phase, status, on_failure) is following


@pytest.mark.parametrize(
    ("phases", "expected"),
    [
        ([Status.SUCCEEDED, Status.SUCCEEDED], Status.SUCCEEDED),
        ([Status.SUCCEEDED, Status.FAILED, Status.SUCCEEDED], Status.FAILED),
        ([Status.FAILED, Status.STOPPED], Status.STOPPED),
        ([Status.FAILED, Status.TIMED_OUT], Status.TIMED_OUT),
        ([Status.STOPPED, Status.FAULT], Status.FAULT),
    ],
)
def test_build_status(phases: list[Status], expected: Status) -> None:
    assert build_status(phases) is expected
