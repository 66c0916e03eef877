"""The CodeBuild projects, each in the account that builds for its environment."""

from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.platform.aws import Aws
from rehearsal.platform.names import DEPLOY_EXTERNAL_ID, Target, clone_url
from release_ops.config import Catalog, Kind, Service

IMAGE = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
IN_REPOSITORY = "repository:"


def make_projects(aws: Aws, catalog: Catalog, target: Target, project_root: Path) -> None:
    home = target.builds_in
    codebuild = aws.client("codebuild", home.account, home.home_region)
    for service in catalog.services.values():
        project = definition(target, service, project_root)
        try:
            codebuild.create_project(**project)
        except codebuild.exceptions.ResourceAlreadyExistsException:
            # A buildspec that was edited since takes effect with the next seeding.
            codebuild.update_project(**project)


def definition(target: Target, service: Service, project_root: Path) -> dict[str, Any]:
    """Return the project as CreateProject takes it; a release overrides nothing, and adds RELEASE_*."""
    return {
        "name": service.build_projects[target.name],
        "source": {
            "type": "CODECOMMIT",
            "location": clone_url(service.repository, target.builds_in.home_region),
            # The whole history: an app's version code is the number of its commits.
            "gitCloneDepth": 0,
            "buildspec": _buildspec(service.buildspecs[target.name], project_root),
        },
        "artifacts": _artifacts(target, service),
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": IMAGE,
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [
                {"name": name, "value": value, "type": "PLAINTEXT"}
                for name, value in _variables(target, service, project_root).items()
            ],
        },
        "serviceRole": target.build_role_arn(service.name),
        "timeoutInMinutes": 30,
        "queuedTimeoutInMinutes": 60,
    }


def _buildspec(where: str, project_root: Path) -> str:
    """Inline, or a path in the service's own repository."""
    if where.startswith(IN_REPOSITORY):
        return where.removeprefix(IN_REPOSITORY)
    try:
        return (project_root / where).read_text()
    except OSError as missing:
        raise RehearsalError(f"The catalog's buildspec {where} cannot be read: {missing}") from missing


def _artifacts(target: Target, service: Service) -> dict[str, Any]:
    if service.kind is not Kind.ANDROID:
        return {"type": "NO_ARTIFACTS"}
    return {
        "type": "S3",
        "location": target.artifact_bucket,
        "path": service.name,
        "namespaceType": "NONE",
        "packaging": "NONE",
        "name": service.name,
        # The buildspec names the folder after the commit and the build: nothing is overwritten.
        "overrideArtifactName": True,
        # The bucket encrypts. CodeBuild would take the account's own key, which production cannot read with.
        "encryptionDisabled": True,
    }


def _variables(target: Target, service: Service, project_root: Path) -> dict[str, str]:
    if service.kind is Kind.ANDROID:
        return {"ARTIFACT_BUCKET": target.artifact_bucket}
    role = target.deploy_role_arn(service.name)
    deploys = {"DEPLOY_ROLE_ARN": role, "DEPLOY_EXTERNAL_ID": DEPLOY_EXTERNAL_ID}
    if service.kind is Kind.SERVERLESS:
        return {**deploys, **_only_faster(project_root)}
    return deploys


def _only_faster(project_root: Path) -> dict[str, str]:
    """What spares a rehearsal time and changes nothing of a deployment; no real project has it."""
    return {
        # osls asks every five seconds how a deployment goes; the sandbox needs less for the whole of it.
        "SLS_AWS_MONITORING_FREQUENCY": "500",
        # osls compiles its own schema for two seconds, unless an earlier build has left it here.
        "SLS_SCHEMA_CACHE_BASE_DIR": str(project_root / ".run" / "cache"),
    }
