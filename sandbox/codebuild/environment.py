"""A build's environment variables: which one wins, and where the values of secrets come from.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sandbox.aws.roles import Credentials
from sandbox.codebuild.buildspec import Buildspec
from sandbox.codebuild.failure import PhaseFailedError
from sandbox.codebuild.model import Build
from sandbox.settings import Settings

_SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_SECRET = re.compile(
    r"(?P<id>arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:[^:]+|[^:]+)(?::(?P<key>[^:]*))?(?::(?P<stage>[^:]*))?(?::(?P<version>[^:]*))?"
)


class SecretStores:
    """Reads the values that variables only name, with the build's own role."""

    def __init__(self, client: Callable[[str], Any], mask: Callable[[str], None]) -> None:
        self._client, self._mask = client, mask

    def value(self, kind: str, text: str) -> str:
        if kind == "PARAMETER_STORE":
            return self._parameter(text)
        if kind == "SECRETS_MANAGER":
            return self._secret(text)
        return text

    def _parameter(self, name: str) -> str:
        try:
            # In the plural: it is ssm:GetParameters that a service role has to allow.
            found = self._client("ssm").get_parameters(Names=[name], WithDecryption=True)["Parameters"]
        except ClientError as refused:
            raise PhaseFailedError("Decrypted Variables Error", _refusal(refused)) from refused
        if not found:
            raise PhaseFailedError("Decrypted Variables Error", f"parameter does not exist: {name}")
        value: str = found[0]["Value"]
        self._mask(value)
        return value

    def _secret(self, reference: str) -> str:
        match = _SECRET.fullmatch(reference)
        if match is None:
            raise PhaseFailedError(
                "Secrets Manager Error", f"{reference} is not secret-id:json-key:version-stage:version-id"
            )
        optional = {"VersionStage": match["stage"], "VersionId": match["version"]}
        try:
            found = self._client("secretsmanager").get_secret_value(
                SecretId=match["id"], **{name: value for name, value in optional.items() if value}
            )
        except ClientError as refused:
            raise PhaseFailedError("Secrets Manager Error", f"{reference}: {_refusal(refused)}") from refused
        value = _json_key(found["SecretString"], match["key"], reference)
        self._mask(value)
        return value


def _json_key(secret: str, key: str | None, reference: str) -> str:
    if not key:
        return secret
    try:
        value = json.loads(secret)[key]
    except (ValueError, KeyError, TypeError) as missing:
        raise PhaseFailedError(
            "Secrets Manager Error", f"{reference}: the secret has no JSON key {key!r}"
        ) from missing
    return value if isinstance(value, str) else json.dumps(value)


def _refusal(refused: ClientError) -> str:
    error = refused.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def base(
    build: Build, settings: Settings, credentials: Credentials, work: Path, commit: str | None
) -> dict[str, str]:
    """What every build has: CodeBuild's variables, its role's keys, nothing of the sandbox's own shell."""
    source = build.effective["source"]
    return credentials.as_environment() | {
        "PATH": search_path(settings.path),
        "HOME": str(work / "home"),
        "TMPDIR": str(work / "tmp"),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_REGION": build.region,
        "AWS_DEFAULT_REGION": build.region,
        # Stacks are ready at once here; Serverless would look every five seconds only.
        "SLS_AWS_MONITORING_FREQUENCY": "250",
        # A fifth less time for every deployment by Serverless after the first.
        "NODE_COMPILE_CACHE": str(settings.state / "node-compile-cache"),
        "CI": "true",
        "CODEBUILD_CI": "true",
        "CODEBUILD_BUILD_ID": build.id,
        "CODEBUILD_BUILD_ARN": build.arn,
        "CODEBUILD_BUILD_IMAGE": build.effective["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build.number),
        "CODEBUILD_INITIATOR": build.initiator,
        "CODEBUILD_LOG_PATH": build.uuid,
        "CODEBUILD_SOURCE_REPO_URL": source.get("location", ""),
        "CODEBUILD_SOURCE_VERSION": build.effective.get("sourceVersion", ""),
        "CODEBUILD_RESOLVED_SOURCE_VERSION": commit or "",
        "CODEBUILD_SRC_DIR": str(work / "src"),
        "CODEBUILD_START_TIME": str(int(build.started * 1000)),
    }


def variables(
    buildspec: Buildspec, declared: list[Mapping[str, str]], stores: SecretStores
) -> dict[str, str]:
    """A build's variables: StartBuild's win over the project's (merged before), those over a buildspec's."""
    wanted: dict[str, tuple[str, str]] = {
        name: ("PLAINTEXT", text) for name, text in buildspec.variables.items()
    }
    wanted |= {name: ("PARAMETER_STORE", text) for name, text in buildspec.parameters.items()}
    wanted |= {name: ("SECRETS_MANAGER", text) for name, text in buildspec.secrets.items()}
    wanted |= {one["name"]: (one.get("type", "PLAINTEXT"), one["value"]) for one in declared}
    return {name: stores.value(kind, text) for name, (kind, text) in wanted.items()}


def exported(
    buildspec: Buildspec, declared: list[Mapping[str, str]], final: Mapping[str, str]
) -> list[dict[str, str]]:
    """The exported variables' values at the end.

    CodeBuild exports no secret that the project names, and nothing that begins with AWS_."""
    secret = {one["name"] for one in declared if one.get("type", "PLAINTEXT") != "PLAINTEXT"}
    names = [name for name in buildspec.exported if name not in secret and not name.startswith("AWS_")]
    return [{"name": name, "value": final.get(name, "")} for name in names]


def search_path(folders: Iterable[Path]) -> str:
    return ":".join([*map(str, folders), *_SYSTEM_PATH])
