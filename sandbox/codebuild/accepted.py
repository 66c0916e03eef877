"""What is fine on AWS, and here too, but does nothing here: a build's log says each of it.

Whoever rehearses must not take for proved what did not happen."""

from collections.abc import Mapping
from typing import Any


def without_effect(what: str) -> str:
    return f"The sandbox accepts {what} and does nothing with it"


def notes_on(effective: Mapping[str, Any]) -> list[str]:
    """The lines about a build's own definition, its overrides applied."""
    source, environment = effective["source"], effective["environment"]
    cache = effective["cache"]["type"]
    s3_logs = effective.get("logsConfig", {}).get("s3Logs", {})
    parts = {
        f"the project's {cache} cache": cache != "NO_CACHE",
        "the project's vpcConfig": "vpcConfig" in effective,
        "the project's fileSystemLocations": effective.get("fileSystemLocations"),
        "the project's S3 log": s3_logs.get("status") == "ENABLED",
        "the source's submodules": source.get("gitSubmodulesConfig", {}).get("fetchSubmodules"),
        "privilegedMode": environment["privilegedMode"],
        "the environment's fleet": environment.get("fleet"),
        "the environment's dockerServer": environment.get("dockerServer"),
        "the environment's certificate": environment.get("certificate"),
    }
    return [without_effect(part) for part, is_asked_for in parts.items() if is_asked_for]
