"""Whether CodeBuild starts a failed build again by itself, and what the next one builds. Pure.

https://docs.aws.amazon.com/codebuild/latest/userguide/auto-retry-build.html"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.codebuild.on_failure import Retry
from sandbox.codebuild.phases import Status


@dataclass(frozen=True, slots=True)
class Failure:
    """The first phase that failed: its message, and its `on-failure: RETRY...` if it has one."""

    message: str
    rule: Retry | None = None


def is_retried(status: Status, limit: int, number: int, failure: Failure | None) -> bool:
    """Whether build ``number`` (the first is 0) is followed by another one.

    AWS retries "after a failed build": one that was stopped, timed out or faulted is not FAILED. Each of the
    project's limit and the phase's rule is enough."""
    if status is not Status.FAILED:
        return False
    by_rule = failure is not None and failure.rule is not None and failure.rule.wants(failure.message, number)
    return number < limit or by_rule


def retried(effective: Mapping[str, Any], commit: str | None) -> dict[str, Any]:
    """The same build once more: its own overrides, and the commit that it had checked out.

    A branch may have moved on since; a retry of that would be another build."""
    return {**effective, **({"sourceVersion": commit} if commit else {})}
