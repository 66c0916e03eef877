"""What things are called in the accounts of the sample platform."""

from collections.abc import Iterator
from dataclasses import dataclass

from release_ops.config import Catalog, Environment

TARGETS = ("staging", "production")
ORCHESTRATOR = "release-orchestrator"
EXTERNAL_ID = "release-ops"
DEPLOY_EXTERNAL_ID = "release-ops-deploy"


@dataclass(frozen=True)
class Target:
    """An environment that is released to, and the one whose account runs its builds."""

    name: str
    environment: Environment
    builds_in: Environment

    def build_role(self, service: str) -> str:
        """One per service and environment: no build reaches another service, none of staging's production."""
        return f"release-build-{service}-{self.name}"

    def build_role_arn(self, service: str) -> str:
        return role_arn(self.builds_in.account, self.build_role(service))

    def deploy_role(self, service: str) -> str:
        return f"release-deploy-{service}"

    def deploy_role_arn(self, service: str) -> str:
        return role_arn(self.environment.account, self.deploy_role(service))

    @property
    def artifact_bucket(self) -> str:
        return f"release-ops-artifacts-{self.builds_in.account}"


def targets(catalog: Catalog) -> Iterator[Target]:
    for name in TARGETS:
        environment = catalog.environments[name]
        yield Target(name, environment, catalog.environments[environment.builds_in or name])


def role_arn(account: str, name: str) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def clone_url(repository: str, region: str) -> str:
    return f"https://git-codecommit.{region}.amazonaws.com/v1/repos/{repository}"
