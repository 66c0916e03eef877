"""Starting builds, and starting them again: StartBuild, RetryBuild and CodeBuild's own retries."""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.clients import Clients
from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal
from sandbox.codebuild.builds import Builds
from sandbox.codebuild.definitions import check_definition
from sandbox.codebuild.events import Announcer
from sandbox.codebuild.limits import check_active_builds, check_queue
from sandbox.codebuild.log import log_location
from sandbox.codebuild.model import AutoRetry, Build
from sandbox.codebuild.overrides import overridden
from sandbox.codebuild.phases import Status
from sandbox.codebuild.projects import Projects
from sandbox.codebuild.queue import Queue
from sandbox.codebuild.retrying import Failure, is_retried, retried
from sandbox.codebuild.runner import Run, Surroundings
from sandbox.iam.permissions import Identity, require
from sandbox.iam.statements import Asked
from sandbox.settings import Settings

Request = dict[str, Any]


class Starter:
    """Checks what a build needs, gives it a number and a thread, and keeps the threads."""

    def __init__(self, settings: Settings, clients: Clients, projects: Projects, builds: Builds) -> None:
        self._projects, self._builds = projects, builds
        self._queue = Queue(settings.concurrent_builds)
        self._script = settings.script
        self._surroundings = Surroundings(
            settings, clients, self._queue, Announcer(), self.retry_automatically
        )
        self._runs: dict[str, Run] = {}
        self._is_closed = False

    def start(self, caller: Principal, request: Request) -> Build:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html"""
        if request.get("debugSessionEnabled"):
            raise AwsError("InvalidInputException", "The sandbox does not have debug sessions; real AWS does")
        with self._builds.starting:
            project = self._projects.get(caller, request["projectName"])
            build = self._builds.started_with(caller, "StartBuild", request)
            if build is None:
                effective = check_definition(caller, overridden(project, request))
                build = self._start(caller, project, effective)
                self._builds.remember(caller, "StartBuild", request, build)
        return build

    def retry(self, caller: Principal, request: Request) -> Build:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_RetryBuild.html"""
        with self._builds.starting:
            again = self._builds.get(caller, request["id"])
            build = self._builds.started_with(caller, "RetryBuild", request)
            if build is None:
                project = self._projects.get(caller, again.project)
                build = self._start(caller, project, retried(again.effective, again.commit))
                self._builds.remember(caller, "RetryBuild", request, build)
        return build

    def retry_automatically(self, build: Build, failure: Failure | None) -> Build | None:
        """The build that follows a failed one, if one does.

        "CodeBuild will automatically call RetryBuild using the project's service role"."""
        number = build.auto_retry.number
        if not is_retried(build.outcome, build.auto_retry_limit, number, failure):
            return None
        role = build.effective["serviceRole"]
        session = f"{role.rpartition('/')[2]}/AWSCodeBuild-{build.uuid}"
        arn = f"arn:aws:sts::{build.account}:assumed-role/{session}"
        caller = Principal(build.account, arn, session, build.region, role_arn=role)
        link = AutoRetry(number + 1, previous=build.arn)
        if self._surroundings.settings.iam:
            require(Identity(caller), Asked("codebuild:RetryBuild", build.project_arn), "json")
        with self._builds.starting:
            project = self._projects.get(caller, build.project)
            effective = retried(build.effective, build.commit)
            following = self._start(caller, project, effective, ended=build, link=link)
        build.retried_as(following)
        return following

    def stop(self, build: Build) -> None:
        """https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StopBuild.html"""
        if not build.is_complete:
            run = self._runs[build.id]
            run.cancellation.cancel(Status.STOPPED)
            run.join(timeout=2)

    def forget(self, build: Build) -> None:
        self._builds.delete(build)
        self._runs.pop(build.id, None)

    def stop_all(self, within: float) -> None:
        """Stop every running build and wait for its thread: nothing outlives the sandbox."""
        with self._builds.starting:
            self._is_closed = True
            running = [run for run in self._runs.values() if run.is_alive()]
        for run in running:
            run.cancellation.cancel(Status.STOPPED)
        for run in running:
            run.join(timeout=within / len(running))

    def _start(
        self,
        caller: Principal,
        project: Mapping[str, Any],
        effective: Mapping[str, Any],
        *,
        ended: Build | None = None,
        link: AutoRetry | None = None,
    ) -> Build:
        if self._is_closed:
            raise AwsError("ServiceUnavailableException", "The sandbox is being stopped", 503)
        place = (caller.account, caller.region)
        check_queue(self._queue, place)
        mine = self._builds.newest_first(caller, project["name"])
        check_active_builds(project, sum(not one.is_complete and one is not ended for one in mine))
        build = self._builds.add(caller, project["name"], effective, link)
        build.show(logs=log_location(build))
        run = Run(build, self._surroundings, self._script.build_outcome(*place, project["name"]))
        self._runs[build.id] = run
        self._queue.join(place, build.id)
        run.start()
        return build
