"""What a build does in each of its phases."""

import shutil
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.aws.clients import Clients
from sandbox.aws.roles import Credentials, assume_for_service, service_may_assume
from sandbox.codebuild import environment
from sandbox.codebuild.accepted import notes_on
from sandbox.codebuild.buildspec import Buildspec, Commands
from sandbox.codebuild.definitions import SERVICE
from sandbox.codebuild.failure import PhaseFailedError
from sandbox.codebuild.log import BuildLog
from sandbox.codebuild.model import Build
from sandbox.codebuild.phases import COMMAND_PHASES, Phase
from sandbox.codebuild.secondary import check_out_secondary
from sandbox.codebuild.shell import Cancellation, Shell, interpreter
from sandbox.codebuild.source import check_out, read_buildspec
from sandbox.codebuild.uploads import Uploads
from sandbox.git import codecommit_environment, codecommit_over_http
from sandbox.settings import Settings


class Steps:
    """One build's work. A step that fails raises PhaseFailedError."""

    # Each is made by the phase named, and asked for only by later ones.
    _credentials: Credentials  # PROVISIONING
    _buildspec: Buildspec  # DOWNLOAD_SOURCE
    _shell: Shell  # DOWNLOAD_SOURCE

    def __init__(
        self, build: Build, settings: Settings, clients: Clients, cancellation: Cancellation
    ) -> None:
        self._build, self._settings, self._clients = build, settings, clients
        self._cancellation = cancellation
        self._work = settings.builds / build.uuid
        self._log: BuildLog | None = None
        self._ready = False

    def of(self, phase: Phase) -> Callable[[], None]:
        if phase in COMMAND_PHASES:
            return lambda: self._run_phase(phase)
        steps: dict[Phase, Callable[[], None]] = {
            Phase.PROVISIONING: self._provision,
            Phase.DOWNLOAD_SOURCE: self._download_source,
            Phase.UPLOAD_ARTIFACTS: self._upload_artifacts,
            Phase.FINALIZING: self._finalize,
        }
        return steps[phase]

    def commands(self, phase: Phase) -> Commands:
        """What the buildspec says of a phase; nothing of those that it cannot speak of."""
        return self._buildspec.phase(COMMAND_PHASES[phase]) if phase in COMMAND_PHASES else Commands()

    def failed(self) -> None:
        """From now on commands see CODEBUILD_BUILD_SUCCEEDING=0, whatever failed before them."""
        if self._ready:
            self._shell.succeeding = False

    def say(self, text: str) -> None:
        """Write a line of CodeBuild's own into the build's log."""
        if self._log:
            self._log.agent(text)

    def clean_up(self) -> None:
        self._cancellation.kill_leftovers()
        if self._log:
            self._log.close()
        shutil.rmtree(self._work, ignore_errors=True)

    def _provision(self) -> None:
        role, build = self._build.effective["serviceRole"], self._build
        context = {"aws:SourceAccount": build.account, "aws:SourceArn": build.project_arn}
        if not service_may_assume(role, SERVICE, context):
            raise PhaseFailedError(
                "CLIENT_ERROR", f"CodeBuild is not authorized to perform: sts:AssumeRole on {role}"
            )
        self._credentials = assume_for_service(role, build.region, f"AWSCodeBuild-{build.uuid}")
        for name in ("home", "tmp"):
            (self._work / name).mkdir(parents=True)
        place = build.to_wire()["logs"]
        if "groupName" in place:
            log = BuildLog(self._client("logs"), place["groupName"], place["streamName"])
            log.open()
            self._log = log

    def _download_source(self) -> None:
        source, build, folder = self._build.effective["source"], self._build, self._work / "src"
        git = self._git()
        commit = check_out(source, build.effective.get("sourceVersion"), folder, git)
        if commit:
            build.show(resolvedSourceVersion=commit)
        secondary = check_out_secondary(build.effective, self._work, git)
        spec, notes = read_buildspec(source, folder, build.effective["environment"]["image"])
        for note in [*notes, *notes_on(build.effective)]:
            self.say(note)
        base = environment.base(build, self._settings, self._credentials, self._work, commit)
        stores = environment.SecretStores(self._client, self._mask)
        variables = base | secondary | dict(git) | environment.variables(spec, self._declared, stores)
        self._buildspec = spec
        self._shell = Shell(self._work, folder, variables, self._cancellation)
        self._shell.interpreter = interpreter(spec.shell, build.effective["environment"]["image"])
        self._shell.keeps_state = spec.one_shell
        self._ready = True

    def _git(self) -> Mapping[str, str]:
        """What leads git to CodeCommit: straight to its folders, or as the service role if that matters."""
        folder, account = self._settings.codecommit, self._build.account
        if not self._settings.iam:
            return codecommit_environment(folder, account)
        return codecommit_over_http(folder, account, self._settings.port, self._credentials.access_key)

    def _run_phase(self, phase: Phase) -> None:
        commands = self._buildspec.phase(COMMAND_PHASES[phase])
        self.say(f"Entering phase {phase}")
        failure = self._run_until_failure(commands.commands)
        # `finally` runs whatever came before; the first failure is the phase's.
        failures = [failure, self._run_until_failure(commands.lastly)]
        for failure in filter(None, failures):
            raise failure

    def _run_until_failure(self, commands: tuple[str, ...]) -> PhaseFailedError | None:
        for command in commands:
            if self._cancellation.reason:
                return None
            self.say(f"Running command {command}")
            status = self._shell.run(command, self._log.line if self._log else _nowhere)
            if status:
                self._shell.succeeding = False
                self.say(f"Command did not exit successfully {command} exit status {status}")
                message = f"Error while executing command: {command}. Reason: exit status {status}"
                return PhaseFailedError("COMMAND_EXECUTION_ERROR", message)
        return None

    def _upload_artifacts(self) -> None:
        uploads = Uploads(self._build, self._work / "src", lambda: self._client("s3"), self._shell.expand)
        for note in uploads.upload(self._buildspec):
            self.say(note)

    def _finalize(self) -> None:
        if self._ready and self._buildspec.exported:
            exported = environment.exported(self._buildspec, self._declared, self._shell.exported())
            self._build.show(exportedEnvironmentVariables=exported)

    @property
    def _declared(self) -> list[Mapping[str, str]]:
        declared: list[Mapping[str, str]] = self._build.effective["environment"]["environmentVariables"]
        return declared

    def _client(self, service: str) -> Any:
        return self._clients.client(service, self._build.region, self._credentials)

    def _mask(self, secret: str) -> None:
        if self._log:
            self._log.mask(secret)


def _nowhere(line: str) -> None:
    """Where a log goes that the project switched off."""
