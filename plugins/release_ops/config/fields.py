"""The shapes of single values: each type says what it refuses and what to write instead."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from release_ops.config.duration import parse_duration
from release_ops.config.mistakes import shown
from release_ops.config.schedule import cron_mistake

SERVICE_NAME = re.compile(r"[a-z][a-z0-9-]{0,38}")
SERVICE_NAME_RULE = "write up to 39 small letters, digits and dashes, a letter first"

_ZONES_THAT_DEPEND_ON_THE_MACHINE = ("localtime", "posixrules", "Factory")


def refusal(wrong: str, write: str) -> PydanticCustomError:
    """Return the error that a validator raises: it carries both halves of the sentence."""
    return PydanticCustomError("catalog", "{wrong}; {write}", {"wrong": wrong, "write": write})


def _matching(pattern: str, noun: str, write: str) -> AfterValidator:
    """Return a validator for text of one shape."""
    fits = re.compile(pattern).fullmatch

    def check(value: str) -> str:
        if not fits(value):
            raise refusal(f"{shown(value)} is not {noun}", write)
        return value

    return AfterValidator(check)


def _cron(value: str) -> str:
    wrong = cron_mistake(value)
    if wrong:
        write = "write minute, hour, day of month, month and day of week, such as 0 9 * * 1"
        raise refusal(f"{shown(value)} {wrong}", write)
    return value


def _timezone(value: str) -> str:
    try:
        if value in _ZONES_THAT_DEPEND_ON_THE_MACHINE:
            raise ValueError(value)
        ZoneInfo(value)
    except (ValueError, OSError, LookupError) as error:
        nearest = _nearest_zone(value)
        wrong = f"{shown(value)} is not an IANA time zone"
        raise refusal(
            wrong, f"did you mean {nearest}?" if nearest else "write one such as Europe/Berlin"
        ) from error
    return value


def _nearest_zone(value: str) -> str | None:
    import difflib  # only a mistake pays for it
    import zoneinfo

    # Not EST for CEST: zones without a place have no summer time.
    zones = {zone.lower(): zone for zone in sorted(zoneinfo.available_timezones()) if "/" in zone}
    match = difflib.get_close_matches(value.lower(), zones, n=1, cutoff=0.8)
    return zones[match[0]] if match else None


_BRANCH_REFUSED = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//")


def _branch(value: str) -> str:
    """Git's own rules (git check-ref-format --branch), and nothing that a shell reads as an option."""
    parts = value.split("/")
    bad = (
        not value
        or len(value) > 200
        or value in ("@", "HEAD")
        or value.startswith("-")
        or value.endswith(".")
        or _BRANCH_REFUSED.search(value)
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    )
    if bad:
        raise refusal(
            f"{shown(value)} is not a branch that git allows", "write a name such as release or release/2024"
        )
    return value


def _repository(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,100}", value) or value.endswith(".git"):
        raise refusal(
            f"{shown(value)} is not a CodeCommit repository's name",
            "write up to 100 letters, digits, dots, dashes and underscores, without .git at the end",
        )
    return value


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    write = "write a number and a unit, such as 2 days, 48 hours, 30 minutes or P2D"
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise refusal("is a number without a unit", write)
    duration = parse_duration(value) if isinstance(value, str) else None
    if duration is None:
        raise refusal(f"{shown(value)} is not a duration", write)
    return duration


_BUILDSPEC = re.compile(r"(?:repository:)?(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]+\.ya?ml")


def _buildspec(value: str) -> str:
    if not _BUILDSPEC.fullmatch(value) or ".." in value.removeprefix("repository:").split("/"):
        raise refusal(
            f"{shown(value)} is not the path of a buildspec",
            "write a relative path without .., such as buildspecs/web-staging.yml or repository:ci/build.yml",
        )
    return value


def _regions(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise refusal("is empty", "name at least one region, such as [eu-west-1]")
    return _distinct(values)


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        twice = next(value for value, number in Counter(values).items() if number > 1)
        raise refusal(f"names {shown(twice)} twice", "name each once")
    return values


AccountId = Annotated[
    str,
    _matching(r"[0-9]{12}", "an AWS account", 'write its 12 digits in quotes, such as "111111111111"'),
]
Region = Annotated[
    str, _matching(r"[a-z]{2,8}(?:-[a-z]+)+-[0-9]{1,2}", "an AWS region", "write one such as eu-west-1")
]
ConnectionId = Annotated[
    str,
    _matching(
        r"[A-Za-z][A-Za-z0-9_.-]{0,199}",
        "the id of an Airflow connection",
        "write letters, digits, dots, dashes and underscores, such as aws_release_staging",
    ),
]
Track = Annotated[
    str,
    _matching(r"[A-Za-z][A-Za-z0-9_: -]{0,49}", "a Play track", "write one such as internal or production"),
]
Bucket = Annotated[
    str,
    _matching(
        r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",  # S3 also allows dots, which break TLS to the bucket's own host
        "the name of an S3 bucket",
        "write 3 to 63 small letters, digits and dashes, such as release-ops-ledger-111111111111",
    ),
]
ServiceName = Annotated[str, _matching(SERVICE_NAME.pattern, "a service's name", SERVICE_NAME_RULE)]
CheckName = Annotated[
    str,
    _matching(
        r"[a-z][a-z0-9_-]{0,38}",
        "a check's name",
        "write up to 39 small letters, digits, dashes and underscores, a letter first",
    ),
]
ProjectName = Annotated[
    str,
    _matching(
        r"[A-Za-z0-9][A-Za-z0-9_-]{1,149}",
        "the name of a CodeBuild project",
        "write 2 to 150 letters, digits, dashes and underscores, such as orders-staging",
    ),
]
PackageName = Annotated[
    str,
    _matching(
        r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)+",
        "an Android package",
        "write its application id, such as com.example.courier",
    ),
]
FunctionName = Annotated[
    str,
    _matching(
        r"[A-Za-z0-9_-]{1,64}",
        "a function's name",
        "write it as serverless.yml does, without service and stage, such as api",
    ),
]
UrlPath = Annotated[
    str,
    _matching(
        r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,500}",
        "the path of a URL",
        "write it from its first slash on, without host, such as /health",
    ),
]
Schedule = Annotated[str, AfterValidator(_cron)]
Timezone = Annotated[str, AfterValidator(_timezone)]
Branch = Annotated[str, AfterValidator(_branch)]
Repository = Annotated[str, AfterValidator(_repository)]
Duration = Annotated[timedelta, BeforeValidator(_duration, json_schema_input_type=str)]
Buildspec = Annotated[str, AfterValidator(_buildspec)]
Regions = Annotated[tuple[Region, ...], AfterValidator(_regions)]
ServiceNames = Annotated[tuple[ServiceName, ...], AfterValidator(_distinct)]
Names = Annotated[tuple[str, ...], AfterValidator(_distinct)]
