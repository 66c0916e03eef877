"""A build's log in CloudWatch Logs, read a page at a time while the build runs."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from release_ops.domain.build import Build
from release_ops.domain.errors import ErroredError

PAGE = 1000
"""Lines a GetLogEvents call asks for; AWS allows 10,000 or one megabyte.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html"""

PAGES_A_LOOK = 5
LAST_LINES = 200


class LogUnreadableError(ErroredError):
    """CloudWatch Logs did not give the log; the build itself is not concerned."""


class LogStream:
    """A log stream, read on from where the last reading ended."""

    def __init__(self, group: str, stream: str) -> None:
        self._stream = {"logGroupName": group, "logStreamName": stream}
        self._token = ""
        self._newest = 0
        self.at_end = False
        """Whether the last reading saw the end: CloudWatch tells it by the token that comes back unchanged,
        not by a page that is short, or empty."""

    def read_page(self, boto: Any) -> list[str]:
        """Return the next lines. Raises LogUnreadableError; they are there for the next reading."""
        arguments = {"nextToken": self._token} if self._token else {}
        answer = self._get(boto, limit=PAGE, startFromHead=True, **arguments)
        self.at_end = answer["nextForwardToken"] == self._token
        self._token = answer["nextForwardToken"]
        return self._lines(answer)

    def read_last(self, boto: Any, count: int) -> list[str]:
        """Return the last lines, but none that was read before; what lies between is never loaded."""
        return self._lines(self._get(boto, limit=count, startFromHead=False, startTime=self._newest + 1))

    def _lines(self, answer: Any) -> list[str]:
        events = answer["events"]
        self._newest = max([self._newest, *(event["timestamp"] for event in events)])
        return [line for event in events for line in event["message"].splitlines()]

    def _get(self, boto: Any, **arguments: Any) -> Any:
        try:
            return boto.get_log_events(**self._stream, **arguments)
        except (ClientError, BotoCoreError) as error:
            name = "/".join(self._stream.values())
            raise LogUnreadableError(f"the log {name} cannot be read now: {error}") from error


class FollowedLog:
    """What to write of a build's log into its task's log, look by look.

    It never raises for what CloudWatch answers: a log that cannot be read is no verdict on the build."""

    def __init__(self) -> None:
        self._stream: LogStream | None = None
        self._trouble = ""

    def lines(self, boto: Any, build: Build) -> list[str]:
        """Return what came since the last look; of a build that is over, the rest or at least its end."""
        if not build.log_group or not build.log_stream:
            return []  # queued: CodeBuild names the stream when the build is provisioned
        if self._stream is None:
            self._stream = LogStream(build.log_group, build.log_stream)
        lines: list[str] = []
        try:
            self._read(self._stream, boto, build, lines)
            self._trouble = ""
        except LogUnreadableError as error:
            lines += self._say_once(build, str(error))
        return lines

    def _read(self, stream: LogStream, boto: Any, build: Build, lines: list[str]) -> None:
        for _ in range(PAGES_A_LOOK):
            page = stream.read_page(boto)
            lines += page
            # A build that runs is looked at again, so a short page will do; one that is over is not.
            if stream.at_end or (build.status.is_running and len(page) < PAGE):
                return
        if not build.status.is_running:
            lines.append(f"... the middle of a long log is left out; all of it: {build.log_link}")
            lines += stream.read_last(boto, LAST_LINES)

    def _say_once(self, build: Build, trouble: str) -> list[str]:
        is_new = trouble != self._trouble
        not_there_yet = "ResourceNotFoundException" in trouble and build.status.is_running
        self._trouble = trouble
        return [trouble] if is_new and not not_there_yet else []
