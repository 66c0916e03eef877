"""Builds, as StartBuild, StopBuild and the reads have them."""

import time
from collections.abc import Callable
from typing import Any

import pytest

SUCCEEDS = "version: 0.2\nphases: {build: {commands: [echo built]}}"
SLEEPS = "version: 0.2\nphases: {build: {commands: [echo started, sleep 120]}}"
ALL_PHASES = [
    "SUBMITTED",
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
    "COMPLETED",
]


def test_a_build_has_every_phase_with_its_times(run_build: Callable[..., Any]) -> None:
    build = run_build(SUCCEEDS)
    assert [phase["phaseType"] for phase in build["phases"]] == ALL_PHASES
    *phases, completed = build["phases"]
    for phase in phases:
        assert phase["phaseStatus"] == "SUCCEEDED"
        assert phase["startTime"] <= phase["endTime"]
        assert phase["durationInSeconds"] >= 0
    assert set(completed) == {"phaseType", "startTime"}
    assert build["startTime"] <= build["endTime"]
    assert (build["currentPhase"], build["buildStatus"]) == ("COMPLETED", "SUCCEEDED")
    assert build["id"].startswith(f"{build['projectName']}:")
    assert build["arn"].endswith(f":build/{build['id']}")
    assert build["initiator"] == "admin"


def test_reads_change_nothing(sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, SLEEPS)
    build_id = sandbox.client("codebuild").start_build(projectName=name)["build"]["id"]
    sandbox.wait_for(lambda: sandbox.build(build_id), lambda build: build["currentPhase"] == "BUILD")
    reads = [sandbox.build(build_id) for _ in range(5)]
    assert reads == [reads[0]] * 5
    assert reads[0]["buildStatus"] == "IN_PROGRESS"
    sandbox.client("codebuild").stop_build(id=build_id)


def test_builds_are_numbered_per_project(sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, SUCCEEDS)
    codebuild = sandbox.client("codebuild")
    assert [codebuild.start_build(projectName=name)["build"]["buildNumber"] for _ in range(3)] == [1, 2, 3]


def test_overrides_win_over_the_project(run_build: Callable[..., Any], sandbox: Any) -> None:
    build = run_build(
        "version: 0.2\nphases: {build: {commands: ['exit 1']}}",
        {"timeoutInMinutes": 30},
        buildspecOverride=SUCCEEDS,
        timeoutInMinutesOverride=7,
        queuedTimeoutInMinutesOverride=9,
        imageOverride="aws/codebuild/other:1",
        autoRetryLimitOverride=0,
    )
    assert build["buildStatus"] == "SUCCEEDED"
    assert (build["timeoutInMinutes"], build["queuedTimeoutInMinutes"]) == (7, 9)
    assert build["environment"]["image"] == "aws/codebuild/other:1"
    assert build["autoRetryConfig"] == {"autoRetryLimit": 0, "autoRetryNumber": 0}


