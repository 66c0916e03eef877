"""CodeBuild's operations."""

from typing import Any

from sandbox.aws.clients import Clients
from sandbox.aws.errors import AwsError
from sandbox.aws.json_service import JsonService
from sandbox.aws.principals import Principal
from sandbox.codebuild.builds import Builds
from sandbox.codebuild.model import Build
from sandbox.codebuild.overrides import overridden
from sandbox.codebuild.phases import Status
from sandbox.codebuild.projects import Projects, check_project, name_of
from sandbox.codebuild.queue import Queue
from sandbox.codebuild.runner import Run
from sandbox.settings import Settings

Request = dict[str, Any]
PAGE = 100


class CodeBuild:
    """The service: one for all accounts and regions."""

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self._settings, self._clients = settings, clients
        self._projects, self._builds = Projects(), Builds()
        self._queue = Queue(settings.concurrent_builds)
        self._runs: dict[str, Run] = {}

    def service(self) -> JsonService:
        operations = {
            "CreateProject": self.create_project,
            "UpdateProject": self.update_project,
            "BatchGetProjects": self.batch_get_projects,
            "ListProjects": self.list_projects,
            "DeleteProject": self.delete_project,
            "StartBuild": self.start_build,
            "StopBuild": self.stop_build,
            "BatchGetBuilds": self.batch_get_builds,
            "ListBuilds": self.list_builds,
            "ListBuildsForProject": self.list_builds_for_project,
        }
        return JsonService("codebuild", operations, "InvalidInputException")

    def stop_all(self, within: float) -> None:
        """Stop every running build and wait for its thread: nothing outlives the sandbox."""
        running = [run for run in self._runs.values() if run.is_alive()]
        for run in running:
            run.cancellation.cancel(Status.STOPPED)
        for run in running:
            run.join(timeout=within / len(running))

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
        by = {"CREATED_TIME": "created", "LAST_MODIFIED_TIME": "lastModified"}.get(
            request.get("sortBy", ""), "name"
        )
        projects = sorted(self._projects.all(caller), key=lambda project: project[by])
        names = [project["name"] for project in projects]
        return _page("projects", names[::-1] if request.get("sortOrder") == "DESCENDING" else names, request)

    def delete_project(self, caller: Principal, request: Request) -> Request:
        self._projects.delete(caller, request["name"])
        return {}

    def start_build(self, caller: Principal, request: Request) -> Request:
        with self._builds.starting:
            project = self._projects.get(caller, request["projectName"])
            build = self._builds.started_with(caller, request)
            if build is None:
                build = self._start(caller, project, request)
        return {"build": build.to_wire()}

    def _start(self, caller: Principal, project: Request, request: Request) -> Build:
        place = (caller.account, caller.region)
        self._check_limits(caller, project)
        effective = check_project(caller, overridden(project, request))
        build = self._builds.add(caller, project["name"], effective, request)
        build.show(logs=_logs(build))
        run = Run(build, self._settings, self._clients, self._queue)
        self._runs[build.id] = run
        self._queue.join(place, build.id)
        run.start()
        return build

    def _check_limits(self, caller: Principal, project: Request) -> None:
        if self._queue.is_full((caller.account, caller.region)):
            raise AwsError(
                "AccountLimitExceededException",
                f"Cannot have more than {self._queue.capacity} builds in queue for the account",
            )
        limit = project.get("concurrentBuildLimit")
        running = [one for one in self._builds.newest_first(caller, project["name"]) if not one.is_complete]
        if limit is not None and limit > 0 and len(running) >= limit:
            raise AwsError(
                "AccountLimitExceededException",
                f"Cannot have more than {limit} active builds for the project",
            )

    def stop_build(self, caller: Principal, request: Request) -> Request:
        build = self._builds.find(caller, request["id"])
        if build is None:
            raise AwsError("ResourceNotFoundException", f"Build cannot be found: {request['id']}")
        run = self._runs[build.id]
        if not build.is_complete:
            run.cancellation.cancel(Status.STOPPED)
            run.join(timeout=2)
        return {"build": build.to_wire()}

    def batch_get_builds(self, caller: Principal, request: Request) -> Request:
        found = {build_id: self._builds.find(caller, build_id) for build_id in request["ids"]}
        return {
            "builds": [build.to_wire() for build in found.values() if build],
            "buildsNotFound": [build_id for build_id, build in found.items() if not build],
        }

    def list_builds(self, caller: Principal, request: Request) -> Request:
        return _page("ids", _ids(self._builds.newest_first(caller), request), request)

    def list_builds_for_project(self, caller: Principal, request: Request) -> Request:
        self._projects.get(caller, request["projectName"])
        builds = self._builds.newest_first(caller, name_of(request["projectName"]))
        return _page("ids", _ids(builds, request), request)


def _ids(builds: list[Build], request: Request) -> list[str]:
    ids = [build.id for build in builds]
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


def _logs(build: Build) -> Request:
    config = build.effective.get("logsConfig", {}).get("cloudWatchLogs", {"status": "ENABLED"})
    if config["status"] != "ENABLED":
        return {"cloudWatchLogs": config}
    group = config.get("groupName") or f"/aws/codebuild/{build.project}"
    stream = f"{config['streamName']}/{build.uuid}" if config.get("streamName") else build.uuid
    arn = f"arn:aws:logs:{build.region}:{build.account}:log-group:{group}:log-stream:{stream}"
    quoted = group.replace("/", "$252F")
    console = f"https://console.aws.amazon.com/cloudwatch/home?region={build.region}"
    return {
        "groupName": group,
        "streamName": stream,
        "cloudWatchLogs": {"status": "ENABLED"},
        "cloudWatchLogsArn": arn,
        "deepLink": f"{console}#logsV2:log-groups/log-group/{quoted}/log-events/{stream}",
    }
