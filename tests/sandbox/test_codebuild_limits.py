"""Timeouts and queues, on a sandbox whose minutes are short and whose slots are few."""

from collections.abc import Callable
from typing import Any

import pytest

SLEEPS = "version: 0.2\nphases: {build: {commands: [sleep 60]}, post_build: {commands: [echo post]}}"


@pytest.fixture
def quick(start_sandbox: Callable[..., Any]) -> Any:
    return start_sandbox("--seconds-per-minute", "0.3", "--concurrent-builds", "1")


def test_a_build_times_out_in_its_phase_and_one_behind_it_in_the_queue(
    quick: Any, trust: Callable[..., Any]
) -> None:
    role = quick.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    name = quick.create_project(role, SLEEPS, timeoutInMinutes=10, queuedTimeoutInMinutes=5)
    codebuild = quick.client("codebuild")
    running, waiting = (codebuild.start_build(projectName=name)["build"]["id"] for _ in range(2))

    queued = quick.wait_for(lambda: quick.build(waiting), lambda build: build["currentPhase"] == "QUEUED")
    assert queued["buildStatus"] == "IN_PROGRESS"
    queued = quick.finished(waiting)
    assert queued["buildStatus"] == "TIMED_OUT"
    assert [(phase["phaseType"], phase.get("phaseStatus")) for phase in queued["phases"]] == [
        ("SUBMITTED", "SUCCEEDED"),
        ("QUEUED", "TIMED_OUT"),
        ("COMPLETED", None),
    ]

    ran = quick.finished(running)
    assert ran["buildStatus"] == "TIMED_OUT"
    *_, last, _ = ran["phases"]
    assert (last["phaseType"], last["phaseStatus"]) == ("BUILD", "TIMED_OUT")
    assert last["contexts"] == [{"statusCode": "BUILD_TIMED_OUT", "message": "Build has timed out."}]


def test_a_queue_has_an_end(quick: Any, trust: Callable[..., Any]) -> None:
    role = quick.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    name = quick.create_project(role, SLEEPS, timeoutInMinutes=2000)
    codebuild = quick.client("codebuild")
    first = codebuild.start_build(projectName=name)["build"]["id"]
    quick.wait_for(lambda: quick.build(first), lambda build: build["currentPhase"] == "BUILD")
    queued = [codebuild.start_build(projectName=name)["build"]["id"] for _ in range(5)]
    with pytest.raises(
        codebuild.exceptions.AccountLimitExceededException, match="more than 5 builds in queue"
    ):
        codebuild.start_build(projectName=name)
    with pytest.raises(
        codebuild.exceptions.AccountLimitExceededException, match="more than 5 builds in queue"
    ):
        codebuild.retry_build(id=first)
    codebuild.stop_build(id=queued[2])
    assert quick.finished(queued[2])["buildStatus"] == "STOPPED"
    codebuild.stop_build(id=first)
    quick.wait_for(lambda: quick.build(queued[0]), lambda build: build["currentPhase"] == "BUILD")
    assert quick.build(queued[1])["currentPhase"] == "QUEUED"


def test_a_project_has_a_limit_of_its_own(quick: Any, trust: Callable[..., Any]) -> None:
    role = quick.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    name = quick.create_project(role, SLEEPS, concurrentBuildLimit=1)
    codebuild = quick.client("codebuild")
    first = codebuild.start_build(projectName=name)["build"]["id"]
    with pytest.raises(codebuild.exceptions.AccountLimitExceededException, match="1 active builds"):
        codebuild.start_build(projectName=name)
    with pytest.raises(codebuild.exceptions.AccountLimitExceededException, match="1 active builds"):
        codebuild.retry_build(id=first)
    codebuild.stop_build(id=first)
    codebuild.start_build(projectName=name)


def test_the_queue_is_an_account_s_and_a_region_s_own(quick: Any, trust: Callable[..., Any]) -> None:
    role = quick.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    name = quick.create_project(role, SLEEPS, timeoutInMinutes=2000)
    quick.client("codebuild").start_build(projectName=name)
    elsewhere = quick.client("codebuild", region="us-east-1")
    elsewhere.create_project(
        name=name,
        source={"type": "NO_SOURCE", "buildspec": SLEEPS},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole=role,
        timeoutInMinutes=2000,
    )
    build_id = elsewhere.start_build(projectName=name)["build"]["id"]
    quick.wait_for(
        lambda: elsewhere.batch_get_builds(ids=[build_id])["builds"][0],
        lambda build: build["currentPhase"] == "BUILD",
    )
