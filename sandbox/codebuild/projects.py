"""CodeBuild's projects: what CreateProject and UpdateProject accept, and what BatchGetProjects shows."""

import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal
from sandbox.aws.roles import service_may_assume

Wire = dict[str, Any]
SERVICE = "codebuild.amazonaws.com"
_DEFAULTS: Wire = {
    "description": "",
    "timeoutInMinutes": 60,
    "queuedTimeoutInMinutes": 480,
    "cache": {"type": "NO_CACHE"},
    "tags": [],
    "projectVisibility": "PRIVATE",
}
_SOURCES = ("CODECOMMIT", "NO_SOURCE")
_ARTIFACTS = ("NO_ARTIFACTS", "S3")


class Projects:
    """All accounts' projects, by account, region and name."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._projects: dict[tuple[str, str, str], Wire] = {}

    def create(self, caller: Principal, request: Wire) -> Wire:
        name, now = request["name"], round(time.time(), 3)
        project = {**_DEFAULTS, **request, "arn": arn_of(caller, name), "created": now, "lastModified": now}
        project = check_project(caller, project)
        with self._lock:
            if (caller.account, caller.region, name) in self._projects:
                raise AwsError(
                    "ResourceAlreadyExistsException", f"Project already exists: {arn_of(caller, name)}"
                )
            self._projects[caller.account, caller.region, name] = project
        return project

    def update(self, caller: Principal, request: Wire) -> Wire:
        """Members that are given replace the project's; the others stay."""
        with self._lock:
            current = self._get(caller, request["name"])
            changed = check_project(caller, {**current, **request, "lastModified": round(time.time(), 3)})
            self._projects[caller.account, caller.region, request["name"]] = changed
        return changed

    def get(self, caller: Principal, name: str) -> Wire:
        with self._lock:
            return self._get(caller, name)

    def find(self, caller: Principal, name_or_arn: str) -> Wire | None:
        with self._lock:
            return self._projects.get((caller.account, caller.region, name_of(name_or_arn)))

    def names(self, caller: Principal) -> list[str]:
        with self._lock:
            return [name for *place, name in self._projects if place == [caller.account, caller.region]]

    def all(self, caller: Principal) -> list[Wire]:
        return [self.get(caller, name) for name in self.names(caller)]

    def delete(self, caller: Principal, name: str) -> None:
        with self._lock:
            self._projects.pop((caller.account, caller.region, name_of(name)), None)

    def _get(self, caller: Principal, name: str) -> Wire:
        project = self._projects.get((caller.account, caller.region, name_of(name)))
        if project is None:
            raise AwsError(
                "ResourceNotFoundException", f"Project cannot be found: {arn_of(caller, name_of(name))}"
            )
        return project


def arn_of(caller: Principal, name: str) -> str:
    return f"arn:aws:codebuild:{caller.region}:{caller.account}:project/{name}"


def name_of(name_or_arn: str) -> str:
    return re.sub(r"^arn:aws:codebuild:[^:]*:[^:]*:project/", "", name_or_arn)


def check_project(caller: Principal, project: Mapping[str, Any]) -> Wire:
    """A project, or a project under a build's overrides, that AWS would take; with its role's full ARN."""
    return {**project, "serviceRole": _role(caller, project["serviceRole"], project["name"])} | {
        "source": _source(project["source"]),
        "artifacts": _artifacts(project["artifacts"]),
    }


def _role(caller: Principal, role: str, name: str) -> str:
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{caller.account}:role/{role.lstrip('/')}"
    if not re.fullmatch(r"arn:aws:iam::\d{12}:role/.+", arn):
        raise AwsError("InvalidInputException", "Invalid service role: ARN is not a role's")
    if arn.split(":")[4] != caller.account:
        raise AwsError(
            "InvalidInputException",
            "Invalid service role: Service role account ID does not match caller's account",
        )
    context = {"aws:SourceAccount": caller.account, "aws:SourceArn": arn_of(caller, name)}
    if not service_may_assume(arn, SERVICE, context):
        raise AwsError(
            "InvalidInputException",
            "CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: "
            "1) The provided service role exists, 2) The role name is case-sensitive and matches exactly, "
            f"and 3) The role has the necessary trust policy configured ({arn})",
        )
    return arn


def _source(source: Mapping[str, Any]) -> Wire:
    kind, location = source["type"], source.get("location")
    if kind not in _SOURCES:
        raise AwsError(
            "InvalidInputException",
            f"The sandbox does not have source type {kind}, only {', '.join(_SOURCES)}",
        )
    if kind == "NO_SOURCE":
        if location:
            raise AwsError(
                "InvalidInputException", "Invalid project source: location must be empty for type NO_SOURCE"
            )
        if not source.get("buildspec"):
            raise AwsError(
                "InvalidInputException", "Invalid project source: buildspec is required for type NO_SOURCE"
            )
    elif not location:
        raise AwsError(
            "InvalidInputException", f"Invalid project source: location is required for type {kind}"
        )
    return dict(source)


def _artifacts(artifacts: Mapping[str, Any]) -> Wire:
    kind, location = artifacts["type"], artifacts.get("location", "")
    if kind not in _ARTIFACTS:
        raise AwsError(
            "InvalidInputException",
            f"The sandbox does not have artifacts of type {kind}, only {', '.join(_ARTIFACTS)}",
        )
    if kind == "S3" and (not location or "/" in location):
        raise AwsError(
            "InvalidInputException", f"Invalid artifacts: location must be a bucket's name, not {location!r}"
        )
    return dict(artifacts)
