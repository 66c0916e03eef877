"""CodeBuild's projects and builds. Three builds of seconds: one succeeds, one fails, one is stopped."""

from typing import Any

import pytest
from botocore.config import Config

from tests.contracts.aws.account import Account, until

PHASES = [
    *(
        "SUBMITTED",
        "QUEUED",
        "PROVISIONING",
        "DOWNLOAD_SOURCE",
        "INSTALL",
        "PRE_BUILD",
        "BUILD",
        "POST_BUILD",
    ),
    *("UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"),
]
UNKNOWN = "nobody:00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def green(account: Account, projects: Any) -> dict[str, Any]:
    """A build that succeeded, of a project of its own."""
    project = projects.create('echo "hello $NAME"', "export MADE=made-of-$NAME")
    request = {
        "projectName": project,
        "environmentVariablesOverride": [{"name": "NAME", "value": "world", "type": "PLAINTEXT"}],
        "timeoutInMinutesOverride": 6,
        "queuedTimeoutInMinutesOverride": 5,
        "autoRetryLimitOverride": 0,
        "idempotencyToken": account.name("token"),
    }
    started = projects.codebuild.start_build(**request)["build"]
    again = projects.codebuild.start_build(**request)["build"]
    return {"request": request, "started": started, "again": again, "build": projects.finished(started["id"])}


@pytest.fixture(scope="module")
def red(projects: Any) -> dict[str, Any]:
    """A build whose command failed."""
    project = projects.create("exit 3")
    build_id = projects.codebuild.start_build(projectName=project)["build"]["id"]
    found: dict[str, Any] = projects.finished(build_id)
    return found


def test_a_project_s_life(account: Account, projects: Any) -> None:
    codebuild = projects.codebuild
    name = projects.create("echo one", description="before", tags=[{"key": "team", "value": "payments"}])
    (project,) = codebuild.batch_get_projects(names=[name])["projects"]
    arn = f"arn:aws:codebuild:{account.region}:{account.id}:project/{name}"
    assert (project["arn"], project["description"], project["timeoutInMinutes"]) == (arn, "before", 5)
    assert project["queuedTimeoutInMinutes"] == 480
    assert project["tags"] == [{"key": "team", "value": "payments"}]
    with pytest.raises(codebuild.exceptions.ResourceAlreadyExistsException):
        codebuild.create_project(name=name, **projects.definition("echo two"))
    changed = codebuild.update_project(name=name, description="after")["project"]
    assert (changed["description"], changed["timeoutInMinutes"]) == ("after", 5)
    assert changed["lastModified"] >= changed["created"]
    pages = codebuild.get_paginator("list_projects").paginate(sortBy="CREATED_TIME", sortOrder="DESCENDING")
    assert name in [listed for page in pages for listed in page["projects"]]
    codebuild.delete_project(name=name)
    assert codebuild.batch_get_projects(names=[name])["projectsNotFound"] == [name]
    codebuild.delete_project(name=name)


def test_a_build_that_succeeds(account: Account, green: dict[str, Any]) -> None:
    build, project = green["build"], green["request"]["projectName"]
    assert (build["buildStatus"], build["currentPhase"], build["buildComplete"]) == (
        "SUCCEEDED",
        "COMPLETED",
        True,
    )
    assert [phase["phaseType"] for phase in build["phases"]] == PHASES
    assert {phase.get("phaseStatus") for phase in build["phases"][:-1]} == {"SUCCEEDED"}
    assert build["id"] == green["started"]["id"]
    assert build["id"].startswith(f"{project}:")
    assert build["arn"] == f"arn:aws:codebuild:{account.region}:{account.id}:build/{build['id']}"
    assert (build["projectName"], build["buildNumber"]) == (project, 1)
    assert (build["timeoutInMinutes"], build["queuedTimeoutInMinutes"]) == (6, 5)
    assert build["startTime"] <= build["endTime"]
    assert build["exportedEnvironmentVariables"] == [{"name": "MADE", "value": "made-of-world"}]


def test_starting_is_asynchronous_and_the_first_answer_whole(green: dict[str, Any]) -> None:
    started = green["started"]
    assert (started["buildStatus"], started["buildComplete"]) == ("IN_PROGRESS", False)
    assert started["currentPhase"] in PHASES[:-1]
    assert "endTime" not in started


def test_a_token_starts_one_build(projects: Any, green: dict[str, Any]) -> None:
    assert green["again"]["id"] == green["started"]["id"]
    codebuild, request = projects.codebuild, green["request"]
    with pytest.raises(codebuild.exceptions.InvalidInputException):
        codebuild.start_build(**{**request, "environmentVariablesOverride": []})
    assert codebuild.list_builds_for_project(projectName=request["projectName"])["ids"] == [
        green["build"]["id"]
    ]


def test_its_log(account: Account, green: dict[str, Any]) -> None:
    place = {
        "logGroupName": green["build"]["logs"]["groupName"],
        "logStreamName": green["build"]["logs"]["streamName"],
    }
    logs = account.client("logs")
    lines = until(
        lambda: [
            event["message"].rstrip("\n")
            for event in logs.get_log_events(**place, startFromHead=True)["events"]
        ],
        lambda lines: any("Phase complete: BUILD" in line for line in lines),
    )
    assert "hello world" in lines
    assert any(line.endswith('Running command echo "hello $NAME"') for line in lines)


