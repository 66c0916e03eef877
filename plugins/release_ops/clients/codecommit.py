"""Which commit a branch holds now. A boto3 client is handed in."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from release_ops.domain.errors import ErroredError, FailedError

_NOT_THERE = {
    "RepositoryDoesNotExistException": "repository {repository} does not exist in CodeCommit; create it, or "
    "mend `repository` in the catalog",
    "BranchDoesNotExistException": "branch {branch} does not exist in repository {repository}; push it, or "
    "mend `branch` in the catalog",
    "InvalidRepositoryNameException": "{repository!r} is no name that CodeCommit allows; mend `repository`",
    "InvalidBranchNameException": "{branch!r} is no branch name that CodeCommit allows; mend `branch`",
    "AccessDeniedException": "the connection may not read repository {repository}; give its role "
    "codecommit:GetBranch",
}


class BranchUnresolvedError(FailedError):
    """The branch has no commit until a person mends something."""


class CodeCommitClient:
    """Branches to commits."""

    def __init__(self, boto: Any) -> None:
        self._boto = boto

    def head(self, repository: str, branch: str) -> str:
        """Return the id of the commit that the branch holds now.

        Raises BranchUnresolvedError if only a person can mend it, ErroredError otherwise."""
        try:
            answer = self._boto.get_branch(repositoryName=repository, branchName=branch)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            sentence = _NOT_THERE.get(code)
            if sentence is None:
                raise ErroredError(f"GetBranch for {repository}/{branch}: {error}") from error
            raise BranchUnresolvedError(sentence.format(repository=repository, branch=branch)) from error
        except BotoCoreError as error:
            raise ErroredError(f"GetBranch for {repository}/{branch}: {error}") from error
        return str(answer["branch"]["commitId"])
