"""CodeCommit's operations."""

import re
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.aws.json_service import JsonService
from sandbox.aws.principals import Principal
from sandbox.codecommit.commits import create_commit
from sandbox.codecommit.repositories import Repositories, Repository, resolve_commit
from sandbox.git import clone_url, git

Request = dict[str, Any]


def codecommit_service(repositories: Repositories) -> JsonService:
    return JsonService("codecommit", CodeCommit(repositories).operations(), "InvalidRepositoryNameException")


class CodeCommit:
    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories

    def operations(self) -> dict[str, Any]:
        return {
            "CreateRepository": self.create_repository,
            "GetRepository": self.get_repository,
            "DeleteRepository": self.delete_repository,
            "ListRepositories": self.list_repositories,
            "GetBranch": self.get_branch,
            "ListBranches": self.list_branches,
            "GetCommit": self.get_commit,
            "CreateCommit": self.create_commit,
        }

    def create_repository(self, caller: Principal, request: Request) -> Request:
        repository = self._repositories.create(
            caller.account, caller.region, request["repositoryName"], request.get("repositoryDescription", "")
        )
        return {"repositoryMetadata": _metadata(repository)}

    def get_repository(self, caller: Principal, request: Request) -> Request:
        return {"repositoryMetadata": _metadata(self._get(caller, request))}

    def delete_repository(self, caller: Principal, request: Request) -> Request:
        deleted = self._repositories.delete(caller.account, caller.region, request["repositoryName"])
        return {"repositoryId": deleted} if deleted else {}

    def list_repositories(self, caller: Principal, request: Request) -> Request:
        found = self._repositories.of(caller.account, caller.region)
        return {"repositories": [{"repositoryName": one.name, "repositoryId": one.id} for one in found]}

    def get_branch(self, caller: Principal, request: Request) -> Request:
        repository, name = self._get(caller, request), request.get("branchName", "")
        if not name:
            raise AwsError("BranchNameRequiredException", "A branch name is required")
        commit = repository.branches().get(name)
        if commit is None:
            raise AwsError("BranchDoesNotExistException", f"{name} does not exist")
        return {"branch": {"branchName": name, "commitId": commit}}

    def list_branches(self, caller: Principal, request: Request) -> Request:
        return {"branches": sorted(self._get(caller, request).branches())}

    def get_commit(self, caller: Principal, request: Request) -> Request:
        commit = request["commitId"]
        if not re.fullmatch("[0-9a-f]{4,40}", commit):
            raise AwsError("InvalidCommitIdException", f"{commit} is not a commit id")
        repository = self._get(caller, request)
        return {"commit": _commit(repository, resolve_commit(repository, commit))}

    def create_commit(self, caller: Principal, request: Request) -> Request:
        return create_commit(self._get(caller, request), {"authorName": caller.name, **request})

    def _get(self, caller: Principal, request: Request) -> Repository:
        return self._repositories.get(caller.account, caller.region, request["repositoryName"])


def _metadata(repository: Repository) -> Request:
    metadata = {
        "accountId": repository.account,
        "repositoryId": repository.id,
        "repositoryName": repository.name,
        "creationDate": repository.created,
        "lastModifiedDate": repository.changed(),
        "cloneUrlHttp": clone_url(repository.region, repository.name),
        "cloneUrlSsh": clone_url(repository.region, repository.name).replace("https://", "ssh://"),
        "Arn": repository.arn,
    }
    optional = {"repositoryDescription": repository.description, "defaultBranch": repository.default_branch}
    return metadata | {name: value for name, value in optional.items() if value}


def _commit(repository: Repository, commit: str) -> Request:
    shown = git(
        repository.path,
        "show",
        "--no-patch",
        "--date=raw",
        "--format=%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B",
        commit,
    )
    tree, parents, *people, message = shown.split("\0")
    author, committer = (
        {"name": who[0], "email": who[1], "date": who[2]} for who in (people[:3], people[3:])
    )
    return {
        "commitId": commit,
        "treeId": tree,
        "parents": parents.split(),
        "message": message,
        "author": author,
        "committer": committer,
        "additionalData": "",
    }
