"""What a script says, checked: builds that end as told, calls that are answered as told.

builds:
  - {project: "orders-*", phase: BUILD, outcome: FAILED, message: the tests are red, times: 1}
calls:
  - {service: codebuild, operation: StartBuild, answer: throttle, share: 0.5}
list_lag: 30 seconds
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Phase = Literal[
    "QUEUED",
    "PROVISIONING",
    "DOWNLOAD_SOURCE",
    "INSTALL",
    "PRE_BUILD",
    "BUILD",
    "POST_BUILD",
    "UPLOAD_ARTIFACTS",
    "FINALIZING",
]
Outcome = Literal["FAILED", "FAULT", "TIMED_OUT", "HANG"]
Answer = Literal["throttle", "internal_error", "access_denied", "reset_before", "reset_after"]
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def _seconds(value: Any) -> Any:
    words = re.fullmatch(r"(\d{1,6}) (second|minute|hour)s?", value) if isinstance(value, str) else None
    if words is None:
        raise ValueError("no duration with its unit")
    return float(int(words[1]) * _SECONDS[words[2]])


Pattern = Annotated[str, Field(min_length=1, max_length=256)]
Account = Annotated[str, Field(pattern=r"^\d{12}$")]
Times = Annotated[int, Field(ge=1, le=1_000_000, strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScriptedBuild(_Part):
    """Builds of the projects that match end like this in that phase, ``times`` times or always."""

    project: Pattern = Field(examples=["orders-*"])
    account: Account | None = Field(None, examples=["111111111111"])
    phase: Phase = "BUILD"
    outcome: Outcome
    message: str = Field("The sandbox's script says so.", max_length=1024, examples=["the tests are red"])
    times: Times | None = Field(None, examples=[1])


class ScriptedCall(_Part):
    """Calls that match are answered like this: a share of them, ``times`` times or always."""

    service: Pattern = Field(examples=["codebuild"])
    operation: Pattern = Field("*", examples=["StartBuild"])
    account: Account | None = Field(None, examples=["111111111111"])
    answer: Answer
    share: float = Field(1.0, gt=0, le=1, strict=True, examples=[0.5])
    times: Times | None = Field(None, examples=[3])


class ScriptDocument(_Part):
    """A whole script. ``seed`` decides which calls a share means: the same seed, the same calls."""

    builds: tuple[ScriptedBuild, ...] = ()
    calls: tuple[ScriptedCall, ...] = ()
    list_lag: Annotated[float, BeforeValidator(_seconds)] = Field(0.0, examples=["30 seconds"])
    seed: int = Field(0, strict=True, examples=[7])

    def to_wire(self) -> dict[str, Any]:
        """The script as a person would write it, so that what GET shows can be PUT again."""
        shown = self.model_dump(mode="json", exclude_defaults=True)
        if self.list_lag:
            shown["list_lag"] = f"{self.list_lag:.0f} seconds"
        return shown
