"""Runs one build, phase by phase, in a thread of its own."""

import shutil
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws.clients import Clients
from sandbox.aws.roles import Credentials, assume_for_service, service_may_assume
from sandbox.codebuild import environment
from sandbox.codebuild.artifacts import ArtifactsError, select, zipped
from sandbox.codebuild.buildspec import Buildspec, OnFailure
from sandbox.codebuild.failure import PhaseFailure
from sandbox.codebuild.log import BuildLog
from sandbox.codebuild.model import Build, artifact_prefix, artifacts_shown
from sandbox.codebuild.phases import COMMAND_PHASES, Phase, Status, next_phase
from sandbox.codebuild.queue import Queue
from sandbox.codebuild.shell import Cancellation, Shell
from sandbox.codebuild.source import check_out, read_buildspec
from sandbox.git import codecommit_environment
from sandbox.settings import Settings

SERVICE = "codebuild.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Outcome:
    status: Status
    code: str = ""
    message: str = ""


class Run(threading.Thread):
    """Takes a build from SUBMITTED to COMPLETED."""

    def __init__(self, build: Build, settings: Settings, clients: Clients, queue: Queue) -> None:
        super().__init__(name=build.id, daemon=True)
        self.build = build
        self.cancellation = Cancellation()
        self._settings, self._clients, self._queue = settings, clients, queue
        self._work = settings.builds / build.uuid
        self._buildspec: Buildspec | None = None
        self._shell: Shell | None = None
        self._log: BuildLog | None = None
        self._perform: dict[Phase, Callable[[], None]] = {
            Phase.SUBMITTED: lambda: None,
            Phase.PROVISIONING: self._provision,
            Phase.DOWNLOAD_SOURCE: self._download_source,
            Phase.UPLOAD_ARTIFACTS: self._upload_artifacts,
            Phase.FINALIZING: self._finalize,
        }

    @property
    def _place(self) -> tuple[str, str]:
        return self.build.account, self.build.region

    def run(self) -> None:
        try:
            self._run_phases()
        finally:
            self.cancellation.kill_leftovers()
            if self._log:
                self._log.close()
            shutil.rmtree(self._work, ignore_errors=True)

    def _run_phases(self) -> None:
        self._pass(Phase.SUBMITTED)
        phase = self._pass(Phase.QUEUED)
        if phase is Phase.COMPLETED:
            self.build.enter(phase)
            return
        minutes = self.build.effective["timeoutInMinutes"]
        timer = threading.Timer(
            minutes * self._settings.seconds_per_minute, self.cancellation.cancel, [Status.TIMED_OUT]
        )
        timer.daemon = True
        timer.start()
        try:
            while phase is not Phase.COMPLETED:
                phase = self._pass(phase)
        finally:
            timer.cancel()
            self._queue.release(self._place)
        # The log first: whoever sees the build complete finds all of it.
        if self._log:
            self._log.close()
        self.build.enter(Phase.COMPLETED)

    def _pass(self, phase: Phase) -> Phase:
        self.build.enter(phase)
        outcome = self._attempt(phase)
        self.build.leave(outcome.status, outcome.code, outcome.message)
        if self._log and phase is not Phase.FINALIZING:
            self._log.agent(f"Phase complete: {phase} State: {outcome.status}")
            self._log.agent(f"Phase context status code: {outcome.code} Message: {outcome.message}")
        return next_phase(phase, outcome.status, self._on_failure(phase))

    def _attempt(self, phase: Phase) -> Outcome:
        try:
            if phase is Phase.QUEUED:
                self._wait_in_queue()
            elif phase in COMMAND_PHASES:
                self._run_commands(phase)
            else:
                self._perform[phase]()
        except PhaseFailure as failure:
            return self._over() or Outcome(Status.FAILED, failure.code, failure.message)
        except (BotoCoreError, ClientError) as refused:
            return self._over() or Outcome(Status.FAILED, "CLIENT_ERROR", str(refused))
        except Exception as fault:  # noqa: BLE001 - a fault of the sandbox is a FAULT of the build, not its silence
            traceback.print_exc(file=sys.stderr)
            return Outcome(
                Status.FAULT, "INTERNAL_ERROR", f"Internal service error: {type(fault).__name__}: {fault}"
            )
        return self._over() or Outcome(Status.SUCCEEDED)

    def _over(self) -> Outcome | None:
        reason = self.cancellation.reason
        if reason is Status.TIMED_OUT:
            return Outcome(reason, "BUILD_TIMED_OUT", "Build has timed out.")
        return Outcome(reason) if reason else None

    def _on_failure(self, phase: Phase) -> OnFailure | None:
        if self._buildspec is None or phase not in COMMAND_PHASES:
            return None
        return self._buildspec.phase(COMMAND_PHASES[phase]).on_failure

    def _wait_in_queue(self) -> None:
        minutes = self.build.effective["queuedTimeoutInMinutes"]
        deadline = time.monotonic() + minutes * self._settings.seconds_per_minute
        if not self._queue.take(self._place, self.build.id, deadline, self.cancellation.requested.is_set):
            self.cancellation.cancel(Status.TIMED_OUT)

    def _provision(self) -> None:
        role, build = self.build.effective["serviceRole"], self.build
        context = {"aws:SourceAccount": build.account, "aws:SourceArn": build.arn}
        if not service_may_assume(role, SERVICE, context):
            raise PhaseFailure(
                "CLIENT_ERROR", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}"
            )
        self._credentials = assume_for_service(role, build.region, f"AWSCodeBuild-{build.uuid}")
        for name in ("home", "tmp"):
            (self._work / name).mkdir(parents=True)
        self._open_log()
        self._stores = environment.SecretStores(
            self._client("ssm"), self._client("secretsmanager"), self._mask
        )

    def _open_log(self) -> None:
        place = self.build.to_wire().get("logs", {})
        if "groupName" in place:
            log = BuildLog(self._client("logs"), place["groupName"], place["streamName"])
            log.open()
            self._log = log
            self._log.agent(f"Waiting for agent ping: build {self.build.id}")

    def _download_source(self) -> None:
        source, build = self.build.effective["source"], self.build
        folder = self._work / "src"
        git = codecommit_environment(self._settings.codecommit, build.account)
        commit = check_out(source, build.effective.get("sourceVersion"), folder, git)
        if commit:
            build.show(resolvedSourceVersion=commit)
        self._buildspec = spec = read_buildspec(source, folder)
        for key in spec.accepted:
            self._say(f"The sandbox accepts the buildspec's {key} and does nothing with it")
        declared = build.effective["environment"]["environmentVariables"]
        variables = self._base_environment(folder, commit) | git
        variables |= environment.variables(spec, declared, self._stores)
        self._shell = Shell(self._work, folder, variables, self.cancellation)
        self._shell.keeps_state = spec.one_shell

    def _base_environment(self, folder: Path, commit: str | None) -> dict[str, str]:
        build, source = self.build, self.build.effective["source"]
        credentials: Credentials = self._credentials
        path = environment.search_path([str(entry) for entry in self._settings.path])
        return credentials.as_environment() | {
            "PATH": path,
            "HOME": str(self._work / "home"),
            "TMPDIR": str(self._work / "tmp"),
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": self._settings.endpoint,
            "AWS_REGION": build.region,
            "AWS_DEFAULT_REGION": build.region,
            "CI": "true",
            "CODEBUILD_CI": "true",
            "CODEBUILD_BUILD_ID": build.id,
            "CODEBUILD_BUILD_ARN": build.arn,
            "CODEBUILD_BUILD_IMAGE": build.effective["environment"]["image"],
            "CODEBUILD_BUILD_NUMBER": str(build.number),
            "CODEBUILD_INITIATOR": build.initiator,
            "CODEBUILD_LOG_PATH": build.uuid,
            "CODEBUILD_SOURCE_REPO_URL": source.get("location", ""),
            "CODEBUILD_SOURCE_VERSION": build.effective.get("sourceVersion", ""),
            "CODEBUILD_RESOLVED_SOURCE_VERSION": commit or "",
            "CODEBUILD_SRC_DIR": str(folder),
            "CODEBUILD_START_TIME": str(int(build.started * 1000)),
        }

    def _run_commands(self, phase: Phase) -> None:
        shell, spec = self._shell, self._buildspec
        assert shell is not None and spec is not None  # noqa: S101, PT018 - DOWNLOAD_SOURCE made both
        commands = spec.phase(COMMAND_PHASES[phase])
        self._say(f"Entering phase {phase}")
        try:
            self._run_until_failure(shell, commands.commands)
        finally:
            self._run_until_failure(shell, commands.lastly)

    def _run_until_failure(self, shell: Shell, commands: tuple[str, ...]) -> None:
        for command in commands:
            if self.cancellation.reason:
                return
            self._say(f"Running command {command}")
            status = shell.run(command, self._log.line if self._log else lambda line: None)
            if status and not self.cancellation.reason:
                shell.succeeding = False
                raise PhaseFailure(
                    "COMMAND_EXECUTION_ERROR",
                    f"Error while executing command: {command}. Reason: exit status {status}",
                )

    def _upload_artifacts(self) -> None:
        artifacts, spec, shell = self.build.effective["artifacts"], self._buildspec, self._shell
        assert shell is not None and spec is not None  # noqa: S101, PT018 - DOWNLOAD_SOURCE made both
        if artifacts["type"] != "S3" or spec.artifacts is None:
            return
        try:
            files = select(spec.artifacts, self._work / "src")
        except ArtifactsError as missing:
            raise PhaseFailure("CLIENT_ERROR", str(missing)) from missing
        name = spec.artifacts.name if artifacts.get("overrideArtifactName") else None
        if name:
            name = shell.expand(name)
        self.build.show(artifacts=artifacts_shown(artifacts, self.build, name))
        self._put(artifacts, artifact_prefix(artifacts, self.build, name), files)

    def _put(self, artifacts: Mapping[str, Any], prefix: str, files: dict[str, Path]) -> None:
        s3, bucket = self._client("s3"), artifacts["location"]
        if artifacts.get("packaging") == "ZIP":
            s3.put_object(Bucket=bucket, Key=prefix, Body=zipped(files))
            return
        for key, path in files.items():
            with path.open("rb") as content:
                s3.put_object(Bucket=bucket, Key=f"{prefix}/{key}" if prefix else key, Body=content)

    def _finalize(self) -> None:
        spec, shell = self._buildspec, self._shell
        if spec is None or shell is None or not spec.exported:
            return
        declared = self.build.effective["environment"]["environmentVariables"]
        final = shell.exported()
        self.build.show(exportedEnvironmentVariables=environment.exported(spec, declared, final))

    def _client(self, service: str) -> Any:
        return self._clients.client(service, self.build.region, self._credentials)

    def _mask(self, secret: str) -> None:
        if self._log:
            self._log.mask(secret)

    def _say(self, text: str) -> None:
        if self._log:
            self._log.agent(text)
