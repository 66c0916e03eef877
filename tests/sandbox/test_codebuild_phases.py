"""Where a build goes after a phase, and what it is in the end."""

import pytest

from sandbox.codebuild.buildspec import BuildspecError, parse_buildspec
from sandbox.codebuild.on_failure import OnFailure, Retry, parse_on_failure
from sandbox.codebuild.phases import Phase, Status, build_status, next_phase

ABORT, CONTINUE, RETRY = OnFailure.ABORT, OnFailure.CONTINUE, OnFailure.RETRY


@pytest.mark.parametrize(
    ("phase", "status", "on_failure", "following"),
    [
        (Phase.SUBMITTED, Status.SUCCEEDED, None, Phase.QUEUED),
        (Phase.SUBMITTED, Status.FAILED, None, Phase.COMPLETED),
        (Phase.QUEUED, Status.FAILED, None, Phase.COMPLETED),
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
        (Phase.BUILD, Status.FAILED, RETRY, Phase.FINALIZING),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ABORT", (ABORT, None)),
        ("CONTINUE", (CONTINUE, None)),
        ("RETRY", (RETRY, Retry(3, ".*"))),
        ("RETRY-8", (RETRY, Retry(8, ".*"))),
        ("RETRY-0", (RETRY, Retry(0, ".*"))),
        ("RETRY-invalid+", (RETRY, Retry(3, "invalid+"))),
        ("RETRY-8-invalid+", (RETRY, Retry(8, "invalid+"))),
        ("Retry-3-.*connection timed out.*", (RETRY, Retry(3, ".*connection timed out.*"))),
        ("RETRY-404s", (RETRY, Retry(3, "404s"))),
    ],
)
def test_the_forms_of_on_failure(text: str, expected: object) -> None:
    assert parse_on_failure(text) == expected


@pytest.mark.parametrize("text", ["abort", "RETREAT", "RETRY-", "RETRY-101", "RETRY-2-(", "", "CONTINUE-2"])
def test_what_is_no_form_of_on_failure(text: str) -> None:
    with pytest.raises(BuildspecError, match="on-failure"):
        parse_buildspec(f"version: 0.2\nphases: {{build: {{on-failure: '{text}'}}}}")


@pytest.mark.parametrize(
    ("retry", "message", "retried", "wanted"),
    [
        (Retry(), "anything", 0, True),
        (Retry(), "anything", 2, True),
        (Retry(), "anything", 3, False),
        (Retry(0), "anything", 0, False),
        (Retry(3, "timed? out"), "exit status 1: time out", 0, True),
        (Retry(3, "timed? out"), "exit status 1", 0, False),
    ],
)
def test_whether_a_failed_phase_is_retried(retry: Retry, message: str, retried: int, wanted: bool) -> None:
    assert retry.wants(message, retried) is wanted
