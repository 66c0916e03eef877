"""A build's log, line by line, with what matters marked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from sandbox.aws.clients import Clients
from sandbox.pages.views import BuildView

# As many as one call of GetLogEvents gives.
_MOST = 10_000
# A page that is read again every few seconds.
_MOST_WHILE_RUNNING = 1_000
_AGENT = re.compile(r"\[Container\] \d{4}/\d\d/\d\d (?P<time>\d\d:\d\d:\d\d)\.\d+ (?P<text>.*)", re.DOTALL)
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]")
_COMMAND_FAILED = "Command did not exit successfully "
_MARKS = (("command", "Running command "), ("failed", _COMMAND_FAILED), ("phase", "Entering phase "))
# CodeBuild says it after every phase that went well.
_NOTHING_TO_SAY = "Phase context status code:  Message:"
_BAD_END = re.compile(r"Phase complete: \w+ State: (?!SUCCEEDED)\w+")


@dataclass
class LogLine:
    """``kind`` is command, failed, phase or agent for CodeBuild's own lines, output for the rest."""

    text: str
    kind: str = "output"
    time: str = ""


@dataclass(frozen=True, slots=True)
class Log:
    """The end of a build's log, or all of it."""

    lines: list[LogLine]
    is_cut: bool = False


def read_log(clients: Clients, view: BuildView) -> Log:
    """The last lines of a build's log; none if there is no log (yet)."""
    location = view.record["logs"]
    if "groupName" not in location:
        return Log([])
    most = _MOST_WHILE_RUNNING if view.is_running else _MOST
    try:
        found = clients.own("logs", view.account, view.region).get_log_events(
            logGroupName=location["groupName"],
            logStreamName=location["streamName"],
            limit=most,
            startFromHead=False,
        )
    except ClientError:
        return Log([])  # before PROVISIONING has made it, or after somebody deleted it
    messages = [event["message"] for event in found["events"]]
    return Log(marked(messages), is_cut=len(messages) >= most)


def marked(messages: Iterable[str]) -> list[LogLine]:
    """The lines with their kinds; a command that failed is marked itself, not only its end."""
    lines: list[LogLine] = []
    for message in messages:
        line = _line(_ESCAPES.sub("", message))
        if line.text == _NOTHING_TO_SAY:
            continue
        if line.text.startswith(_COMMAND_FAILED):
            # None if the log is cut just there.
            command = next((one for one in reversed(lines) if one.kind == "command"), line)
            command.kind = "failed"
        lines.append(line)
    return lines


def _line(message: str) -> LogLine:
    said = _AGENT.fullmatch(message)
    if said is None:
        return LogLine(message)
    text = said["text"].rstrip()
    kind = next((kind for kind, start in _MARKS if text.startswith(start)), "agent")
    return LogLine(text, "failed" if _BAD_END.match(text) else kind, said["time"])
