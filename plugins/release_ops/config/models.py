"""The catalog as everybody else uses it: every default filled in, nothing left to look up.

It is frozen into a release's manifest as JSON and read back from there weeks later."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, StrictInt

from release_ops.config.fields import (
    AccountId,
    Branch,
    Bucket,
    Buildspec,
    CheckName,
    ConnectionId,
    Duration,
    FunctionName,
    PackageName,
    ProjectName,
    Region,
    Regions,
    Repository,
    Schedule,
    ServiceName,
    ServiceNames,
    Timezone,
    Track,
    UrlPath,
)
from release_ops.config.fields_of_hours import Reading, Why, Windows

GLOBAL = "global"
"""Stands for the region of an android target: Google Play has none."""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Kind(StrEnum):
    """What a service is, and so how it is built, checked and promoted."""

    SERVERLESS = "serverless"
    WEB = "web"
    ANDROID = "android"


class Train(Frozen):
    """When a release is cut."""

    schedule: Schedule = Field(
        description="Cron expression of the cut: minute, hour, day of month, month, day of week.",
        examples=["0 9 * * 1"],
    )
    timezone: Timezone = Field(description="IANA time zone of the schedule.", examples=["Europe/Berlin"])


class FreezePeriod(Frozen):
    """Nothing goes out from a date, or time of day, to another, both by the environment's wall clock."""

    begins: Reading
    until: Reading
    why: Why


class Environment(Frozen):
    """One of dev, staging and production."""

    account: AccountId
    regions: Regions
    aws_connection: ConnectionId
    http_connection: ConnectionId | None = None
    play_connection: ConnectionId | None = None
    play_track: Track | None = None
    builds_in: str | None = None
    ledger_bucket: Bucket | None = None
    windows: Windows | None = None
    freezes: tuple[FreezePeriod, ...] = ()
    zone: Timezone = "UTC"

    @property
    def home_region(self) -> str:
        """The region of its CodeBuild projects and CodeCommit repositories."""
        return self.regions[0]


class HttpCheckEntry(Frozen):
    """Asks a URL of the deployed service."""

    path: UrlPath = Field(description="Path below the service's own URL.", examples=["/health"])
    status: Annotated[StrictInt, Field(ge=100, le=599)] = Field(
        200, description="Status that passes.", examples=[200]
    )
    contains: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Text that the answer must contain.", examples=["ready"]
    )
    shows_commit: StrictBool = Field(
        True, description="Whether the answer must contain the release's commit id.", examples=[True]
    )
    name: CheckName = Field("smoke", description="Name of the check's task.", examples=["smoke"])


class InvokeCheckEntry(Frozen):
    """Invokes a Lambda function of the deployed service."""

    function: FunctionName = Field(description="Function, as serverless.yml names it.", examples=["api"])
    payload: Mapping[str, JsonValue] = Field(
        {}, description="Event that the function gets.", examples=[{"order": "rehearsal"}]
    )
    contains: Annotated[str, Field(min_length=1)] | None = Field(
        None, description="Text that the answer must contain.", examples=["ready"]
    )
    shows_commit: StrictBool = Field(
        True, description="Whether the answer must contain the release's commit id.", examples=[True]
    )
    name: CheckName = Field("invoke", description="Name of the check's task.", examples=["invoke"])


class TrackCheckEntry(Frozen):
    """Asks Google Play whether the track has the version that was built."""

    name: CheckName = Field("on_track", description="Name of the check's task.", examples=["on_track"])


class HttpCheck(HttpCheckEntry):
    type: Literal["http"] = "http"


class InvokeCheck(InvokeCheckEntry):
    type: Literal["invoke"] = "invoke"


class TrackCheck(TrackCheckEntry):
    type: Literal["track"] = "track"


Check = Annotated[HttpCheck | InvokeCheck | TrackCheck, Field(discriminator="type")]


class Service(Frozen):
    """One deployable thing: the unit that is built, proved, held and promoted."""

    name: ServiceName
    kind: Kind
    repository: Repository
    branch: Branch
    regions: Mapping[str, tuple[Region | Literal["global"], ...]]
    checks: tuple[Check, ...]
    depends_on: ServiceNames
    soak: Duration
    build_projects: Mapping[str, ProjectName]
    buildspecs: Mapping[str, Buildspec]
    package_name: PackageName | None = None
    windows: Windows | None = None
    """Its own; those of the environment if None."""

    def __hash__(self) -> int:
        return hash((self.name, self.repository, self.branch))


class Catalog(Frozen):
    """The whole platform: when it is released, where to, and what."""

    train: Train
    environments: Mapping[str, Environment]
    services: Mapping[ServiceName, Service]

    def __hash__(self) -> int:
        return hash((self.train, tuple(self.services.values())))

    @property
    def connection_ids(self) -> tuple[str, ...]:
        """Every Airflow connection that a release of this catalog can use."""
        places = self.environments.values()
        ids = [(place.aws_connection, place.http_connection, place.play_connection) for place in places]
        return tuple(dict.fromkeys(name for group in ids for name in group if name))
