"""What CreateProject and UpdateProject refuse, in AWS's words, and what they take."""

from typing import Any

import pytest

SPEC = "version: 0.2\nphases: {build: {}}"


def the(member: str, value: str, constraint: str) -> str:
    """One mistake, as AWS's front end writes it."""
    return (
        f"1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: "
        f"Member must {constraint}"
    )


def secondary(kind: str = "NO_SOURCE", **members: Any) -> dict[str, Any]:
    return {"type": kind, "buildspec": SPEC, **members}


def environment(**members: Any) -> dict[str, Any]:
    return {"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL", **members}


TWO_TO_150 = "[A-Za-z0-9][A-Za-z0-9\\-_]{1,149}"
TAG = "^([\\p{L}\\p{Z}\\p{N}_.:/=@+\\-]*)$"
REFUSED = [
    # What botocore's model says, in the words of AWS's front end.
    ({"timeoutInMinutes": 4}, the("timeoutInMinutes", "'4'", "have value greater than or equal to 5")),
    ({"timeoutInMinutes": 2161}, the("timeoutInMinutes", "'2161'", "have value less than or equal to 2160")),
    (
        {"queuedTimeoutInMinutes": 4},
        the("queuedTimeoutInMinutes", "'4'", "have value greater than or equal to 5"),
    ),
    (
        {"queuedTimeoutInMinutes": 481},
        the("queuedTimeoutInMinutes", "'481'", "have value less than or equal to 480"),
    ),
    (
        {"description": "d" * 256},
        "at 'description' failed to satisfy constraint: Member must have length",
    ),
    ({"name": "no spaces"}, the("name", "'no spaces'", f"satisfy regular expression pattern: {TWO_TO_150}")),
    ({"name": "-dash"}, the("name", "'-dash'", f"satisfy regular expression pattern: {TWO_TO_150}")),
    ({"name": "x" * 151}, "Member must have length less than or equal to 150"),
    ({"serviceRole": ""}, the("serviceRole", "''", "have length greater than or equal to 1")),
    (
        {"environment": {"type": "LINUX_CONTAINER", "image": "x"}},
        the("environment.computeType", "null", "not be null"),
    ),
    (
        {"environment": environment(type="LINUX")},
        "Value 'LINUX' at 'environment.type' failed to satisfy constraint: Member must satisfy enum",
    ),
    (
        {"environment": environment(environmentVariables=[{"name": "A", "value": "1"}, {"value": "x"}])},
        the("environment.environmentVariables.2.member.name", "null", "not be null"),
    ),
    ({"tags": [{"key": "k", "value": "v"}] * 51}, "at 'tags' failed to satisfy constraint: Member must have"),
    (
        {"tags": [{"key": "no#hash", "value": "v"}]},
        the("tags.1.member.key", "'no#hash'", f"satisfy regular expression pattern: {TAG}"),
    ),
    ({"secondarySources": [secondary()] * 13}, "Member must have length less than or equal to 12"),
    # What only CodeBuild can say.
    ({"environment": environment(type="WINDOWS_CONTAINER")}, "does not have environment type WINDOWS"),
    ({"source": {"type": "NO_SOURCE"}}, "buildspec is required"),
    ({"source": secondary(location="https://x")}, "location must be empty"),
    ({"source": {"type": "CODECOMMIT"}}, "location is required"),
    ({"source": {"type": "GITHUB", "location": "https://github.com/a/b"}}, "source type GITHUB"),
    (
        {"source": {"type": "CODEPIPELINE"}},
        "when using CodePipeline both sourceType, and artifactType must be set to: CODEPIPELINE",
    ),
    ({"artifacts": {"type": "S3"}}, "location must be a bucket's name"),
    ({"artifacts": {"type": "S3", "location": "bucket/path"}}, "location must be a bucket's name"),
    ({"cache": {"type": "S3"}}, "Invalid cache: location is required for type S3"),
    (
        {"environment": environment(environmentVariables=[{"name": "A", "value": "x" * 4097}])},
        "EnvironmentVariable should be at most 4096 characters",
    ),
    (
        {"environment": environment(environmentVariables=[{"name": "A", "value": "1"}] * 2)},
        "duplicates in environmentVariables: A",
    ),
    (
        {"secondarySources": [secondary("CODEPIPELINE", sourceIdentifier="a")]},
        "Invalid input: sourceType CODEPIPELINE is not allowed for secondarySources",
    ),
    (
        {"secondaryArtifacts": [{"type": "CODEPIPELINE", "artifactIdentifier": "a"}]},
        "Invalid input: artifactType CODEPIPELINE is not allowed for secondaryArtifacts",
    ),
    (
        {"secondarySources": [secondary(sourceIdentifier="a-b")]},
        "identifier must contain only alphanumeric characters and underscores and be less than 128",
    ),
    ({"secondarySources": [secondary()]}, "identifier must contain only alphanumeric characters"),
    ({"secondarySources": [secondary(sourceIdentifier="a")] * 2}, "duplicates in sourceIdentifier: a"),
    (
        {"secondarySourceVersions": [{"sourceIdentifier": "a", "sourceVersion": "main"}]},
        "names no secondary source: a",
    ),
    ({"autoRetryLimit": -2}, "autoRetryLimit must not be negative"),
    ({"concurrentBuildLimit": 0}, "Project-level concurrent build limit must be a positive number"),
    (
        {"concurrentBuildLimit": 21},
        "Project-level concurrent build limit cannot exceed the account-level concurrent build limit of 20.",
    ),
    (
        {"serviceRole": "arn:aws:iam::111111111111:role/nobody"},
        "not authorized to perform: sts:AssumeRole",
    ),
    ({"serviceRole": "arn:aws:iam::111111111111:user/admin"}, "ARN is not a role's"),
    ({"serviceRole": "arn:aws:iam::222222222222:role/other"}, "account ID does not match"),
]


