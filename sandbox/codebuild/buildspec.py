"""A buildspec, read as CodeBuild reads it. No clock, no disk: text in, a frozen object out.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.codebuild.on_failure import OnFailure, Retry, parse_on_failure
from sandbox.codebuild.yaml_document import Keys, YamlError, load

PHASES = ("install", "pre_build", "build", "post_build")
VERSIONS = ("0.1", "0.2")
# "For Linux, supported shell tags are bash and /bin/sh."
SHELLS = ("bash", "/bin/sh")
_KEYS = ("version", "env", "environment_variables", "phases", "artifacts")


class BuildspecError(Exception):
    """CodeBuild would end DOWNLOAD_SOURCE with YAML_FILE_ERROR and this message."""


@dataclass(frozen=True, slots=True)
class Commands:
    """One phase's commands; ``lastly`` runs whatever became of them (the buildspec's ``finally``)."""

    commands: tuple[str, ...] = ()
    lastly: tuple[str, ...] = ()
    on_failure: OnFailure | None = None
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class Artifacts:
    files: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    base_directory: str | None = None
    name: str | None = None
    s3_prefix: str | None = None
    discard_paths: bool = False


@dataclass(frozen=True, slots=True)
class Buildspec:
    version: str
    shell: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    runtimes: Mapping[str, str] = field(default_factory=dict)
    phases: Mapping[str, Commands] = field(default_factory=dict)
    artifacts: Artifacts | None = None
    secondary_artifacts: Mapping[str, Artifacts] = field(default_factory=dict)
    accepted: tuple[str, ...] = ()

    @property
    def one_shell(self) -> bool:
        """Version 0.1 runs every command in a fresh shell; 0.2 all of them in one."""
        return self.version != "0.1"

    def phase(self, name: str) -> Commands:
        return self.phases.get(name, Commands())


def parse_buildspec(text: str) -> Buildspec:
    """Read a buildspec; whatever CodeBuild would refuse raises BuildspecError."""
    try:
        document = load(text)
    except YamlError as broken:
        raise BuildspecError(str(broken)) from broken
    if not isinstance(document, Keys) or "version" not in document:
        # What CodeBuild says of an empty file, of a template, and of a buildspec without its version:
        # https://github.com/aws/serverless-application-model/pull/352
        raise BuildspecError("wrong number of container tags, expected 1")
    version = document["version"]
    if version not in VERSIONS:
        raise BuildspecError(f"invalid buildspec version {version!r}; AWS knows {' and '.join(VERSIONS)}")
    environment = _environment(document, version)
    phases = _phases(document.get("phases"))
    artifacts = _mapping(document.get("artifacts"), "artifacts")
    secondary = _mapping(artifacts.get("secondary-artifacts"), "artifacts/secondary-artifacts")
    only_secondary = bool(secondary) and "files" not in artifacts
    return Buildspec(
        version=version,
        shell=_shell(environment.get("shell")),
        variables=_texts(environment.get("variables"), "env/variables"),
        parameters=_texts(environment.get("parameter-store"), "env/parameter-store"),
        secrets=_texts(environment.get("secrets-manager"), "env/secrets-manager"),
        exported=_sequence(environment.get("exported-variables"), "env/exported-variables"),
        runtimes=_texts(phases.get("install", {}).get("runtime-versions"), "phases/install/runtime-versions"),
        phases={name: _commands(phase, f"phases/{name}") for name, phase in phases.items()},
        # With secondary artifacts there need be no primary one.
        artifacts=_artifacts(artifacts, "artifacts") if artifacts and not only_secondary else None,
        secondary_artifacts={
            name: _artifacts(section, f"artifacts/secondary-artifacts/{name}")
            for name, section in secondary.items()
        },
        accepted=tuple(_accepted(document, environment, phases, artifacts)),
    )


def _environment(document: Keys, version: str) -> dict[str, Any]:
    """The env section; in 0.1 it was called environment_variables, and variables plaintext."""
    environment = _mapping(document.get("env"), "env")
    if version == "0.1":
        former = _mapping(document.get("environment_variables"), "environment_variables")
        return {"variables": former.get("plaintext"), **environment}
    return environment


def _shell(tag: Any) -> str | None:
    if tag in (None, ""):
        return None
    if tag not in SHELLS:
        raise BuildspecError(f"env/shell is {tag!r}; on Linux AWS knows {' and '.join(SHELLS)}")
    return str(tag)


def _phases(value: Any) -> dict[str, Any]:
    phases = _mapping(value, "phases")
    if not phases:
        raise BuildspecError("the buildspec has no phases")
    for name in phases:
        if name not in PHASES:
            raise BuildspecError(
                f"Invalid buildspec phase name: {name}. Expecting: {','.join(sorted(PHASES))}"
            )
    return {name: _mapping(phase, f"phases/{name}") for name, phase in phases.items()}


def _accepted(
    document: Keys, environment: Mapping[str, Any], phases: Mapping[str, Any], artifacts: Mapping[str, Any]
) -> list[str]:
    """What has no effect here: the build's log says so.

    AWS takes a key that it does not know: its reference's own example has secondary-artifacts at the top."""
    noted = [key for key in document if key not in _KEYS]
    noted += ["env/git-credential-helper"] if "git-credential-helper" in environment else []
    noted += ["artifacts/enable-symlinks"] if "enable-symlinks" in artifacts else []
    return noted + [f"phases/{name}/run-as" for name, phase in phases.items() if "run-as" in phase]


