"""What AWS and Play themselves tell: branches, builds, and what production answers.

A release's verdict is what Airflow made of them; whoever doubts it asks here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from botocore.exceptions import ClientError

from rehearsal.platform.aws import Aws
from rehearsal.production import Live, Production
from release_ops.config import Catalog
from release_ops.plan.steps import PRODUCTION, STAGING


@dataclass(frozen=True)
class Build:
    """A build as CodeBuild tells it."""

    id: str
    status: str
    commit: str
    started_at: datetime
    ended_at: datetime | None
    variables: Mapping[str, str]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            id=told["id"],
            status=told["buildStatus"],
            commit=told.get("resolvedSourceVersion", ""),
            started_at=told["startTime"],
            ended_at=told.get("endTime"),
            variables={each["name"]: each["value"] for each in told["environment"]["environmentVariables"]},
        )


@dataclass(frozen=True)
class Look:
    """Everything that a release may change, at one moment."""

    heads: Mapping[str, str]
    """The commit of each service's branch."""
    builds: Mapping[tuple[str, str], Sequence[Build]]
    """All builds by service and environment, oldest first."""
    live: Sequence[Live]

    def builds_since(self, earlier: "Look", service: str, environment: str) -> list[Build]:
        known = {build.id for build in earlier.builds.get((service, environment), ())}
        return [build for build in self.builds.get((service, environment), ()) if build.id not in known]


class Sources:
    """Asks one sandbox, as the administrator of its accounts."""

    def __init__(self, endpoint: str, catalog: Catalog) -> None:
        self._aws = Aws(endpoint)
        self._catalog = catalog
        self._production = Production(endpoint, catalog)

    def look(self) -> Look:
        return Look(
            heads=dict(self._heads()),
            builds={
                (service, environment): self.builds(service, environment)
                for service in self._catalog.services
                for environment in (STAGING, PRODUCTION)
            },
            live=self._production.live(),
        )

    def builds(self, service: str, environment: str) -> list[Build]:
        return [Build.read(told) for told in self.told_builds(service, environment)]

    def told_builds(self, service: str, environment: str) -> list[dict[str, Any]]:
        """Return every build of a service's project, oldest first, in CodeBuild's words."""
        environments = self._catalog.environments
        place = environments[environments[environment].builds_in or environment]
        client = self._aws.client("codebuild", place.account, place.home_region)
        project = self._catalog.services[service].build_projects[environment]
        pages = client.get_paginator("list_builds_for_project").paginate(projectName=project)
        told = [
            build
            for page in pages
            if page["ids"]
            for build in client.batch_get_builds(ids=page["ids"])["builds"]
        ]
        return sorted(told, key=lambda build: build["startTime"])

    def _heads(self) -> Iterator[tuple[str, str]]:
        dev = self._catalog.environments["dev"]
        client = self._aws.client("codecommit", dev.account, dev.home_region)
        for name, service in self._catalog.services.items():
            try:
                branch = client.get_branch(repositoryName=service.repository, branchName=service.branch)
            except ClientError:
                # No repository or no branch: the release has to say so, and holds the service.
                continue
            yield name, branch["branch"]["commitId"]
