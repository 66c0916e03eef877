"""Which files a buildspec's artifacts section means, and their keys. Only reads the disk."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from sandbox.codebuild.buildspec import Artifacts


class ArtifactsError(Exception):
    """CodeBuild would end UPLOAD_ARTIFACTS with CLIENT_ERROR and this message."""


def select(artifacts: Artifacts, source: Path) -> dict[str, Path]:
    """Key (under the artifact's own name) -> file, for everything that the section names."""
    files: dict[str, Path] = {}
    for base in _bases(artifacts, source):
        excluded = [_regex(pattern) for pattern in artifacts.exclude]
        for path in _matching(artifacts.files, base):
            key = path.relative_to(base).as_posix()
            if not any(pattern.fullmatch(key) for pattern in excluded):
                files[path.name if artifacts.discard_paths else key] = path
    if not files:
        raise ArtifactsError("no matching artifact paths found")
    return files


def zipped(files: dict[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, path in files.items():
            archive.write(path, key)
    return buffer.getvalue()


def _bases(artifacts: Artifacts, source: Path) -> list[Path]:
    if artifacts.base_directory is None:
        return [source]
    # AWS's own example: `base-directory: $CODEBUILD_SRC_DIR_source1`, expanded by now.
    if Path(artifacts.base_directory).is_dir() and Path(artifacts.base_directory).is_absolute():
        return [Path(artifacts.base_directory)]
    wanted = artifacts.base_directory.strip("/") or "."
    if wanted in (".", "./"):
        return [source]
    found = sorted(path for path in source.glob(wanted) if path.is_dir())
    if not found:
        raise ArtifactsError(f"no matching base directory path found for {artifacts.base_directory}")
    return found


def _matching(patterns: tuple[str, ...], base: Path) -> Iterator[Path]:
    regexes = [_regex(pattern) for pattern in patterns]
    for path in sorted(base.rglob("*")):
        relative = path.relative_to(base)
        if relative.parts[0] == ".git" or not path.is_file():
            continue
        if any(regex.fullmatch(relative.as_posix()) for regex in regexes):
            yield path


def _regex(pattern: str) -> re.Pattern[str]:
    """`*` stays within a folder, `**/*` goes down any number of them, as in CodeBuild's own examples."""
    pattern = pattern.removeprefix("./").lstrip("/")
    wildcards = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    tokens = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(wildcards.get(token, re.escape(token)) for token in tokens))
