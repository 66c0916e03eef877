"""Commits, as CodeCommit shows them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.codecommit.repositories import Repository
from sandbox.git import GitError, git, git_bytes

_FULL_ID = re.compile("[0-9a-f]{40}")
_PERSON = re.compile(r"(.*?) ?<(.*)> (\d+ [+-]\d{4})")
# https://docs.aws.amazon.com/codecommit/latest/APIReference/API_BatchGetCommits.html
_AT_MOST = 100


def get_commit(repository: Repository, commit: str) -> dict[str, Any]:
    found, errors = commits(repository, [commit])
    for error in errors:
        raise AwsError(error["errorCode"], error["errorMessage"])
    return found[0]


def batch_get_commits(repository: Repository, ids: list[str]) -> dict[str, Any]:
    if not ids:
        raise AwsError("CommitIdsListRequiredException", "A list of commit ids is required")
    if len(ids) > _AT_MOST:
        raise AwsError(
            "CommitIdsLimitExceededException",
            f"{len(ids)} commit ids are more than the {_AT_MOST} that a batch may have",
        )
    found, errors = commits(repository, ids)
    return {"commits": found, "errors": errors}


def commits(repository: Repository, ids: Iterable[str]) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The commits that there are, and an error for every id that is none: CodeCommit takes full ids only."""
    wanted = list(dict.fromkeys(ids))
    full = [one for one in wanted if _FULL_ID.fullmatch(one)]
    objects = _objects(repository, full)
    found = [_commit(one, objects[one]) for one in full if one in objects]
    errors = []
    for one in wanted:
        if one not in full:
            errors.append(_error(one, "InvalidCommitIdException", "is not a full commit id"))
        elif one not in objects:
            errors.append(_error(one, "CommitIdDoesNotExistException", "does not exist"))
    return found, errors


def _error(commit: str, code: str, why: str) -> dict[str, str]:
    return {"commitId": commit, "errorCode": code, "errorMessage": f"The commit {commit} {why}"}


def _objects(repository: Repository, ids: list[str]) -> dict[str, str]:
    """The raw commit objects among these ids."""
    given = "".join(f"{one}\n" for one in ids).encode()
    printed = git_bytes(repository.path, "cat-file", "--batch", given=given)
    found = {}
    for one in ids:
        header, _, printed = printed.partition(b"\n")
        _, kind, *size = header.split()
        if not size:
            continue  # "<id> missing"
        body, printed = printed[: int(size[0])], printed[int(size[0]) + 1 :]
        if kind == b"commit":
            found[one] = body.decode(errors="replace")
    return found


def _commit(commit: str, written: str) -> dict[str, Any]:
    head, _, message = written.partition("\n\n")
    lines = [line.partition(" ") for line in head.splitlines()]
    headers = {name: value for name, _, value in lines}
    return {
        "commitId": commit,
        "treeId": headers["tree"],
        "parents": [value for name, _, value in lines if name == "parent"],
        "message": message,
        "author": _person(headers["author"]),
        "committer": _person(headers["committer"]),
        "additionalData": "",
    }


def _person(written: str) -> Mapping[str, str]:
    person = _PERSON.fullmatch(written)
    return dict(zip(("name", "email", "date"), person.groups(), strict=True)) if person else {"name": written}


def resolve_specifier(repository: Repository, specifier: str) -> str:
    """The commit that "the branch, tag, HEAD, or other fully qualified reference" means.

    https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetDifferences.html"""
    if not specifier:
        raise AwsError("CommitRequiredException", "A commit specifier is required")
    candidates = [f"refs/heads/{specifier}", f"refs/tags/{specifier}"]
    if specifier == "HEAD" or specifier.startswith("refs/") or _FULL_ID.fullmatch(specifier):
        candidates = [specifier]
    elif not is_branch_name(repository, specifier):
        raise AwsError(
            "InvalidCommitException",
            f"{specifier} is not a valid commit specifier; give a branch, a tag, HEAD or a full commit id",
        )
    for candidate in candidates:
        try:
            reference = f"{candidate}^{{commit}}"
            return git(repository.path, "rev-parse", "--quiet", "--verify", "--end-of-options", reference)
        except GitError:
            continue
    raise AwsError("CommitDoesNotExistException", f"The commit {specifier} does not exist")


def is_branch_name(repository: Repository, name: str) -> bool:
    """Whether git takes it as a name."""
    try:
        git(repository.path, "check-ref-format", f"refs/heads/{name}")
    except GitError:
        return False
    return True
