"""The three accounts as a person writes them, and when production may be changed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from release_ops.config.fields import (
    AccountId,
    Bucket,
    ConnectionId,
    Regions,
    Timezone,
    Track,
    refusal,
)
from release_ops.config.fields_of_hours import Reading, Why, Windows
from release_ops.config.models import Frozen
from release_ops.domain.calendar_words import parse_freeze


class FreezeEntry(Frozen):
    """A time in which nothing goes out, whatever the windows say."""

    begins: Reading = Field(
        alias="from", description="First day, or its time of day.", examples=["2026-12-18"]
    )
    until: Reading = Field(
        description="Last day, which is frozen too, or a time of day.", examples=["2027-01-03"]
    )
    why: Why = Field(description="What people read who wait.", examples=["end of the year"])

    @model_validator(mode="after")
    def _lasts(self) -> FreezeEntry:
        if parse_freeze(self.begins, self.until, self.why) is None:
            raise refusal(f"ends ({self.until}) before it begins ({self.begins})", "write a later until")
        return self


class DevEntry(Frozen):
    """The account that holds the code, the staging builds and the ledger."""

    account: AccountId = Field(description="AWS account, 12 digits in quotes.", examples=["111111111111"])
    regions: Regions = Field(description="Regions; the first is its home.", examples=[["eu-west-1"]])
    aws_connection: ConnectionId = Field(
        description="Airflow connection of the orchestrator's role.", examples=["aws_release_dev"]
    )
    ledger_bucket: Bucket = Field(
        description="S3 bucket of the release's records.", examples=["release-ops-ledger-111111111111"]
    )


class _TargetEntry(Frozen):
    account: AccountId = Field(description="AWS account, 12 digits in quotes.", examples=["222222222222"])
    regions: Regions = Field(description="Regions; the first is its home.", examples=[["eu-west-1"]])
    aws_connection: ConnectionId = Field(
        description="Airflow connection of the orchestrator's role.", examples=["aws_release_staging"]
    )
    http_connection: ConnectionId | None = Field(
        None,
        description="Airflow connection of the HTTP checks; required if a service is checked over HTTP.",
        examples=["http_release_staging"],
    )
    play_connection: ConnectionId | None = Field(
        None,
        description="Airflow connection to Google Play; required if there is an android service.",
        examples=["play_release_staging"],
    )


class StagingEntry(_TargetEntry):
    """Where a release is tested."""

    play_track: Track = Field("internal", description="Play track for testers.", examples=["internal"])
    builds_in: Literal["dev", "staging"] = Field(
        "dev", description="Environment whose account runs the builds.", examples=["dev"]
    )


class ProductionEntry(_TargetEntry):
    """Where the users are."""

    play_track: Track = Field("production", description="Play track for users.", examples=["production"])
    builds_in: Literal["production"] = Field(
        "production", description="Production is built by nobody else.", examples=["production"]
    )
    windows: Windows | None = Field(
        None,
        description="Hours of the week in which releases go out; always if left out.",
        examples=[["Tue-Thu 09:00-16:00"]],
    )
    freezes: tuple[FreezeEntry, ...] = Field(
        (),
        description="Times in which nothing goes out.",
        examples=[[{"from": "2026-12-18", "until": "2027-01-03", "why": "end of the year"}]],
    )
    zone: Timezone | None = Field(
        None,
        description="IANA time zone of windows and freezes; the train's if left out.",
        examples=["Europe/Berlin"],
    )


class EnvironmentsEntry(Frozen):
    """The three accounts."""

    dev: DevEntry = Field(description="Code, build definitions, ledger.")
    staging: StagingEntry = Field(description="Where a release is tested and soaks.")
    production: ProductionEntry = Field(description="Where the users are.")
