"""CodeBuild's projects."""

from collections.abc import Callable
from typing import Any

import pytest

SPEC = "version: 0.2\nphases: {build: {}}"


def test_a_project_s_life(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    name = sandbox.create_project(build_role, SPEC, description="before", timeoutInMinutes=20)
    arn = f"arn:aws:codebuild:eu-west-1:111111111111:project/{name}"
    (project,) = codebuild.batch_get_projects(names=[name])["projects"]
    assert (project["arn"], project["description"], project["timeoutInMinutes"]) == (arn, "before", 20)
    assert project["queuedTimeoutInMinutes"] == 480

    codebuild.update_project(name=name, description="after")
    (project,) = codebuild.batch_get_projects(names=[arn])["projects"]
    assert (project["description"], project["timeoutInMinutes"]) == ("after", 20)
    assert project["lastModified"] >= project["created"]

    assert name in codebuild.list_projects(sortBy="CREATED_TIME", sortOrder="DESCENDING")["projects"]
    codebuild.delete_project(name=name)
    codebuild.delete_project(name=name)
    assert codebuild.batch_get_projects(names=[name])["projectsNotFound"] == [name]


def test_what_exists_and_what_does_not(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild")
    name = sandbox.create_project(build_role, SPEC)
    (project,) = codebuild.batch_get_projects(names=[name])["projects"]
    members = ("name", "source", "artifacts", "environment", "serviceRole")
    with pytest.raises(codebuild.exceptions.ResourceAlreadyExistsException):
        codebuild.create_project(**{member: project[member] for member in members})
    with pytest.raises(codebuild.exceptions.ResourceNotFoundException):
        codebuild.update_project(name="nobody", description="x")


def test_what_aws_fills_in(sandbox: Any, build_role: str) -> None:
    artifacts = {"type": "S3", "location": "bucket"}
    name = sandbox.create_project(build_role, SPEC, artifacts=artifacts)
    (project,) = sandbox.client("codebuild").batch_get_projects(names=[name])["projects"]
    filled = {"namespaceType": "NONE", "packaging": "NONE", "encryptionDisabled": False, "name": name}
    assert project["artifacts"] == {**artifacts, **filled}
    assert project["cache"] == {"type": "NO_CACHE"}
    assert project["encryptionKey"] == "arn:aws:kms:eu-west-1:111111111111:alias/aws/s3"
    assert project["environment"]["imagePullCredentialsType"] == "CODEBUILD"
    assert (project["timeoutInMinutes"], project["queuedTimeoutInMinutes"]) == (60, 480)


def test_an_account_has_so_many_projects_and_no_more(
    start_sandbox: Callable[..., Any], trust: Callable[..., Any]
) -> None:
    own = start_sandbox("--projects", "2")
    role = own.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    first, _ = (own.create_project(role, SPEC) for _ in range(2))
    codebuild = own.client("codebuild")
    with pytest.raises(codebuild.exceptions.AccountLimitExceededException, match="more than 2"):
        own.create_project(role, SPEC)
    codebuild.delete_project(name=first)
    own.create_project(role, SPEC)
    assert len(codebuild.list_projects()["projects"]) == 2


def test_a_role_that_does_not_trust_codebuild_is_refused(sandbox: Any, trust: Callable[..., Any]) -> None:
    role = sandbox.create_role("dev", trust({"Service": "lambda.amazonaws.com"}))
    codebuild = sandbox.client("codebuild")
    with pytest.raises(codebuild.exceptions.InvalidInputException, match="necessary trust policy"):
        sandbox.create_project(role, SPEC)


def test_projects_come_in_pages_of_a_hundred(sandbox: Any, trust: Callable[..., Any]) -> None:
    role = sandbox.create_role("production", trust({"Service": "codebuild.amazonaws.com"}))
    codebuild = sandbox.client("codebuild", "production", "us-east-1")
    names = [f"many-{number:03}" for number in range(105)]
    for name in names:
        codebuild.create_project(
            name=name,
            source={"type": "NO_SOURCE", "buildspec": SPEC},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
            serviceRole=role,
        )
    first = codebuild.list_projects()
    assert first["projects"] == names[:100]
    second = codebuild.list_projects(nextToken=first["nextToken"])
    assert second["projects"] == names[100:]
    assert "nextToken" not in second
    paginator = codebuild.get_paginator("list_projects")
    assert [
        name for page in paginator.paginate(sortOrder="DESCENDING") for name in page["projects"]
    ] == names[::-1]
