"""What CreateProject, UpdateProject and StartBuild's overrides may say, and what AWS fills in.

What botocore's model can say (lengths, patterns, enums, numbers) was checked before. The rest is here, in
AWS's own words where somebody has quoted them:
https://github.com/hashicorp/terraform-provider-aws/issues/36987, https://github.com/boto/botocore/issues/2531,
https://github.com/wolfeidau/buildkite-serverless-agent/issues/35"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal
from sandbox.aws.roles import service_may_assume

Wire = dict[str, Any]
SERVICE = "codebuild.amazonaws.com"
DEFAULTS: Wire = {
    "description": "",
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "cache": {"type": "NO_CACHE"},
    "tags": [],
    "projectVisibility": "PRIVATE",
}
_SOURCES = ("CODECOMMIT", "NO_SOURCE")
_ARTIFACTS = ("NO_ARTIFACTS", "S3")
_SYSTEMS = ("LINUX_", "ARM_")
_IDENTIFIER = re.compile(r"\w{1,127}", re.ASCII)
_LONGEST_VARIABLE = 4096


def arn_of(caller: Principal, name: str) -> str:
    return f"arn:aws:codebuild:{caller.region}:{caller.account}:project/{name}"


def name_of(name_or_arn: str) -> str:
    return re.sub(r"^arn:aws:codebuild:[^:]*:[^:]*:project/", "", name_or_arn)


def check_definition(caller: Principal, project: Mapping[str, Any]) -> Wire:
    """A project, or a project under a build's overrides, that AWS would take; with what AWS fills in."""
    if "CODEPIPELINE" in (project["source"]["type"], project["artifacts"]["type"]):
        _check_pipeline(project)
    _check_cache(project.get("cache", {"type": "NO_CACHE"}))
    if project.get("autoRetryLimit", 0) < 0:
        raise _refused("Invalid input: autoRetryLimit must not be negative")
    checked = {
        **project,
        "serviceRole": _role(caller, project["serviceRole"], project["name"]),
        "encryptionKey": project.get("encryptionKey")
        or f"arn:aws:kms:{caller.region}:{caller.account}:alias/aws/s3",
        "source": _source(project["source"]),
        "artifacts": _artifacts(project["artifacts"]) | _artifact_name(project),
        "environment": _environment(project["environment"]),
    }
    return checked | _secondary(project)


def _refused(message: str) -> AwsError:
    return AwsError("InvalidInputException", message)


def _check_pipeline(project: Mapping[str, Any]) -> None:
    if project["source"]["type"] != project["artifacts"]["type"]:
        raise _refused(
            "Invalid input: when using CodePipeline both sourceType, and artifactType must be set to: "
            "CODEPIPELINE"
        )


def _role(caller: Principal, role: str, name: str) -> str:
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{caller.account}:role/{role.lstrip('/')}"
    if not re.fullmatch(r"arn:aws:iam::\d{12}:role/.+", arn):
        raise _refused("Invalid service role: ARN is not a role's")
    if arn.split(":")[4] != caller.account:
        raise _refused("Invalid service role: Service role account ID does not match caller's account")
    context = {"aws:SourceAccount": caller.account, "aws:SourceArn": arn_of(caller, name)}
    if not service_may_assume(arn, SERVICE, context):
        raise _refused(
            "CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: "
            "1) The provided service role exists, 2) The role name is case-sensitive and matches exactly, "
            f"and 3) The role has the necessary trust policy configured ({arn})",
        )
    return arn


def _source(source: Mapping[str, Any]) -> Wire:
    kind, location = source["type"], source.get("location")
    if kind not in _SOURCES:
        raise _refused(f"The sandbox does not have source type {kind}, only {', '.join(_SOURCES)}")
    if kind == "NO_SOURCE":
        if location:
            raise _refused("Invalid project source: location must be empty for type NO_SOURCE")
        if not source.get("buildspec"):
            raise _refused("Invalid project source: buildspec is required for type NO_SOURCE")
    elif not location:
        raise _refused(f"Invalid project source: location is required for type {kind}")
    return dict(source)


def _artifacts(artifacts: Mapping[str, Any]) -> Wire:
    kind, location = artifacts["type"], artifacts.get("location", "")
    if kind not in _ARTIFACTS:
        raise _refused(f"The sandbox does not have artifacts of type {kind}, only {', '.join(_ARTIFACTS)}")
    if kind != "S3":
        return dict(artifacts)
    if not location or "/" in location:
        raise _refused(f"Invalid artifacts: location must be a bucket's name, not {location!r}")
    return {"namespaceType": "NONE", "packaging": "NONE", "encryptionDisabled": False, **artifacts}


def _artifact_name(project: Mapping[str, Any]) -> Wire:
    artifacts = project["artifacts"]
    return {"name": project["name"]} if artifacts["type"] == "S3" and not artifacts.get("name") else {}


def _environment(environment: Mapping[str, Any]) -> Wire:
    kind = environment["type"]
    if not kind.startswith(_SYSTEMS):
        raise _refused(f"The sandbox does not have environment type {kind}: builds run on this Linux")
    variables = environment.get("environmentVariables", [])
    for variable in variables:
        if len(variable["value"]) > _LONGEST_VARIABLE:
            raise _refused(f"EnvironmentVariable should be at most {_LONGEST_VARIABLE} characters")
    _check_unique([variable["name"] for variable in variables], "environmentVariables")
    defaults = {"privilegedMode": False, "imagePullCredentialsType": "CODEBUILD"}
    typed = [{"type": "PLAINTEXT", **variable} for variable in variables]
    return {**defaults, **environment, "environmentVariables": typed}


def _check_cache(cache: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectCache.html"""
    if cache["type"] == "S3" and not cache.get("location"):
        raise _refused("Invalid cache: location is required for type S3")


def _secondary(project: Mapping[str, Any]) -> Wire:
    """Secondary sources and artifacts; each has an identifier by which builds and buildspecs know it.

    https://docs.aws.amazon.com/codebuild/latest/userguide/sample-multi-in-out.html"""
    sources, artifacts = project.get("secondarySources", []), project.get("secondaryArtifacts", [])
    for kind, member, ones in (
        ("sourceType", "secondarySources", sources),
        ("artifactType", "secondaryArtifacts", artifacts),
    ):
        if any(one["type"] == "CODEPIPELINE" for one in ones):
            raise _refused(f"Invalid input: {kind} CODEPIPELINE is not allowed for {member}")
    known = _identifiers(sources, "sourceIdentifier")
    _identifiers(artifacts, "artifactIdentifier")
    versions = project.get("secondarySourceVersions", [])
    for name in _identifiers(versions, "sourceIdentifier"):
        if name not in known:
            raise _refused(f"Invalid input: secondarySourceVersions names no secondary source: {name}")
    checked = {
        "secondarySources": [_source(one) for one in sources],
        "secondaryArtifacts": [_artifacts(one) for one in artifacts],
        "secondarySourceVersions": list(versions),
    }
    return {member: checked[member] for member in checked if member in project}


def _identifiers(ones: Iterable[Mapping[str, Any]], member: str) -> list[str]:
    names = [one.get(member, "") for one in ones]
    for name in names:
        if not _IDENTIFIER.fullmatch(name):
            raise _refused(
                "Invalid input: identifier must contain only alphanumeric characters and underscores and be "
                "less than 128 characters in length"
            )
    _check_unique(names, member)
    return names


def _check_unique(names: list[str], member: str) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise _refused(f"Invalid input: duplicates in {member}: {', '.join(sorted(twice))}")