def _commands(phase: dict[str, Any], place: str) -> Commands:
    on_failure, retry = _on_failure(phase.get("on-failure"), place)
    return Commands(
        commands=_sequence(phase.get("commands"), f"{place}/commands"),
        lastly=_sequence(phase.get("finally"), f"{place}/finally"),
        on_failure=on_failure,
        retry=retry,
    )


def _on_failure(value: Any, place: str) -> tuple[OnFailure | None, Retry | None]:
    if value is None:
        return None, None
    try:
        return parse_on_failure(str(value))
    except ValueError as wrong:
        raise BuildspecError(f"{place}/on-failure is {value!r}; {wrong}") from wrong


def _artifacts(value: Any, place: str) -> Artifacts:
    section = _mapping(value, place)
    files = _sequence(section.get("files"), f"{place}/files")
    if not files:
        raise BuildspecError(f"{place} has no files")
    return Artifacts(
        files=files,
        exclude=_sequence(section.get("exclude-paths"), f"{place}/exclude-paths"),
        base_directory=section.get("base-directory") or None,
        name=section.get("name") or None,
        s3_prefix=section.get("s3-prefix") or None,
        discard_paths=section.get("discard-paths", "no").lower() in ("yes", "true"),
    )


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise BuildspecError(f"{place} should be a mapping, found {value!r}")
    if "<<" in value:
        # Whether CodeBuild merges is not documented; what may be dropped there must not run here.
        raise BuildspecError(f"{place} has YAML's merge key `<<`; write its keys out")
    return value


def _texts(value: Any, place: str) -> dict[str, str]:
    texts = _mapping(value, place)
    for name, text in texts.items():
        if not isinstance(text, str):
            raise BuildspecError(f"{place}/{name} should be a text, found {text!r}")
    return texts


def _sequence(value: Any, place: str) -> tuple[str, ...]:
    """A list of texts. One text is a list of one, as in the CDK's `commands: 'export MY_VAR="some value"'`.

    https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_codebuild.BuildEnvironmentVariable.html"""
    if value is None or value == "":
        return ()
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list):
        raise BuildspecError(f"{place} should be a list, found {value!r}")
    for index, item in enumerate(items):
        if not isinstance(item, str):
            raise BuildspecError(_not_a_text(item, f"{place.rpartition('/')[2].capitalize()}[{index}]"))
    # Git on Windows leaves \r\n; the shell would take the \r into the last word.
    return tuple(item.replace("\r\n", "\n").rstrip("\r") for item in items)


def _not_a_text(item: Any, place: str) -> str:
    """What CodeBuild says of `- echo "a: b"`, which is a mapping to YAML.

    https://github.com/aws/sagemaker-chainer-container/pull/83"""
    if isinstance(item, Keys):
        return (
            f"Expected {place} to be of string type: found subkeys instead at line {item.line}, "
            f"value of the key tag on line {item.line - 1} might be empty"
        )
    return f"Expected {place} to be of string type: found {item!r} instead"
