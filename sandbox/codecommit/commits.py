"""CreateCommit: a commit made from a request's files, without a working tree."""

import base64
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.codecommit.history import is_branch_name
from sandbox.codecommit.repositories import Repository, resolve_commit
from sandbox.git import GitError, git

_NO_COMMIT = "0" * 40
_MODES = {"NORMAL": "100644", "EXECUTABLE": "100755", "SYMLINK": "120000"}


def create_commit(repository: Repository, request: Mapping[str, Any]) -> dict[str, Any]:
    """Put and delete files on a branch, as one commit on top of the branch's tip."""
    branch = request["branchName"]
    if not is_branch_name(repository, branch):
        raise AwsError("InvalidBranchNameException", f"{branch} is not a valid branch name")
    parent = _parent(repository, request)
    puts, deletes = (
        request.get("putFiles", []),
        [entry["filePath"] for entry in request.get("deleteFiles", [])],
    )
    with tempfile.TemporaryDirectory(dir=repository.path) as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        if parent:
            git(repository.path, "read-tree", parent, environment=index)
        before = set(git(repository.path, "ls-files", "-z", environment=index).split("\0"))
        blobs = [_put(repository, entry, index) for entry in puts]
        _delete(repository, deletes, before, index)
        tree = git(repository.path, "write-tree", environment=index)
    if parent and tree == git(repository.path, "rev-parse", f"{parent}^{{tree}}"):
        raise AwsError("NoChangeException", "The commit would change nothing")
    commit = _commit(repository, request, tree, parent)
    try:
        git(repository.path, "update-ref", f"refs/heads/{branch}", commit, parent or _NO_COMMIT)
    except GitError as moved:
        raise AwsError(
            "ConcurrentReferenceUpdateException", f"{branch} was moved meanwhile: {moved}"
        ) from moved
    if not parent:
        git(repository.path, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
    return {
        "commitId": commit,
        "treeId": tree,
        "filesAdded": [blob for blob in blobs if blob["absolutePath"] not in before],
        "filesUpdated": [blob for blob in blobs if blob["absolutePath"] in before],
        "filesDeleted": [{"absolutePath": path} for path in deletes],
    }


def _parent(repository: Repository, request: Mapping[str, Any]) -> str | None:
    branches = repository.branches()
    given, tip = request.get("parentCommitId"), branches.get(request["branchName"])
    if not branches:
        return None
    if tip is None:
        raise AwsError("BranchDoesNotExistException", f"The branch {request['branchName']} does not exist")
    if given is None:
        raise AwsError(
            "ParentCommitIdRequiredException", "A parent commit ID is required; use GetBranch to see it"
        )
    if resolve_commit(repository, given) != tip:
        raise AwsError(
            "ParentCommitIdOutdatedException", f"The tip of {request['branchName']} is {tip}, not {given}"
        )
    return tip


def _put(repository: Repository, entry: Mapping[str, Any], index: dict[str, str]) -> dict[str, str]:
    if "fileContent" not in entry:
        raise AwsError("FileContentRequiredException", f"{entry['filePath']} comes without fileContent")
    mode, path = entry.get("fileMode", "NORMAL"), entry["filePath"].lstrip("/")
    content = base64.b64decode(entry["fileContent"])
    blob = git(repository.path, "hash-object", "-w", "--stdin", given=content)
    try:
        git(
            repository.path,
            "update-index",
            "--add",
            "--cacheinfo",
            f"{_MODES[mode]},{blob},{path}",
            environment=index,
        )
    except GitError as refused:
        raise AwsError("InvalidPathException", f"{path}: {refused}") from refused
    return {"absolutePath": path, "blobId": blob, "fileMode": mode}


def _delete(repository: Repository, paths: Iterable[str], before: set[str], index: dict[str, str]) -> None:
    for path in paths:
        if path not in before:
            raise AwsError("FileDoesNotExistException", f"{path} does not exist on the branch")
        entry = f"0 {_NO_COMMIT}\t{path}\0".encode()
        git(repository.path, "update-index", "-z", "--index-info", given=entry, environment=index)


def _commit(repository: Repository, request: Mapping[str, Any], tree: str, parent: str | None) -> str:
    name, email = request.get("authorName", "sandbox"), request.get("email", "")
    person = {
        f"GIT_{role}_{part}": value
        for role in ("AUTHOR", "COMMITTER")
        for part, value in (("NAME", name), ("EMAIL", email))
    }
    parents = ["-p", parent] if parent else []
    message = request.get("commitMessage", "").encode()
    return git(repository.path, "commit-tree", tree, *parents, given=message, environment=person)