@pytest.mark.parametrize(("members", "message"), REFUSED)
def test_what_aws_refuses_is_refused(
    members: dict[str, Any], message: str, sandbox: Any, build_role: str
) -> None:
    codebuild = sandbox.client("codebuild", parameter_validation=False)
    definition = {
        "name": "refused",
        "source": {"type": "NO_SOURCE", "buildspec": SPEC},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": environment(),
        "serviceRole": build_role,
        **members,
    }
    with pytest.raises(codebuild.exceptions.InvalidInputException) as refused:
        codebuild.create_project(**definition)
    assert message in str(refused.value)
    assert codebuild.batch_get_projects(names=["refused"])["projects"] == []


@pytest.mark.parametrize(
    "members",
    [
        pytest.param({"timeoutInMinutes": 5, "queuedTimeoutInMinutes": 5}, id="the shortest timeouts"),
        pytest.param({"timeoutInMinutes": 2160, "queuedTimeoutInMinutes": 480}, id="the longest timeouts"),
        pytest.param(
            {"tags": [{"key": f"Straße {n}", "value": "a@b:c/d=e+f-g"} for n in range(50)]}, id="fifty tags"
        ),
        pytest.param({"secondarySources": [secondary(sourceIdentifier="a_1")]}, id="a secondary source"),
        pytest.param({"cache": {"type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"]}}, id="a cache"),
        pytest.param({"concurrentBuildLimit": 20, "autoRetryLimit": 10}, id="limits"),
        pytest.param({"badgeEnabled": True, "encryptionKey": "alias/mine"}, id="a badge and a key"),
    ],
)
def test_what_aws_takes_is_kept(members: dict[str, Any], sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, SPEC, **members)
    (project,) = sandbox.client("codebuild").batch_get_projects(names=[name])["projects"]
    badge = {"badgeEnabled": members.pop("badgeEnabled", False)}
    assert project["badge"] == badge
    assert {member: project[member] for member in members} == members


def test_an_update_is_held_to_the_same_rules(sandbox: Any, build_role: str) -> None:
    codebuild = sandbox.client("codebuild", parameter_validation=False)
    name = sandbox.create_project(build_role, SPEC, concurrentBuildLimit=2)
    for members, message in (
        ({"timeoutInMinutes": 1}, "Member must have value greater than or equal to 5"),
        ({"concurrentBuildLimit": 21}, "cannot exceed the account-level concurrent build limit"),
    ):
        with pytest.raises(codebuild.exceptions.InvalidInputException, match=message):
            codebuild.update_project(name=name, **members)
    assert codebuild.update_project(name=name)["project"]["concurrentBuildLimit"] == 2
    assert (
        "concurrentBuildLimit" not in codebuild.update_project(name=name, concurrentBuildLimit=-1)["project"]
    )


def test_several_mistakes_are_all_named(sandbox: Any) -> None:
    codebuild = sandbox.client("codebuild", parameter_validation=False)
    with pytest.raises(codebuild.exceptions.InvalidInputException) as refused:
        codebuild.create_project(name="x", timeoutInMinutes=1)
    message = str(refused.value)
    # Without source, artifacts, environment and role, a short name that is no name, and a short timeout.
    assert "7 validation errors detected: " in message
    assert message.count("; Value ") == 6
