"""What a phase's `on-failure` says. Pure.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html#build-spec.phases.on-failure"""

import re
from dataclasses import dataclass
from enum import StrEnum

# "RETRY - Retry the build up to 3 times"; "count must be between 0 and 100".
_DEFAULT_TIMES = 3
_MOST_TIMES = 100
# AWS's own examples write Retry- as well as RETRY-.
_RETRY = re.compile(r"RETRY(?:-(?P<times>\d+)(?=-|$))?(?:-(?P<pattern>.+))?", re.IGNORECASE)
FORMS = "ABORT, CONTINUE, RETRY, RETRY-count, RETRY-regex, RETRY-count-regex"


class OnFailure(StrEnum):
    ABORT = "ABORT"
    CONTINUE = "CONTINUE"
    RETRY = "RETRY"


@dataclass(frozen=True, slots=True)
class Retry:
    """Start the build again while it has been retried less often than this, if its message matches."""

    times: int = _DEFAULT_TIMES
    pattern: str = ".*"

    def wants(self, message: str, retried: int) -> bool:
        return retried < self.times and re.search(self.pattern, message, re.DOTALL) is not None


def parse_on_failure(text: str) -> tuple[OnFailure, Retry | None]:
    """Read one of the six forms; ValueError says why it is none."""
    if text in (OnFailure.ABORT, OnFailure.CONTINUE):
        return OnFailure(text), None
    retry = _RETRY.fullmatch(text)
    if retry is None:
        raise ValueError(f"AWS knows {FORMS}")
    times = int(retry["times"] or _DEFAULT_TIMES)
    if times > _MOST_TIMES:
        raise ValueError(f"the count must be between 0 and {_MOST_TIMES}")
    pattern = retry["pattern"] or ".*"
    try:
        re.compile(pattern)
    except re.error as broken:
        raise ValueError(f"{pattern} is no regular expression: {broken}") from broken
    return OnFailure.RETRY, Retry(times, pattern)
