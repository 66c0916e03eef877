"""How a sample repository came to be: its files, told as a few commits."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

# What builds and tests leave behind in a folder of the checkout.
LEFT_BEHIND = frozenset({".gradle", ".serverless", "__pycache__", "build", "dist", "node_modules"})


@dataclass(frozen=True)
class File:
    path: str
    content: bytes
    executable: bool


@dataclass(frozen=True)
class Chapter:
    """One commit to be."""

    author: str
    message: str
    files: Sequence[File]

    @property
    def email(self) -> str:
        return f"{self.author.lower().replace(' ', '.')}@example.com"


def history(samples: Path, service: str) -> Iterator[Chapter]:
    """Yield the commits of a sample, oldest first; none if there is no such sample.

    samples/history.yaml says which files came with which commit; one without `files` takes the rest."""
    if not (samples / service).is_dir():
        return
    told: Mapping[str, Sequence[Mapping[str, Any]]] = yaml.safe_load((samples / "history.yaml").read_text())
    left = {file.path: file for file in _files(samples / service)}
    for entry in told[service]:
        patterns = entry.get("files", ["*"])
        paths = [path for path in left if any(fnmatchcase(path, pattern) for pattern in patterns)]
        yield Chapter(entry["author"], entry["message"], [left.pop(path) for path in paths])


def _files(folder: Path) -> Iterator[File]:
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and LEFT_BEHIND.isdisjoint(relative.parts):
            yield File(relative.as_posix(), path.read_bytes(), executable=bool(path.stat().st_mode & 0o100))