def test_a_build_that_fails(red: dict[str, Any]) -> None:
    assert (red["buildStatus"], red["buildComplete"]) == ("FAILED", True)
    statuses = {phase["phaseType"]: phase.get("phaseStatus") for phase in red["phases"]}
    assert list(statuses) == PHASES
    assert [name for name, status in statuses.items() if status == "FAILED"] == ["BUILD"]
    (context,) = next(phase for phase in red["phases"] if phase["phaseType"] == "BUILD")["contexts"]
    assert context["statusCode"] == "COMMAND_EXECUTION_ERROR"
    assert context["message"].startswith("Error while executing command: exit 3. Reason: exit status 3")


def test_a_build_that_is_stopped(projects: Any) -> None:
    codebuild = projects.codebuild
    build_id = codebuild.start_build(projectName=projects.create("sleep 240"))["build"]["id"]
    until(lambda: projects.build(build_id), lambda build: build["currentPhase"] == "BUILD")
    assert codebuild.stop_build(id=build_id)["build"]["id"] == build_id
    build = projects.finished(build_id)
    assert (build["buildStatus"], build["currentPhase"]) == ("STOPPED", "COMPLETED")


def test_the_newest_builds_are_listed_first(
    projects: Any, green: dict[str, Any], red: dict[str, Any]
) -> None:
    codebuild, both = projects.codebuild, [red["id"], green["build"]["id"]]
    listed = codebuild.list_builds()["ids"]
    assert [build_id for build_id in listed if build_id in both] == both
    assert codebuild.batch_get_builds(ids=[*both, UNKNOWN])["buildsNotFound"] == [UNKNOWN]


def test_the_command_line_tells_the_same(account: Account, green: dict[str, Any]) -> None:
    build = green["build"]
    (told,) = account.cli("codebuild", "BatchGetBuilds", "--ids", build["id"])["builds"]
    assert (told["id"], told["buildStatus"]) == (build["id"], build["buildStatus"])
    listed = account.cli("codebuild", "ListBuildsForProject", "--project-name", build["projectName"])
    assert listed["ids"] == [build["id"]]
    (project,) = account.cli("codebuild", "BatchGetProjects", "--names", build["projectName"])["projects"]
    assert project["name"] == build["projectName"]


def test_what_is_not_there(projects: Any) -> None:
    codebuild, nobody = projects.codebuild, "release-ops-contract-nobody"
    for call in (
        lambda: codebuild.start_build(projectName=nobody),
        lambda: codebuild.list_builds_for_project(projectName=nobody),
        lambda: codebuild.update_project(name=nobody, description="x"),
        lambda: codebuild.stop_build(id=UNKNOWN),
        lambda: codebuild.retry_build(id=UNKNOWN),
    ):
        with pytest.raises(codebuild.exceptions.ResourceNotFoundException):
            call()


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeoutInMinutes": 4},
        {"timeoutInMinutes": 2161},
        {"queuedTimeoutInMinutes": 481},
        {"name": "no spaces"},
        {"source": {"type": "NO_SOURCE"}},
        {"source": {"type": "CODECOMMIT"}},
        {"artifacts": {"type": "S3"}},
        {"environment": {"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_TINY"}},
        {"environment": {"type": "LINUX_CONTAINER", "image": "x"}},
        {"serviceRole": "arn:aws:iam::000000000000:role/other"},
    ],
    ids=str,
)
def test_a_project_that_is_refused(wrong: dict[str, Any], account: Account, projects: Any) -> None:
    codebuild = account.client("codebuild", config=Config(parameter_validation=False))
    request = {"name": account.name("refused"), **projects.definition("echo one"), **wrong}
    with account.check.invalid_on_purpose(), pytest.raises(codebuild.exceptions.InvalidInputException):
        codebuild.create_project(**request)


def test_retrying_a_build(projects: Any, red: dict[str, Any]) -> None:
    codebuild = projects.codebuild
    retried = codebuild.retry_build(id=red["id"])["build"]
    assert retried["id"] != red["id"]
    assert (retried["projectName"], retried["buildStatus"]) == (red["projectName"], "IN_PROGRESS")
    build = projects.finished(retried["id"])
    assert (build["buildStatus"], build["buildNumber"]) == ("FAILED", 2)
    both = [red["id"], build["id"]]
    for order, expected in (("ASCENDING", both), ("DESCENDING", both[::-1])):
        listed = codebuild.list_builds_for_project(projectName=red["projectName"], sortOrder=order)
        assert listed["ids"] == expected
    deleted = codebuild.batch_delete_builds(ids=[retried["id"], UNKNOWN])
    assert deleted["buildsDeleted"] == [build["arn"]]
    assert len(deleted["buildsNotDeleted"]) == 1
    assert codebuild.batch_get_builds(ids=[retried["id"]])["buildsNotFound"] == [retried["id"]]
