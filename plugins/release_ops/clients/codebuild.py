"""CodeBuild in the words of a release. A boto3 client is handed in; Airflow is not known here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from release_ops.domain.build import (
    MARKER,
    TARGET_REGION,
    Build,
    BuildPhase,
    BuildRequest,
    BuildStatus,
)
from release_ops.domain.errors import ErroredError, FailedError

T = TypeVar("T")

BATCH = 100
"""How many ids BatchGetBuilds takes, and how many ListBuildsForProject returns a page."""

_CLOCK_SKEW = timedelta(minutes=10)


class CodeBuildRefusedError(FailedError):
    """AWS will refuse this call until a person changes something: a missing project, a missing right."""


class CodeBuildErroredError(ErroredError):
    """AWS, the network or our rate is to blame: the same call may do later."""


class AccountLimitError(CodeBuildErroredError):
    """The account runs and queues as many builds as it may: wait for one to end."""


class ThrottledError(CodeBuildErroredError):
    """AWS asks for fewer calls."""


class CredentialsExpiredError(CodeBuildErroredError):
    """The call came with credentials that were valid once."""


class CodeBuildClient:
    """StartBuild, StopBuild and look-ups, with answers as `Build`.

    Raises CodeBuildRefusedError for what only a person can mend, CodeBuildErroredError otherwise."""

    def __init__(self, boto: Any) -> None:
        self._boto = boto

    def start(self, request: BuildRequest, *, key: str) -> Build:
        """Start a build, or return the one that this key started in the last five minutes.

        Only what a release may say is said: never a buildspec, an image, a role or a source, because
        whoever can override those owns production. CodeBuild's own retries are off: a twin would carry
        our marker. https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html"""
        variables = {**request.variables, MARKER: key}
        return self._call(
            "start_build",
            lambda answer: as_build(answer["build"]),
            f"project {request.project}",
            projectName=request.project,
            sourceVersion=request.commit,
            idempotencyToken=key,
            autoRetryLimitOverride=0,
            timeoutInMinutesOverride=_minutes(request.timeout),
            queuedTimeoutInMinutesOverride=_minutes(request.queued_timeout),
            environmentVariablesOverride=[
                {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()
            ],
        )

    def stop(self, build_id: str) -> Build:
        """Stop a build; one that is over stays as it is."""
        return self._call("stop_build", lambda answer: as_build(answer["build"]), build_id, id=build_id)

    def get(self, build_ids: Sequence[str]) -> dict[str, Build]:
        """Return the builds that AWS knows, by id, a hundred a call."""
        found: dict[str, Build] = {}
        for first in range(0, len(build_ids), BATCH):
            ids = list(build_ids[first : first + BATCH])
            for build in self._call("batch_get_builds", _builds, ids[0], ids=ids):
                found[build.id] = build
        return found

    def since(self, project: str, moment: datetime) -> Iterator[Build]:
        """Yield a project's builds, newest first, back to those that began before `moment`.

        Ten minutes are allowed for clocks that differ."""
        token: dict[str, str] = {}
        while True:
            answer = self._call(
                "list_builds_for_project",
                dict,
                f"project {project}",
                projectName=project,
                sortOrder="DESCENDING",
                **token,
            )
            builds = list(self.get(answer.get("ids", [])).values())
            yield from builds
            started = [build.started_at for build in builds if build.started_at]
            if not answer.get("nextToken") or (started and min(started) < moment - _CLOCK_SKEW):
                return
            token = {"nextToken": answer["nextToken"]}

    def _call(self, operation: str, convert: Callable[[Any], T], about: str, **arguments: Any) -> T:
        try:
            return convert(getattr(self._boto, operation)(**arguments))
        except ClientError as error:
            raise _translate(operation, about, error) from error
        except BotoCoreError as error:
            raise CodeBuildErroredError(f"{operation} for {about} did not get through: {error}") from error


def as_build(answer: Mapping[str, Any]) -> Build:
    """Return CodeBuild's own description of a build as ours."""
    variables = {
        variable["name"]: variable["value"]
        for variable in answer.get("environment", {}).get("environmentVariables", ())
        if variable.get("type", "PLAINTEXT") == "PLAINTEXT"
    }
    logs, artifacts = answer.get("logs", {}), answer.get("artifacts", {})
    return Build(
        id=answer["id"],
        status=_status(answer),
        aws_status=answer.get("buildStatus", ""),
        project=answer.get("projectName", ""),
        commit=answer.get("resolvedSourceVersion", ""),
        key=variables.get(MARKER, ""),
        region=variables.get(TARGET_REGION, ""),
        account=answer.get("arn", "::::").split(":")[4],
        phase=answer.get("currentPhase", ""),
        started_at=answer.get("startTime"),
        ended_at=answer.get("endTime"),
        exported={
            variable["name"]: variable["value"] for variable in answer.get("exportedEnvironmentVariables", ())
        },
        artifact=artifacts.get("location", ""),
        artifact_sha256=artifacts.get("sha256sum", ""),
        log_group=logs.get("groupName", ""),
        log_stream=logs.get("streamName", ""),
        log_link=logs.get("deepLink", ""),
        phases=tuple(_phase(phase) for phase in answer.get("phases", ())),
    )


