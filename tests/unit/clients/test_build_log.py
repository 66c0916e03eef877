"""A build's log, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from release_ops.clients import build_log
from release_ops.clients.build_log import FollowedLog
from release_ops.domain.build import Build, BuildStatus


def build(status: str = "IN_PROGRESS", stream: str = "s") -> Build:
    group = "g" if stream else ""
    return Build(
        "p:1", BuildStatus(status), "p", "c", log_group=group, log_stream=stream, log_link="https://log"
    )


@dataclass
class CloudWatch:
    """GetLogEvents as AWS has it: an end is told by the token that was sent coming back."""

    lines: list[str] = field(default_factory=list)
    calls: int = 0
    empty_pages: int = 0
    fails: str = ""

    def get_log_events(self, *, limit: int, **request: Any) -> dict[str, Any]:
        token = request.get("nextToken", "f/0")
        self.calls += 1
        if self.fails:
            raise ClientError({"Error": {"Code": self.fails, "Message": "no"}}, "GetLogEvents")
        known = [{"timestamp": at, "message": f"{line}\n"} for at, line in enumerate(self.lines, 1)]
        if not request["startFromHead"]:
            last = [event for event in known if event["timestamp"] >= request["startTime"]][-limit:]
            return {"events": last, "nextForwardToken": "f/end"}
        first = int(token.removeprefix("f/").rstrip("+"))
        if self.empty_pages:
            self.empty_pages -= 1
            return {"events": [], "nextForwardToken": f"{token}+"}
        events = known[first : first + limit]
        return {"events": events, "nextForwardToken": f"f/{first + len(events)}"}


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_log, "PAGE", 10)
    monkeypatch.setattr(build_log, "LAST_LINES", 3)


def test_each_look_brings_only_what_is_new() -> None:
    aws, log = CloudWatch(["a", "b"]), FollowedLog()
    assert log.lines(aws, build()) == ["a", "b"]
    assert log.lines(aws, build()) == []
    aws.lines.append("c")
    assert log.lines(aws, build()) == ["c"]
    assert log.lines(aws, build("FAILED")) == []
    assert aws.calls <= 6


def test_an_empty_page_is_not_the_end() -> None:
    aws, log = CloudWatch(["a"], empty_pages=2), FollowedLog()
    assert log.lines(aws, build("SUCCEEDED")) == ["a"]


def test_a_queued_build_has_no_log_and_costs_no_call() -> None:
    aws = CloudWatch()
    assert FollowedLog().lines(aws, build(stream="")) == []
    assert aws.calls == 0


def test_a_long_log_is_read_in_pages_and_its_end_is_shown() -> None:
    aws = CloudWatch([f"line {n}" for n in range(1000)])
    lines = FollowedLog().lines(aws, build("FAILED"))
    assert lines[:50] == [f"line {n}" for n in range(50)]
    assert lines[50] == "... the middle of a long log is left out; all of it: https://log"
    assert lines[51:] == ["line 997", "line 998", "line 999"]
    assert aws.calls == 6


def test_a_log_that_cannot_be_read_is_told_once_and_is_no_verdict() -> None:
    aws, log = CloudWatch(["a"], fails="AccessDeniedException"), FollowedLog()
    told = [log.lines(aws, build()) for _ in range(3)]
    assert "the log g/s cannot be read now" in told[0][0]
    assert told[1:] == [[], []]
    aws.fails = ""
    assert log.lines(aws, build()) == ["a"]


def test_a_stream_that_is_not_there_yet_is_nothing_to_speak_of() -> None:
    aws, log = CloudWatch(fails="ResourceNotFoundException"), FollowedLog()
    assert log.lines(aws, build()) == []
