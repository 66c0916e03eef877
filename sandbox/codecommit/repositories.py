"""The repositories: bare git directories in STATE/codecommit/<account>/<region>/<name>.git."""

import shutil
import threading
import time
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from sandbox.aws.errors import AwsError
from sandbox.git import GitError, git

# CodeCommit's rule: the first branch that is pushed becomes the default branch.
_FIRST_PUSH = """#!/bin/sh
git rev-parse --quiet --verify HEAD >/dev/null && exit
while read -r _ new ref; do
  case $ref in refs/heads/*) git symbolic-ref HEAD "$ref" && exit ;; esac
done
"""


@dataclass(frozen=True, slots=True)
class Repository:
    account: str
    region: str
    name: str
    path: Path

    @property
    def arn(self) -> str:
        return f"arn:aws:codecommit:{self.region}:{self.account}:{self.name}"

    @property
    def id(self) -> str:
        return git(self.path, "config", "sandbox.id")

    @property
    def created(self) -> float:
        return float(git(self.path, "config", "sandbox.created"))

    @property
    def description(self) -> str:
        return (self.path / "description").read_text()

    @property
    def default_branch(self) -> str | None:
        head = git(self.path, "symbolic-ref", "HEAD").removeprefix("refs/heads/")
        return head if head in self.branches() else None

    def branches(self) -> dict[str, str]:
        """Every branch's name and the commit that it points at."""
        listed = git(self.path, "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads")
        return dict(line.rsplit(" ", 1) for line in listed.splitlines())

    def check_is_no_replica(self) -> None:
        """Refuse to write to a replica: what it shows is another repository's."""
        if self.path.is_symlink():
            source = self.path.resolve().relative_to(self.path.parents[2].resolve())
            raise AwsError(
                "AccessDeniedException",
                f"{self.arn} is a read-only replica of {source.with_suffix('')}; change that one",
                HTTPStatus.FORBIDDEN,
            )

    def changed(self) -> float:
        """When a branch was last moved."""
        heads = self.path / "refs" / "heads"
        times = [
            place.stat().st_mtime
            for place in [heads, *heads.rglob("*"), self.path / "packed-refs"]
            if place.exists()
        ]
        return max([self.created, *times])


class Repositories:
    """All accounts' repositories; the disk is the only record of them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._writing = threading.Lock()

    def all(self) -> list[Repository]:
        paths = sorted(self._root.glob("*/*/*.git"))
        return [
            Repository(path.parts[-3], path.parts[-2], path.name.removesuffix(".git"), path) for path in paths
        ]

    def of(self, account: str, region: str) -> list[Repository]:
        return [one for one in self.all() if (one.account, one.region) == (account, region)]

    def get(self, account: str, region: str, name: str) -> Repository:
        repository = self._at(account, region, name)
        if not repository.path.exists():
            raise AwsError("RepositoryDoesNotExistException", f"{name} does not exist")
        return repository

    def create(self, account: str, region: str, name: str, description: str) -> Repository:
        if name.endswith(".git"):
            raise AwsError(
                "InvalidRepositoryNameException", f"The repository name {name} must not end in .git"
            )
        repository = self._at(account, region, name)
        with self._writing:
            if repository.path.exists():
                raise AwsError(
                    "RepositoryNameExistsException", f"Repository named {name} already exists in this account"
                )
            repository.path.mkdir(parents=True)
            git(repository.path, "init", "--quiet", "--bare", "--initial-branch=main")
            git(repository.path, "config", "sandbox.id", str(uuid.uuid4()))
            git(repository.path, "config", "sandbox.created", f"{time.time():.3f}")
            (repository.path / "description").write_text(description)
            hook = repository.path / "hooks" / "post-receive"
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(_FIRST_PUSH)
            hook.chmod(0o755)
        return repository

    def delete(self, account: str, region: str, name: str) -> str | None:
        """Delete it and return its id; deleting what does not exist is fine, as in CodeCommit."""
        repository = self._at(account, region, name)
        with self._writing:
            if not repository.path.exists():
                return None
            repository_id = repository.id
            if repository.path.is_symlink():
                repository.path.unlink()
            else:
                shutil.rmtree(repository.path)
        return repository_id

    def replicate(self, source: Repository, account: str, region: str, name: str) -> Repository:
        """Let a repository of another account show the source's commits from now on.

        A symbolic link stands for what EventBridge and a copying job do in real accounts: the same commits
        under the same ids, a moment later."""
        replica = self._at(account, region, name)
        with self._writing:
            if replica.path.is_symlink() and replica.path.resolve() == source.path.resolve():
                return replica
            if replica.path.exists():
                raise AwsError(
                    "RepositoryNameExistsException", f"{replica.arn} exists and is no replica of {source.arn}"
                )
            replica.path.unlink(missing_ok=True)
            replica.path.parent.mkdir(parents=True, exist_ok=True)
            replica.path.symlink_to(source.path.resolve(), target_is_directory=True)
        return replica

    def _at(self, account: str, region: str, name: str) -> Repository:
        return Repository(account, region, name, self._root / account / region / f"{name}.git")


def resolve_commit(repository: Repository, commit: str) -> str:
    """The full id of a commit that exists."""
    try:
        return git(
            repository.path, "rev-parse", "--quiet", "--verify", "--end-of-options", f"{commit}^{{commit}}"
        )
    except GitError as missing:
        raise AwsError("CommitIdDoesNotExistException", f"The commit {commit} does not exist") from missing
