"""What StartBuild's overrides make of a project: the build's own source, environment and limits. Pure."""

from collections.abc import Mapping
from typing import Any

Wire = dict[str, Any]

_TOP = {
    "serviceRoleOverride": "serviceRole",
    "timeoutInMinutesOverride": "timeoutInMinutes",
    "queuedTimeoutInMinutesOverride": "queuedTimeoutInMinutes",
    "encryptionKeyOverride": "encryptionKey",
    "cacheOverride": "cache",
    "logsConfigOverride": "logsConfig",
    "artifactsOverride": "artifacts",
    "secondaryArtifactsOverride": "secondaryArtifacts",
    "secondarySourcesOverride": "secondarySources",
    "secondarySourcesVersionOverride": "secondarySourceVersions",
    "autoRetryLimitOverride": "autoRetryLimit",
    "sourceVersion": "sourceVersion",
}
_SOURCE = {
    "sourceTypeOverride": "type",
    "sourceLocationOverride": "location",
    "sourceAuthOverride": "auth",
    "gitCloneDepthOverride": "gitCloneDepth",
    "gitSubmodulesConfigOverride": "gitSubmodulesConfig",
    "buildspecOverride": "buildspec",
    "insecureSslOverride": "insecureSsl",
    "reportBuildStatusOverride": "reportBuildStatus",
    "buildStatusConfigOverride": "buildStatusConfig",
}
_ENVIRONMENT = {
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "certificateOverride": "certificate",
    "privilegedModeOverride": "privilegedMode",
    "registryCredentialOverride": "registryCredential",
    "imagePullCredentialsTypeOverride": "imagePullCredentialsType",
    "fleetOverride": "fleet",
    "hostKernelOverride": "hostKernel",
}


def overridden(project: Mapping[str, Any], request: Mapping[str, Any]) -> Wire:
    """The project as this one build sees it."""
    effective = {**project, **_renamed(request, _TOP)}
    effective["source"] = {**project["source"], **_renamed(request, _SOURCE)}
    environment = {**project["environment"], **_renamed(request, _ENVIRONMENT)}
    environment["environmentVariables"] = _merged(
        project["environment"].get("environmentVariables", []),
        request.get("environmentVariablesOverride", []),
    )
    effective["environment"] = environment
    return effective


def _renamed(request: Mapping[str, Any], names: Mapping[str, str]) -> Wire:
    return {member: request[override] for override, member in names.items() if override in request}


def _merged(variables: list[Wire], overrides: list[Wire]) -> list[Wire]:
    """An override replaces the project's variable of that name, or joins them."""
    by_name = {variable["name"]: {"type": "PLAINTEXT", **variable} for variable in [*variables, *overrides]}
    return list(by_name.values())
