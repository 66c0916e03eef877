"""A build's log, in CloudWatch Logs."""

import contextlib
import threading
import time
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.codebuild.model import Build

_EVENTS_PER_CALL = 1000


class BuildLog:
    """Collects lines and delivers them twice a second, so that no command waits for its own log."""

    def __init__(self, logs: Any, group: str, stream: str) -> None:
        self._logs = logs
        self._group, self._stream = group, stream
        self._lock = threading.Lock()
        self._pending: list[dict[str, Any]] = []
        self._secrets: list[str] = []
        self._closed = threading.Event()
        self._delivery = threading.Thread(
            target=self._deliver_until_closed, name=f"log-{stream}", daemon=True
        )

    def open(self) -> None:
        with contextlib.suppress(self._logs.exceptions.ResourceAlreadyExistsException):
            self._logs.create_log_group(logGroupName=self._group)
        self._logs.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
        self._delivery.start()

    def mask(self, secret: str) -> None:
        """Show *** wherever this text would appear, as CodeBuild does with a secret's value."""
        if secret:
            self._secrets.append(secret)

    def line(self, text: str) -> None:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        with self._lock:
            # CloudWatch Logs takes no empty message.
            self._pending.append({"timestamp": int(time.time() * 1000), "message": text or " "})

    def agent(self, text: str) -> None:
        """A line of CodeBuild's own."""
        self.line(f"[Container] {datetime.now(UTC):%Y/%m/%d %H:%M:%S.%f} {text}")

    def close(self) -> None:
        self._closed.set()
        if self._delivery.is_alive():
            self._delivery.join(timeout=5)

    def _deliver_until_closed(self) -> None:
        while not self._closed.wait(0.5):
            self._deliver()
        self._deliver()

    def _deliver(self) -> None:
        with self._lock:
            events, self._pending = self._pending, []
        for start in range(0, len(events), _EVENTS_PER_CALL):
            try:
                self._logs.put_log_events(
                    logGroupName=self._group,
                    logStreamName=self._stream,
                    logEvents=events[start : start + _EVENTS_PER_CALL],
                )
            except (BotoCoreError, ClientError):
                return  # the group was deleted, or the sandbox is going down; the build goes on, as on AWS


def log_location(build: Build) -> dict[str, Any]:
    """Where a build's log is, as its record shows it.

    https://docs.aws.amazon.com/codebuild/latest/APIReference/API_LogsLocation.html"""
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
