"""Secondary sources: checked out beside the primary one, each into a folder of its own.

https://docs.aws.amazon.com/codebuild/latest/userguide/sample-multi-in-out.html,
https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.codebuild.source import check_out


def check_out_secondary(
    effective: Mapping[str, Any], work: Path, environment: Mapping[str, str]
) -> dict[str, str]:
    """Check out every secondary source and return the variables that tell a build where they are."""
    versions = {
        one["sourceIdentifier"]: one["sourceVersion"] for one in effective.get("secondarySourceVersions", [])
    }
    variables: dict[str, str] = {}
    for source in effective.get("secondarySources", []):
        name = source["sourceIdentifier"]
        folder, version = work / f"src-{name}", versions.get(name)
        check_out(source, version, folder, environment, which=f"secondary source {name}")
        variables |= {
            f"CODEBUILD_SRC_DIR_{name}": str(folder),
            f"CODEBUILD_SOURCE_REPO_URL_{name}": source.get("location", ""),
            f"CODEBUILD_SOURCE_VERSION_{name}": version or "",
        }
    return variables
