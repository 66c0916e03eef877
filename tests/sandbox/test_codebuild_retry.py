"""Builds started again: by RetryBuild, by a limit, by `on-failure: RETRY`; and builds deleted."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.codebuild.on_failure import Retry
from sandbox.codebuild.phases import Status
from sandbox.codebuild.retrying import Failure, is_retried

SUCCEEDS = "version: 0.2\nphases: {build: {commands: ['echo $A']}}"
FAILS = "version: 0.2\nphases: {build: {commands: ['echo wrong; exit 3']}}"
SLEEPS = "version: 0.2\nphases: {build: {commands: [sleep 120]}}"


def variable(value: str) -> list[dict[str, str]]:
    return [{"name": "A", "value": value, "type": "PLAINTEXT"}]


def chain(sandbox: Any, build_id: str) -> list[Any]:
    """A build and those that followed it by themselves."""
    builds = [sandbox.finished(build_id)]
    while following := builds[-1]["autoRetryConfig"].get("nextAutoRetry"):
        builds.append(sandbox.finished(following))
    return builds


@pytest.mark.parametrize("by", ["id", "arn"])
def test_a_retried_build_has_the_overrides_and_the_commit_of_the_first(
    by: str, sandbox: Any, build_role: str
) -> None:
    repository = sandbox.create_repository({"which.txt": "first"})
    location = f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{repository}"
    spec = "version: 0.2\nphases: {build: {commands: ['echo $A', cat which.txt]}}"
    source = {"type": "CODECOMMIT", "location": location, "buildspec": spec}
    name = sandbox.create_project(build_role, source=source)
    codebuild = sandbox.client("codebuild")
    started = codebuild.start_build(
        projectName=name,
        sourceVersion="release",
        environmentVariablesOverride=variable("mine"),
        timeoutInMinutesOverride=7,
    )["build"]
    first = sandbox.finished(started["id"])
    sandbox.commit(repository, {"which.txt": "second"})
    codebuild.update_project(name=name, timeoutInMinutes=100)

    again = codebuild.retry_build(id=first[by])["build"]
    assert again["id"] != first["id"]
    second = sandbox.finished(again["id"])
    assert (second["projectName"], second["buildNumber"], second["timeoutInMinutes"]) == (name, 2, 7)
    assert second["resolvedSourceVersion"] == first["resolvedSourceVersion"]
    assert sandbox.output_of(second) == ["mine", "first"]
    assert second["autoRetryConfig"] == {"autoRetryLimit": 0, "autoRetryNumber": 0}


def test_the_same_token_retries_once(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    name = sandbox.create_project(build_role, SUCCEEDS)
    token = uuid.uuid4().hex
    first, other = (
        codebuild.start_build(projectName=name, idempotencyToken=f"{token}{number}")["build"]["id"]
        for number in range(2)
    )
    request = {"id": first, "idempotencyToken": f"{token}0"}
    again = codebuild.retry_build(**request)["build"]["id"]
    assert again not in (first, other), "the token of a StartBuild is another one"
    assert codebuild.retry_build(**request)["build"]["id"] == again
    with pytest.raises(codebuild.exceptions.InvalidInputException, match="different parameters"):
        codebuild.retry_build(**{**request, "id": other})


def test_what_cannot_be_retried(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    with pytest.raises(codebuild.exceptions.ResourceNotFoundException, match="Build cannot be found"):
        codebuild.retry_build(id="nobody:1")
    with pytest.raises(codebuild.exceptions.InvalidInputException):
        codebuild.retry_build()
    name = sandbox.create_project(build_role, SUCCEEDS)
    build = codebuild.start_build(projectName=name)["build"]["id"]
    codebuild.delete_project(name=name)
    with pytest.raises(codebuild.exceptions.ResourceNotFoundException, match="Project cannot be found"):
        codebuild.retry_build(id=build)


def test_codebuild_retries_a_failed_build_up_to_the_project_s_limit(sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, FAILS, autoRetryLimit=2)
    started = sandbox.client("codebuild").start_build(
        projectName=name, environmentVariablesOverride=variable("mine")
    )["build"]
    first, second, third = chain(sandbox, started["id"])
    assert first["autoRetryConfig"] == {
        "autoRetryLimit": 2,
        "autoRetryNumber": 0,
        "nextAutoRetry": second["arn"],
    }
    assert second["autoRetryConfig"] == {
        "autoRetryLimit": 2,
        "autoRetryNumber": 1,
        "previousAutoRetry": first["arn"],
        "nextAutoRetry": third["arn"],
    }
    assert third["autoRetryConfig"] == {
        "autoRetryLimit": 2,
        "autoRetryNumber": 2,
        "previousAutoRetry": second["arn"],
    }
    for build in (first, second, third):
        assert build["buildStatus"] == "FAILED"
        assert build["environment"]["environmentVariables"] == variable("mine")
    role = build_role.rpartition("/")[2]
    assert second["initiator"].startswith(f"{role}/AWSCodeBuild-")


@pytest.mark.parametrize(("project", "override", "builds"), [(2, 0, 1), (0, 1, 2), (1, 2, 3)])
def test_the_override_wins_over_the_project_s_limit(
    project: int, override: int, builds: int, sandbox: Any, build_role: str
) -> None:
    name = sandbox.create_project(build_role, FAILS, autoRetryLimit=project)
    codebuild = sandbox.client("codebuild")
    started = codebuild.start_build(projectName=name, autoRetryLimitOverride=override)["build"]
    assert len(chain(sandbox, started["id"])) == builds
    assert len(codebuild.list_builds_for_project(projectName=name)["ids"]) == builds


def test_a_retry_takes_the_place_of_the_build_that_failed(sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, FAILS, autoRetryLimit=1, concurrentBuildLimit=1)
    started = sandbox.client("codebuild").start_build(projectName=name)["build"]
    assert len(chain(sandbox, started["id"])) == 2


RULE = Failure("exit status 3", Retry(2, "status 3"))


@pytest.mark.parametrize(
    ("status", "limit", "number", "failure", "retried"),
    [
        (Status.FAILED, 1, 0, None, True),
        (Status.FAILED, 1, 1, None, False),
        (Status.FAILED, 0, 0, None, False),
        (Status.FAILED, 0, 1, RULE, True),
        (Status.FAILED, 0, 2, RULE, False),
        (Status.FAILED, 3, 2, RULE, True),
        (Status.FAULT, 3, 0, RULE, False),
        (Status.TIMED_OUT, 3, 0, RULE, False),
        (Status.STOPPED, 3, 0, RULE, False),
        (Status.SUCCEEDED, 3, 0, None, False),
    ],
)
def test_what_codebuild_retries_by_itself(
    status: Status, limit: int, number: int, failure: Failure | None, retried: bool
) -> None:
    assert is_retried(status, limit, number, failure) is retried


def test_only_a_failed_build_is_retried(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    succeeding = sandbox.create_project(build_role, SUCCEEDS, autoRetryLimit=3)
    stopped = sandbox.create_project(build_role, SLEEPS, autoRetryLimit=3)
    started = codebuild.start_build(projectName=succeeding)["build"]
    assert len(chain(sandbox, started["id"])) == 1
    started = codebuild.start_build(projectName=stopped)["build"]
    codebuild.stop_build(id=started["id"])
    assert len(chain(sandbox, started["id"])) == 1


@pytest.mark.parametrize(
    ("on_failure", "builds"),
    [("RETRY", 4), ("RETRY-1", 2), ("RETRY-0", 1), ("RETRY-2-exit status 3", 3), ("RETRY-status 4", 1)],
)
def test_on_failure_retries_the_build(on_failure: str, builds: int, sandbox: Any, build_role: str) -> None:
    phase = f"{{on-failure: '{on_failure}', commands: [exit 3]}}"
    spec = f"version: 0.2\nphases: {{build: {phase}, post_build: {{commands: [echo post]}}}}"
    name = sandbox.create_project(build_role, spec)
    started = sandbox.client("codebuild").start_build(projectName=name)["build"]
    found = chain(sandbox, started["id"])
    assert len(found) == builds
    assert [build["autoRetryConfig"]["autoRetryNumber"] for build in found] == list(range(builds))
    assert {build["buildStatus"] for build in found} == {"FAILED"}
    assert sandbox.output_of(found[0]) == []


def test_deleted_builds_are_gone_and_running_ones_stay(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    name, sleeping = (sandbox.create_project(build_role, spec) for spec in (SUCCEEDS, SLEEPS))
    done = sandbox.finished(codebuild.start_build(projectName=name)["build"]["id"])
    kept = sandbox.finished(codebuild.start_build(projectName=name)["build"]["id"])
    running = codebuild.start_build(projectName=sleeping)["build"]
    answer = codebuild.batch_delete_builds(ids=[done["id"], running["arn"], "nobody:1"])
    assert answer["buildsDeleted"] == [done["arn"]]
    assert answer["buildsNotDeleted"] == [
        {"id": running["arn"], "statusCode": "BUILD_IN_PROGRESS"},
        {
            "id": "arn:aws:codebuild:eu-west-1:111111111111:build/nobody:1",
            "statusCode": "BUILD_NOT_FOUND",
        },
    ]
    assert codebuild.batch_get_builds(ids=[done["id"]])["buildsNotFound"] == [done["id"]]
    assert codebuild.list_builds_for_project(projectName=name)["ids"] == [kept["id"]]
    assert codebuild.start_build(projectName=name)["build"]["buildNumber"] == 3
    codebuild.stop_build(id=running["id"])


@pytest.fixture
def guarded(start_sandbox: Callable[..., Any]) -> Any:
    return start_sandbox("--iam")


@pytest.mark.parametrize(("allowed", "builds"), [("codebuild:RetryBuild", 2), ("codebuild:StopBuild", 1)])
def test_codebuild_retries_with_the_permissions_of_the_project_s_role(
    allowed: str, builds: int, guarded: Any, trust: Callable[..., Any]
) -> None:
    role = guarded.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    statement = {"Effect": "Allow", "Action": ["logs:*", allowed], "Resource": "*"}
    guarded.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="build",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    name = guarded.create_project(role, FAILS, autoRetryLimit=1)
    started = guarded.client("codebuild").start_build(projectName=name)["build"]
    first, *others = chain(guarded, started["id"])
    assert len(others) == builds - 1
    refusals = [line for line in guarded.log_of(first) if "not retried: AccessDenied" in line]
    assert len(refusals) == 2 - builds
