"""CodeBuild's operations."""

import time
from collections.abc import Callable
from typing import Any

from sandbox.aws.clients import Clients
from sandbox.aws.errors import AwsError
from sandbox.aws.json_service import JsonService
from sandbox.aws.principals import Principal
from sandbox.codebuild.builds import Builds, id_of
from sandbox.codebuild.definitions import name_of
from sandbox.codebuild.model import Build
from sandbox.codebuild.projects import Projects
from sandbox.codebuild.starting import Starter
from sandbox.settings import Settings

Request = dict[str, Any]
PAGE = 100


class CodeBuild:
    """The service: one for all accounts and regions."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._script = settings.script
        self._projects, self.builds = Projects(settings), Builds()
        self._starter = Starter(settings, clients, self._projects, self.builds)

    def service(self) -> JsonService:
        operations: dict[str, Callable[[Principal, Request], Request]] = {
            "CreateProject": self.create_project,
            "UpdateProject": self.update_project,
            "BatchGetProjects": self.batch_get_projects,
            "ListProjects": self.list_projects,
            "DeleteProject": self.delete_project,
            "StartBuild": self.start_build,
            "RetryBuild": self.retry_build,
            "StopBuild": self.stop_build,
            "BatchGetBuilds": self.batch_get_builds,
            "BatchDeleteBuilds": self.batch_delete_builds,
            "ListBuilds": self.list_builds,
            "ListBuildsForProject": self.list_builds_for_project,
        }
        return JsonService("codebuild", operations, "InvalidInputException")

    def stop_all(self, within: float) -> None:
        self._starter.stop_all(within)

    def create_project(self, caller: Principal, request: Request) -> Request:
        return {"project": self._projects.create(caller, request)}

    def update_project(self, caller: Principal, request: Request) -> Request:
        return {"project": self._projects.update(caller, request)}

    def batch_get_projects(self, caller: Principal, request: Request) -> Request:
        found = {name: self._projects.find(caller, name) for name in request["names"]}
        return {
            "projects": [project for project in found.values() if project],
            "projectsNotFound": [name for name, project in found.items() if not project],
        }

    def list_projects(self, caller: Principal, request: Request) -> Request:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ListProjects.html"""
        by = {"CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}.get(
            request.get("sortBy", ""), "name"
        )
        projects = sorted(self._projects.all(caller), key=lambda project: (project[by], project["name"]))
        names = [project["name"] for project in projects]
        return _page("projects", names[::-1] if request.get("sortOrder") == "DESCENDING" else names, request)

    def delete_project(self, caller: Principal, request: Request) -> Request:
        self._projects.delete(caller, request["name"])
        return {}

    def start_build(self, caller: Principal, request: Request) -> Request:
        return {"build": self._starter.start(caller, request).to_wire()}

    def retry_build(self, caller: Principal, request: Request) -> Request:
        if "id" not in request:
            raise AwsError("InvalidInputException", "Invalid input: id is required")
        return {"build": self._starter.retry(caller, request).to_wire()}

    def stop_build(self, caller: Principal, request: Request) -> Request:
        build = self.builds.get(caller, request["id"])
        self._starter.stop(build)
        return {"build": build.to_wire()}

    def batch_get_builds(self, caller: Principal, request: Request) -> Request:
        found = {build_id: self.builds.find(caller, build_id) for build_id in request["ids"]}
        return {
            "builds": [build.to_wire() for build in found.values() if build],
            "buildsNotFound": [build_id for build_id, build in found.items() if not build],
        }

    def batch_delete_builds(self, caller: Principal, request: Request) -> Request:
        """https://docs.aws.amazon.com/codebuild/latest/userguide/delete-builds.html"""
        deleted, kept = [], []
        for wanted in dict.fromkeys(request["ids"]):
            build = self.builds.find(caller, wanted)
            arn = f"arn:aws:codebuild:{caller.region}:{caller.account}:build/{id_of(wanted)}"
            if build is None:
                kept.append({"id": arn, "statusCode": "BUILD_NOT_FOUND"})
            elif not build.is_complete:
                kept.append({"id": arn, "statusCode": "BUILD_IN_PROGRESS"})
            else:
                self._starter.forget(build)
                deleted.append(arn)
        return {"buildsDeleted": deleted, "buildsNotDeleted": kept}

    def list_builds(self, caller: Principal, request: Request) -> Request:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ListBuilds.html"""
        return _page("ids", self._ids(caller, self.builds.newest_first(caller), request), request)

    def list_builds_for_project(self, caller: Principal, request: Request) -> Request:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ListBuildsForProject.html"""
        self._projects.get(caller, request["projectName"])
        builds = self.builds.newest_first(caller, name_of(request["projectName"]))
        return _page("ids", self._ids(caller, builds, request), request)

    def _ids(self, caller: Principal, builds: list[Build], request: Request) -> list[str]:
        """Of the builds that the lists show by now; by default "in descending order", newest first."""
        shown_from = time.time() - self._script.list_lag(caller.account, caller.region)
        ids = [build.id for build in builds if build.started <= shown_from]
        return ids[::-1] if request.get("sortOrder") == "ASCENDING" else ids


def _page(member: str, items: list[str], request: Request) -> Request:
    """One page; the token is the last item of the page before, so that a new build shifts nothing."""
    token, start = request.get("nextToken"), 0
    if token:
        if token not in items:
            raise AwsError("InvalidInputException", f"Invalid next token: {token}")
        start = items.index(token) + 1
    page = items[start : start + PAGE]
    more = {"nextToken": page[-1]} if start + PAGE < len(items) else {}
    return {member: page, **more}
