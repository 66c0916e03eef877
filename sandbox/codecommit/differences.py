"""GetDifferences: what changed between two commits, or two folders of them.

https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetDifferences.html"""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.codecommit.history import resolve_specifier
from sandbox.codecommit.paging import PAGE, page, start_of
from sandbox.codecommit.repositories import Repository
from sandbox.git import git_bytes

_Blob = dict[str, str]


def get_differences(repository: Repository, request: Mapping[str, Any]) -> dict[str, Any]:
    size = request.get("MaxResults", PAGE)
    if size < 1:
        raise AwsError("InvalidMaxResultsException", f"MaxResults is {size}; give a number from 1")
    # The token holds the commits: a branch that moves meanwhile does not change the pages to come.
    start, meant = start_of(request.get("NextToken"), length=2)
    before, after = meant or _commits(repository, request)
    paths = _paths(request)
    differences = _differences(repository, before, after, paths)
    shown, token = page(differences, start, [before, after], min(size, PAGE))
    return {"differences": shown} | ({"NextToken": token} if token else {})


def _commits(repository: Repository, request: Mapping[str, Any]) -> tuple[str, str]:
    after = resolve_specifier(repository, request["afterCommitSpecifier"])
    specifier = request.get("beforeCommitSpecifier")
    return resolve_specifier(repository, specifier) if specifier is not None else "", after


def _paths(request: Mapping[str, Any]) -> tuple[str, str]:
    """Where to look in either commit; one path alone stands for both."""
    given = [request.get(name) for name in ("beforePath", "afterPath")]
    before, after = (path if path is not None else other for path, other in (given, given[::-1]))
    for path in (before, after):
        if path is not None and (not path or ".." in path.split("/")):
            raise AwsError("InvalidPathException", f"{path!r} is not a valid path")
    return (before or "").strip("/"), (after or "").strip("/")


def _differences(repository: Repository, before: str, after: str, paths: tuple[str, str]) -> list[Any]:
    old = _blobs(repository, before, paths[0]) if before else {}
    new = _blobs(repository, after, paths[1])
    if any(paths) and not old and not new:
        raise AwsError("PathDoesNotExistException", f"Could not find path {paths[1]}")
    names = sorted(name for name in old.keys() | new.keys() if not _same(old.get(name), new.get(name)))
    return [_difference(old.get(name), new.get(name)) for name in names]


def _same(old: _Blob | None, new: _Blob | None) -> bool:
    return old is not None and new is not None and all(old[key] == new[key] for key in ("blobId", "mode"))


def _difference(old: _Blob | None, new: _Blob | None) -> dict[str, Any]:
    kind = "A" if old is None else "D" if new is None else "M"
    blobs = {"beforeBlob": old, "afterBlob": new}
    return {name: blob for name, blob in blobs.items() if blob} | {"changeType": kind}


def _blobs(repository: Repository, commit: str, path: str) -> dict[str, _Blob]:
    """Every file at or below a path, by its name from there."""
    limits = ["--", f":(literal){path}"] if path else []
    printed = git_bytes(repository.path, "ls-tree", "-r", "-z", "--full-tree", commit, *limits).decode(
        errors="surrogateescape"
    )
    found = {}
    for line in filter(None, printed.split("\0")):
        attributes, _, file = line.partition("\t")
        mode, _, blob = attributes.split()
        name = file.removeprefix(path).lstrip("/")
        found[name] = {
            "blobId": blob,
            "path": file.encode(errors="surrogateescape").decode(errors="replace"),
            "mode": mode,
        }
    return found