def _status(answer: Mapping[str, Any]) -> BuildStatus:
    """Return a build's status; one that AWS has never told before is UNKNOWN when the build is complete.

    Before that it runs, whatever that is called: taken as over, it would let another begin beside it."""
    status = BuildStatus(answer.get("buildStatus", ""))
    if status is BuildStatus.UNKNOWN and answer.get("buildComplete") is False:
        return BuildStatus.IN_PROGRESS
    return status


def _builds(answer: Mapping[str, Any]) -> list[Build]:
    return [as_build(build) for build in answer.get("builds", ())]


def _phase(answer: Mapping[str, Any]) -> BuildPhase:
    seconds = answer.get("durationInSeconds")
    messages = (context.get("message", "") for context in answer.get("contexts", ()))
    return BuildPhase(
        name=answer.get("phaseType", ""),
        status=answer.get("phaseStatus", ""),
        duration=None if seconds is None else timedelta(seconds=seconds),
        message="; ".join(message for message in messages if message),
    )


_THROTTLED = ("ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded")
_EXPIRED = ("ExpiredTokenException", "ExpiredToken")
_ERRORS: Mapping[str, type[CodeBuildErroredError]] = {
    "AccountLimitExceededException": AccountLimitError,
    **dict.fromkeys(_THROTTLED, ThrottledError),
    **dict.fromkeys(_EXPIRED, CredentialsExpiredError),
}
_SENTENCES: Mapping[type[CodeBuildErroredError], str] = {
    CodeBuildErroredError: "AWS could not do {operation} for {about}",
    AccountLimitError: "the account has no room for {operation} for {about}",
    ThrottledError: "AWS throttles {operation} for {about}; if that does not pass, look less often "
    "(waiter_delay) or ask AWS for a higher rate",
    CredentialsExpiredError: "the connection's credentials had expired at {operation} for {about}; if they "
    "do not renew themselves, write new ones into the connection",
}

_REFUSALS = {
    "ResourceNotFoundException": "{about} does not exist in this account and region; create it, or mend the "
    "catalog's build project",
    "AccessDeniedException": "the connection may not call {operation} for {about}; give its role that right",
    "InvalidInputException": "AWS does not accept this {operation} for {about}",
}


def _translate(operation: str, about: str, error: ClientError) -> FailedError | ErroredError:
    details = error.response.get("Error", {})
    code, words = details.get("Code", ""), details.get("Message", "")
    place = {"operation": operation, "about": about}
    if refusal := _REFUSALS.get(code):
        return CodeBuildRefusedError(f"{refusal.format(**place)} (AWS: {words})")
    kind = _ERRORS.get(code, CodeBuildErroredError)
    return kind(f"{_SENTENCES[kind].format(**place)} (AWS: {code}: {words})")


def _minutes(duration: timedelta) -> int:
    return max(5, round(duration / timedelta(minutes=1)))
