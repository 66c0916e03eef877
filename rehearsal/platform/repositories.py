"""The repositories in CodeCommit, with their history, and their replicas in production."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from botocore.exceptions import ClientError

from rehearsal.errors import RehearsalError
from rehearsal.platform.aws import Aws, already_there
from rehearsal.platform.history import Chapter, File, history
from rehearsal.platform.names import targets
from release_ops.config import Catalog, Service


def make_repository(aws: Aws, catalog: Catalog, service: Service, samples: Path) -> None:
    """Fill the service's repository from its sample, and let production see it.

    A service without a sample gets no repository: a release holds it, which may be what is rehearsed."""
    chapters = list(history(samples, service.name))
    if not chapters:
        return
    dev = catalog.environments["dev"]
    codecommit = aws.client("codecommit", dev.account, dev.home_region)
    with already_there("RepositoryNameExistsException"):
        codecommit.create_repository(repositoryName=service.repository)
    if _tip(codecommit, service) is None:
        _write(codecommit, service, chapters)
    _replicate(aws, catalog, service.repository)


def commit(
    endpoint: str,
    catalog: Catalog,
    service: str,
    message: str,
    files: Mapping[str, str],
    *,
    author: str = "Noor Haddad",
) -> str:
    """Put one commit onto the service's branch and return its id; `files` are texts by path."""
    entry, dev = catalog.services[service], catalog.environments["dev"]
    codecommit = Aws(endpoint).client("codecommit", dev.account, dev.home_region)
    tip = _tip(codecommit, entry)
    if tip is None:
        raise RehearsalError(f"Repository {entry.repository} has no branch {entry.branch} to put a commit on")
    changed = [File(path, text.encode(), executable=False) for path, text in files.items()]
    return _commit(codecommit, entry, Chapter(author, message, changed), tip)


def _write(codecommit: Any, service: Service, chapters: Sequence[Chapter]) -> None:
    tip = None
    for chapter in chapters:
        tip = _commit(codecommit, service, chapter, tip)


def _commit(codecommit: Any, service: Service, chapter: Chapter, tip: str | None) -> str:
    made = codecommit.create_commit(
        repositoryName=service.repository,
        branchName=service.branch,
        **({"parentCommitId": tip} if tip else {}),
        authorName=chapter.author,
        email=chapter.email,
        commitMessage=chapter.message,
        putFiles=[
            {
                "filePath": file.path,
                "fileContent": file.content,
                "fileMode": "EXECUTABLE" if file.executable else "NORMAL",
            }
            for file in chapter.files
        ],
    )
    commit_id: str = made["commitId"]
    return commit_id


def _tip(codecommit: Any, service: Service) -> str | None:
    try:
        found = codecommit.get_branch(repositoryName=service.repository, branchName=service.branch)
    except ClientError as refused:
        if refused.response["Error"]["Code"] in (
            "BranchDoesNotExistException",
            "RepositoryDoesNotExistException",
        ):
            return None
        raise
    commit_id: str = found["branch"]["commitId"]
    return commit_id


def _replicate(aws: Aws, catalog: Catalog, repository: str) -> None:
    """CodeBuild reads only the CodeCommit of its own account; so an account that builds needs a replica."""
    dev = catalog.environments["dev"]
    source = {"account": dev.account, "region": dev.home_region, "name": repository}
    for target in targets(catalog):
        replica = source | {"account": target.builds_in.account, "region": target.builds_in.home_region}
        if replica != source:
            httpx.post(
                f"{aws.endpoint}/_sandbox/codecommit/replicas",
                json={"source": source, "replica": replica},
                trust_env=False,
            ).raise_for_status()
