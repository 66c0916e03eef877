"""A buildspec, read as CodeBuild reads it. No clock, no disk: text in, a frozen object out.

https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
VERSIONS = ("0.1", "0.2")


class BuildspecError(Exception):
    """CodeBuild would end DOWNLOAD_SOURCE with YAML_FILE_ERROR and this message."""


class OnFailure(StrEnum):
    ABORT = "ABORT"
    CONTINUE = "CONTINUE"


@dataclass(frozen=True, slots=True)
class Commands:
    """One phase's commands; ``lastly`` runs whatever became of them (the buildspec's ``finally``)."""

    commands: tuple[str, ...] = ()
    lastly: tuple[str, ...] = ()
    on_failure: OnFailure | None = None


@dataclass(frozen=True, slots=True)
class Artifacts:
    files: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    base_directory: str | None = None
    name: str | None = None
    discard_paths: bool = False


@dataclass(frozen=True, slots=True)
class Buildspec:
    version: str
    variables: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    phases: Mapping[str, Commands] = field(default_factory=dict)
    artifacts: Artifacts | None = None
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
        # BaseLoader: every scalar stays the text that was written; `yes`, `0.2` and `012` are no other type.
        document = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader builds only str, list and dict
    except yaml.YAMLError as broken:
        raise BuildspecError(f"the buildspec is not YAML: {_one_line(broken)}") from broken
    spec = _mapping(document, "the buildspec")
    version = spec.get("version")
    if version not in VERSIONS:
        raise BuildspecError(f"invalid buildspec version {version!r}; AWS knows {' and '.join(VERSIONS)}")
    environment = _mapping(spec.get("env"), "env")
    phases = _mapping(spec.get("phases"), "phases")
    if not phases:
        raise BuildspecError("the buildspec has no phases")
    for name in phases:
        if name not in PHASES:
            raise BuildspecError(f"unknown phase {name!r}; AWS knows {', '.join(PHASES)}")
    return Buildspec(
        version=version,
        variables=_texts(environment.get("variables"), "env/variables"),
        parameters=_texts(environment.get("parameter-store"), "env/parameter-store"),
        secrets=_texts(environment.get("secrets-manager"), "env/secrets-manager"),
        exported=_sequence(environment.get("exported-variables"), "env/exported-variables"),
        phases={name: _commands(value, f"phases/{name}") for name, value in phases.items()},
        artifacts=_artifacts(spec.get("artifacts")),
        accepted=tuple(_accepted(spec, phases)),
    )


def _accepted(spec: Mapping[str, Any], phases: Mapping[str, Any]) -> list[str]:
    """What is fine on AWS and has no effect here: the build's log says so."""
    noted = [key for key in ("batch", "cache", "proxy", "reports", "run-as") if key in spec]
    for name, phase in phases.items():
        noted += [f"phases/{name}/{key}" for key in ("run-as", "runtime-versions") if key in (phase or {})]
    return noted


def _commands(value: Any, place: str) -> Commands:
    phase = _mapping(value, place)
    on_failure = phase.get("on-failure")
    if on_failure is not None and on_failure not in list(OnFailure):
        raise BuildspecError(
            f"{place}/on-failure is {on_failure!r}; the sandbox knows {', '.join(OnFailure)}"
        )
    return Commands(
        commands=_sequence(phase.get("commands"), f"{place}/commands"),
        lastly=_sequence(phase.get("finally"), f"{place}/finally"),
        on_failure=OnFailure(on_failure) if on_failure else None,
    )


def _artifacts(value: Any) -> Artifacts | None:
    if value is None:
        return None
    section = _mapping(value, "artifacts")
    files = _sequence(section.get("files"), "artifacts/files")
    if not files:
        raise BuildspecError("artifacts has no files")
    return Artifacts(
        files=files,
        exclude=_sequence(section.get("exclude-paths"), "artifacts/exclude-paths"),
        base_directory=section.get("base-directory") or None,
        name=section.get("name") or None,
        discard_paths=section.get("discard-paths", "no").lower() in ("yes", "true"),
    )


def _mapping(value: Any, place: str) -> dict[str, Any]:
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise BuildspecError(f"{place} should be a mapping, found {value!r}")
    return value


def _texts(value: Any, place: str) -> dict[str, str]:
    texts = _mapping(value, place)
    for name, text in texts.items():
        if not isinstance(text, str):
            raise BuildspecError(f"{place}/{name} should be a text, found {text!r}")
    return texts


def _sequence(value: Any, place: str) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if not isinstance(value, list):
        raise BuildspecError(f"{place} should be a list, found {value!r}")
    for index, item in enumerate(value):
        if not isinstance(item, str):
            # The usual cause: `- echo "a: b"` is a mapping to YAML.
            raise BuildspecError(
                f"Expected {place}[{index}] to be of string type: found {item!r} instead; quote it"
            )
    # Git on Windows leaves \r\n; bash would take the \r into the last word.
    return tuple(item.replace("\r\n", "\n").rstrip("\r") for item in value)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