def test_stop_build_kills_what_runs(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    name = sandbox.create_project(build_role, SLEEPS)
    build_id = codebuild.start_build(projectName=name)["build"]["id"]
    sandbox.wait_for(lambda: sandbox.build(build_id), lambda build: build["currentPhase"] == "BUILD")
    started = time.monotonic()
    codebuild.stop_build(id=build_id)
    build = sandbox.finished(build_id)
    assert time.monotonic() - started < 5
    assert build["buildStatus"] == "STOPPED"
    assert [phase["phaseType"] for phase in build["phases"][-2:]] == ["BUILD", "COMPLETED"]
    assert build["phases"][-2]["phaseStatus"] == "STOPPED"
    assert codebuild.stop_build(id=build_id)["build"]["buildStatus"] == "STOPPED"


def test_builds_run_at_the_same_time(sandbox: Any, build_role: str) -> None:
    """Each waits for a file that the next one makes."""
    meeting = sandbox.state.parent / "meeting"
    come = f"mkdir -p {meeting}; touch {meeting}/$CODEBUILD_BUILD_NUMBER"
    wait = f"for i in $(seq 200); do [ $(ls {meeting} | wc -l) = 3 ] && exit 0; sleep 0.1; done; exit 1"
    spec = f"version: 0.2\nphases: {{build: {{commands: ['{come}', '{wait}']}}}}"
    name = sandbox.create_project(build_role, spec)
    codebuild = sandbox.client("codebuild")
    ids = [codebuild.start_build(projectName=name)["build"]["id"] for _ in range(3)]
    assert [sandbox.finished(build_id)["buildStatus"] for build_id in ids] == ["SUCCEEDED"] * 3


def test_the_list_operations_sort_and_page(sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, "version: 0.2\nphases: {build: {}}", concurrentBuildLimit=20)
    codebuild = sandbox.client("codebuild")
    started = [codebuild.start_build(projectName=name)["build"]["id"] for _ in range(6)]
    newest = codebuild.list_builds_for_project(projectName=name)["ids"]
    oldest = codebuild.list_builds_for_project(projectName=name, sortOrder="ASCENDING")["ids"]
    assert (newest, oldest) == (started[::-1], started)
    assert codebuild.list_builds()["ids"][:6] == started[::-1]
    with pytest.raises(codebuild.exceptions.InvalidInputException):
        codebuild.list_builds(nextToken="nonsense")


def test_what_is_not_there(sandbox: Any) -> None:
    codebuild = sandbox.client("codebuild")
    unknown = "nobody:00000000-0000-0000-0000-000000000000"
    assert codebuild.batch_get_builds(ids=[unknown]) | {"ResponseMetadata": None} == {
        "builds": [],
        "buildsNotFound": [unknown],
        "ResponseMetadata": None,
    }
    for call in (
        lambda: codebuild.start_build(projectName="nobody"),
        lambda: codebuild.list_builds_for_project(projectName="nobody"),
        lambda: codebuild.stop_build(id=unknown),
    ):
        with pytest.raises(codebuild.exceptions.ResourceNotFoundException, match="cannot be found"):
            call()


def test_the_builds_of_another_account_or_region_are_not_there(
    sandbox: Any, run_build: Callable[..., Any]
) -> None:
    build_id = run_build(SUCCEEDS)["id"]
    for elsewhere in ({"account": "staging"}, {"region": "us-east-1"}):
        assert sandbox.client("codebuild", **elsewhere).batch_get_builds(ids=[build_id])["builds"] == []


def test_the_same_token_starts_one_build(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    name = sandbox.create_project(build_role, SUCCEEDS)
    request = {
        "projectName": name,
        "idempotencyToken": f"token-{name}",
        "environmentVariablesOverride": [{"name": "A", "value": "1", "type": "PLAINTEXT"}],
    }
    first = codebuild.start_build(**request)["build"]["id"]
    assert codebuild.start_build(**request)["build"]["id"] == first
    with pytest.raises(codebuild.exceptions.InvalidInputException, match="different parameters"):
        codebuild.start_build(**{**request, "environmentVariablesOverride": []})
    assert codebuild.start_build(**{**request, "idempotencyToken": "another"})["build"]["id"] != first
    assert len(codebuild.list_builds_for_project(projectName=name)["ids"]) == 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"timeoutInMinutesOverride": 4},
            "'timeoutInMinutesOverride' failed to satisfy constraint: Member must have value greater than or",
        ),
        ({"timeoutInMinutesOverride": 2161}, "Member must have value less than or equal to 2160"),
        ({"computeTypeOverride": "BUILD_GENERAL1_TINY"}, "Member must satisfy enum value set"),
        ({"sourceTypeOverride": "BITBUCKET"}, "source type BITBUCKET"),
        ({"environmentTypeOverride": "MAC_ARM"}, "environment type MAC_ARM"),
        ({"debugSessionEnabled": True}, "debug sessions"),
        ({"serviceRoleOverride": "arn:aws:iam::222222222222:role/other"}, "account ID does not match"),
    ],
)
def test_what_aws_refuses_is_refused(
    overrides: dict[str, Any], message: str, sandbox: Any, build_role: str
) -> None:
    name = sandbox.create_project(build_role, SUCCEEDS)
    codebuild = sandbox.client("codebuild", parameter_validation=False)
    with pytest.raises(codebuild.exceptions.InvalidInputException) as refused:
        codebuild.start_build(projectName=name, **overrides)
    assert message in str(refused.value)
    assert codebuild.list_builds_for_project(projectName=name)["ids"] == []


def test_a_build_s_record_has_every_member_that_aws_gives(
    sandbox: Any, build_role: str, run_build: Callable[..., Any]
) -> None:
    """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html, but for VPCs and batches."""
    build = run_build(SUCCEEDS)
    shape = sandbox.client("codebuild").meta.service_model.shape_for("Build")
    elsewhere = {"vpcConfig", "networkInterface", "debugSession", "buildBatchArn", "fileSystemLocations"}
    of_sources = {"sourceVersion", "resolvedSourceVersion", "secondarySources", "secondarySourceVersions"}
    assert set(build) == set(shape.members) - elsewhere - of_sources
    assert build["environment"] == {
        "type": "LINUX_CONTAINER",
        "image": "aws/codebuild/standard:7.0",
        "computeType": "BUILD_GENERAL1_SMALL",
        "environmentVariables": [],
        "privilegedMode": False,
        "imagePullCredentialsType": "CODEBUILD",
    }
    assert build["serviceRole"] == build_role
    assert build["encryptionKey"] == "arn:aws:kms:eu-west-1:111111111111:alias/aws/s3"
    empty = ("exportedEnvironmentVariables", "reportArns", "secondaryArtifacts")
    assert [build[member] for member in empty] == [[], [], []]


def test_builds_come_in_pages_of_a_hundred(
    start_sandbox: Callable[..., Any], trust: Any, tmp_path: Any
) -> None:
    script = tmp_path / "script.yaml"
    script.write_text("builds: [{project: '*', phase: QUEUED, outcome: FAILED}]")
    own = start_sandbox("--script", str(script))
    role = own.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    name, other = (own.create_project(role, SUCCEEDS) for _ in range(2))
    codebuild = own.client("codebuild")
    codebuild.start_build(projectName=other)
    started = [codebuild.start_build(projectName=name)["build"]["id"] for _ in range(103)]

    first = codebuild.list_builds_for_project(projectName=name)
    assert first["ids"] == started[:2:-1]
    newer = codebuild.start_build(projectName=name)["build"]["id"]
    second = codebuild.list_builds_for_project(projectName=name, nextToken=first["nextToken"])
    assert second["ids"] == started[2::-1], "a build that came meanwhile moves nothing"
    assert "nextToken" not in second

    for operation, arguments in (("list_builds_for_project", {"projectName": name}), ("list_builds", {})):
        pages = codebuild.get_paginator(operation).paginate(sortOrder="ASCENDING", **arguments)
        found = [one for page in pages for one in page["ids"] if not one.startswith(other)]
        assert found == [*started, newer]
    with pytest.raises(codebuild.exceptions.InvalidInputException, match="length less than or equal to 100"):
        own.client("codebuild", parameter_validation=False).batch_get_builds(ids=started[:101])
