"""A CodeBuild in memory that refuses what AWS would refuse: requests are checked against its model."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

MODEL = botocore.session.get_session().get_service_model("codebuild")
TOKEN_LIFETIME = timedelta(minutes=5)
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


@dataclass
class FakeCodeBuild:
    """Stands for boto3's client. `now` is set by the test; builds end only when it says so."""

    projects: tuple[str, ...] = ("orders-staging",)
    now: datetime = START
    builds: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    raises: dict[str, Exception] = field(default_factory=dict)
    page: int = 100
    lag: timedelta = timedelta(0)
    """How long a new build is missing from the list."""

    def start_build(self, **request: Any) -> dict[str, Any]:
        self._check("StartBuild", request)
        for build in self.builds:
            fresh = self.now - build["startTime"] < TOKEN_LIFETIME
            if fresh and build["_request"]["idempotencyToken"] == request["idempotencyToken"]:
                if build["_request"] != request:
                    raise error("StartBuild", "InvalidInputException", "Parameter mismatch")
                return {"build": _shown(build)}
        build = {
            "id": f"{request['projectName']}:{len(self.builds) + 1}",
            "arn": "arn:aws:codebuild:eu-west-1:111111111111:build/x",
            "projectName": request["projectName"],
            "buildStatus": "IN_PROGRESS",
            "currentPhase": "QUEUED",
            "startTime": self.now,
            "resolvedSourceVersion": request["sourceVersion"],
            "environment": {"environmentVariables": request["environmentVariablesOverride"]},
            "_request": request,
        }
        self.builds.append(build)
        return {"build": _shown(build)}

    def stop_build(self, **request: Any) -> dict[str, Any]:
        self._check("StopBuild", request)
        if request["id"] not in {build["id"] for build in self.builds}:
            raise error("StopBuild", "ResourceNotFoundException", "Build cannot be found")
        build = self.build(request["id"])
        if build["buildStatus"] == "IN_PROGRESS":
            self.end(build["id"], "STOPPED")
        return {"build": _shown(build)}

    def batch_get_builds(self, **request: Any) -> dict[str, Any]:
        self._check("BatchGetBuilds", request)
        known = {build["id"]: build for build in self.builds}
        return {
            "builds": [_shown(known[i]) for i in request["ids"] if i in known],
            "buildsNotFound": [i for i in request["ids"] if i not in known],
        }

    def list_builds_for_project(self, **request: Any) -> dict[str, Any]:
        self._check("ListBuildsForProject", request)
        listed = [
            build["id"]
            for build in reversed(self.builds)
            if build["projectName"] == request["projectName"] and build["startTime"] + self.lag <= self.now
        ]
        first = int(request.get("nextToken", 0))
        answer: dict[str, Any] = {"ids": listed[first : first + self.page]}
        if len(listed) > first + self.page:
            answer["nextToken"] = str(first + self.page)
        return answer

    def build(self, build_id: str) -> dict[str, Any]:
        return next(build for build in self.builds if build["id"] == build_id)

    def end(self, build_id: str, status: str) -> None:
        self.build(build_id).update(buildStatus=status, currentPhase="COMPLETED", endTime=self.now)

    def _check(self, operation: str, request: dict[str, Any]) -> None:
        self.calls.append(operation)
        report = ParamValidator().validate(request, MODEL.operation_model(operation).input_shape)
        assert not report.has_errors(), report.generate_report()
        if operation in self.raises:
            raise self.raises[operation]
        if "projectName" in request and request["projectName"] not in self.projects:
            raise error(operation, "ResourceNotFoundException", "Project cannot be found")


def error(operation: str, code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def _shown(build: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in build.items() if not key.startswith("_")}
