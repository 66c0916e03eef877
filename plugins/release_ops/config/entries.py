"""The catalog as a person writes it: most keys may be left out, a check may be one word.

Separate from the resolved models so that an editor's schema and every message speak of the file's own keys.
Each example is a value that passes: messages offer it as what to write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from release_ops.config.entries_of_environments import EnvironmentsEntry
from release_ops.config.fields import (
    Branch,
    Buildspec,
    Duration,
    Names,
    PackageName,
    ProjectName,
    Regions,
    Repository,
    refusal,
)
from release_ops.config.fields_of_hours import Windows
from release_ops.config.models import (
    Frozen,
    HttpCheckEntry,
    InvokeCheckEntry,
    Kind,
    TrackCheckEntry,
    Train,
)


def _short_form(key: str, model: Any) -> Any:
    """Let `- http: /health` stand for `- http: {path: /health}`."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value, json_schema_input_type=str | model
    )


class CheckEntry(Frozen):
    """One check: its kind, and what it asks."""

    http: Annotated[HttpCheckEntry | None, _short_form("path", HttpCheckEntry)] = Field(
        None, description="Asks a path of the service's URL: a path, or a mapping.", examples=["/health"]
    )
    invoke: Annotated[InvokeCheckEntry | None, _short_form("function", InvokeCheckEntry)] = Field(
        None,
        description="Invokes a Lambda function of the service: its name, or a mapping.",
        examples=["api"],
    )
    track: Annotated[
        TrackCheckEntry | None, BeforeValidator(lambda value: {} if value is None else value)
    ] = Field(None, description="Asks Google Play for the version that was built.", examples=[{}])

    @model_validator(mode="after")
    def _is_one_check(self) -> CheckEntry:
        kinds = sorted(self.model_fields_set)
        if len(kinds) != 1:
            wrong = f"holds {' and '.join(kinds)}" if kinds else "is empty"
            raise refusal(wrong, "write one check behind each dash, such as - http: /health")
        return self

    @property
    def kind(self) -> str:
        """http, invoke or track."""
        return next(iter(self.model_fields_set))

    @property
    def chosen(self) -> HttpCheckEntry | InvokeCheckEntry | TrackCheckEntry:
        return self.http or self.invoke or self.track or TrackCheckEntry()


class RegionsEntry(Frozen):
    """Regions that differ from the default, per environment."""

    staging: Regions | None = Field(None, description="Regions in staging.", examples=[["eu-west-1"]])
    production: Regions | None = Field(
        None, description="Regions in production, one after another.", examples=[["eu-west-1", "us-east-1"]]
    )


class BuildProjectsEntry(Frozen):
    """CodeBuild projects that are not named after service and environment."""

    staging: ProjectName | None = Field(
        None, description="Project that builds for staging.", examples=["orders-staging"]
    )
    production: ProjectName | None = Field(
        None, description="Project that builds for production.", examples=["orders-production"]
    )


class BuildspecsEntry(Frozen):
    """Buildspecs of the service's own."""

    staging: Buildspec | None = Field(
        None, description="Buildspec for staging.", examples=["repository:ci/staging.yml"]
    )
    production: Buildspec | None = Field(
        None, description="Buildspec for production.", examples=["repository:ci/production.yml"]
    )


class ServiceEntry(Frozen):
    """One service: three to five lines, the rest are defaults."""

    kind: Kind = Field(description="What it is: serverless, web or android.", examples=["serverless"])
    repository: Repository | None = Field(
        None, description="CodeCommit repository; the service's name if left out.", examples=["orders"]
    )
    branch: Branch | None = Field(
        None, description="Branch that is released; that of `defaults` if left out.", examples=["release"]
    )
    regions: RegionsEntry = Field(
        RegionsEntry(),
        description="Regions, where they differ from those of `defaults`; not for android.",
        examples=[{"production": ["eu-west-1", "us-east-1"]}],
    )
    checks: Annotated[tuple[CheckEntry, ...], Field(min_length=1)] | None = Field(
        None,
        description="What proves a deployment, in this order; one that fits the kind if left out.",
        examples=[[{"http": "/health"}]],
    )
    depends_on: Names = Field(
        (),
        description="Services that must be promoted first; if one is held, so is this.",
        examples=[["orders"]],
    )
    soak: Duration | None = Field(
        None,
        description="How long a version stays in staging before production; as in `defaults` if left out.",
        examples=["2 days"],
    )
    build_projects: BuildProjectsEntry = Field(
        BuildProjectsEntry(),
        description="CodeBuild projects, where they are not called <service>-<environment>.",
        examples=[{"staging": "orders-staging"}],
    )
    buildspecs: BuildspecsEntry = Field(
        BuildspecsEntry(),
        description="Buildspecs of its own, a path here or repository:path, instead of "
        "buildspecs/<kind>-<environment>.yml.",
        examples=[{"staging": "repository:ci/staging.yml"}],
    )
    package_name: PackageName | None = Field(
        None,
        description="Application id on Google Play: required for android, for nothing else.",
        examples=["com.example.courier"],
    )
    windows: Windows | None = Field(
        None,
        description="When it may go to production, where that differs from the environment's windows.",
        examples=[["Tue-Thu 09:00-16:00"]],
    )


class DefaultsEntry(Frozen):
    """What a service gets that does not say otherwise."""

    branch: Branch = Field("release", description="Branch that is released.", examples=["release"])
    soak: Duration = Field(
        timedelta(days=2), description="How long a version stays in staging.", examples=["2 days"]
    )
    regions: RegionsEntry = Field(
        RegionsEntry(),
        description="Regions; an environment's home region if left out.",
        examples=[{"staging": ["eu-west-1"]}],
    )


class CatalogFile(Frozen):
    """The whole file."""

    train: Train = Field(description="When a release is cut.")
    environments: EnvironmentsEntry = Field(description="The three accounts.")
    defaults: DefaultsEntry = Field(
        DefaultsEntry(), description="What a service gets that does not say otherwise."
    )
    services: Annotated[Mapping[str, ServiceEntry], Field(min_length=1)] = Field(
        description="Every service, by name.", examples=[{"orders": {"kind": "serverless"}}]
    )
