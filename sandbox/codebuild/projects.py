"""CodeBuild's projects, by account, region and name."""

import threading
import time
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal
from sandbox.codebuild.definitions import DEFAULTS, arn_of, check_definition, name_of
from sandbox.codebuild.limits import NO_LIMIT, check_concurrent_build_limit, check_project_count
from sandbox.settings import Settings

Wire = dict[str, Any]


class Projects:
    """All accounts' projects."""

    def __init__(self, settings: Settings) -> None:
        self._lock = threading.Lock()
        self._most, self._account_limit = settings.projects, settings.concurrent_builds
        self._projects: dict[tuple[str, str, str], Wire] = {}

    def create(self, caller: Principal, request: Wire) -> Wire:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html"""
        name, now = request["name"], round(time.time(), 3)
        project = {**DEFAULTS, **request, "arn": arn_of(caller, name), "created": now, "lastModified": now}
        project = self._checked(caller, project)
        with self._lock:
            if (caller.account, caller.region, name) in self._projects:
                raise AwsError(
                    "ResourceAlreadyExistsException", f"Project already exists: {arn_of(caller, name)}"
                )
            check_project_count(len(self._names(caller)), self._most)
            self._projects[caller.account, caller.region, name] = project
        return project

    def update(self, caller: Principal, request: Wire) -> Wire:
        """Members that are given replace the project's; the others stay.

        https://docs.aws.amazon.com/codebuild/latest/APIReference/API_UpdateProject.html"""
        with self._lock:
            current = self._get(caller, request["name"])
            changed = {**current, **request, "lastModified": round(time.time(), 3)}
            changed = self._checked(caller, changed)
            self._projects[caller.account, caller.region, request["name"]] = changed
        return changed

    def get(self, caller: Principal, name: str) -> Wire:
        with self._lock:
            return self._get(caller, name)

    def find(self, caller: Principal, name_or_arn: str) -> Wire | None:
        with self._lock:
            return self._projects.get((caller.account, caller.region, name_of(name_or_arn)))

    def all(self, caller: Principal) -> list[Wire]:
        with self._lock:
            return [self._get(caller, name) for name in self._names(caller)]

    def delete(self, caller: Principal, name: str) -> None:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_DeleteProject.html; builds stay."""
        with self._lock:
            self._projects.pop((caller.account, caller.region, name_of(name)), None)

    def _checked(self, caller: Principal, project: Wire) -> Wire:
        check_concurrent_build_limit(project.get("concurrentBuildLimit"), self._account_limit)
        if project.get("concurrentBuildLimit") == NO_LIMIT:
            del project["concurrentBuildLimit"]
        badge = {"badgeEnabled": bool(project.pop("badgeEnabled", False))}
        return {"badge": badge, **check_definition(caller, project)}

    def _names(self, caller: Principal) -> list[str]:
        return [name for *place, name in self._projects if place == [caller.account, caller.region]]

    def _get(self, caller: Principal, name: str) -> Wire:
        project = self._projects.get((caller.account, caller.region, name_of(name)))
        if project is None:
            raise AwsError(
                "ResourceNotFoundException", f"Project cannot be found: {arn_of(caller, name_of(name))}"
            )
        return project
