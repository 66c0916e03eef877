"""CodeCommit's operations."""

from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.aws.json_service import JsonService
from sandbox.aws.principals import Principal
from sandbox.aws.validation import Mistake
from sandbox.codecommit.commits import create_commit
from sandbox.codecommit.differences import get_differences
from sandbox.codecommit.history import batch_get_commits, get_commit
from sandbox.codecommit.paging import page, start_of
from sandbox.codecommit.repositories import Repositories, Repository
from sandbox.git import clone_url

Request = dict[str, Any]
# CodeCommit has a code of its own for every member, not one for all.
_REQUIRED = {
    "afterCommitSpecifier": "CommitRequiredException",
    "branchName": "BranchNameRequiredException",
    "commitId": "CommitIdRequiredException",
    "commitIds": "CommitIdsListRequiredException",
    "filePath": "PathRequiredException",
}
_INVALID = {
    "branchName": "InvalidBranchNameException",
    "fileContent": "FileContentSizeLimitExceededException",
    "fileMode": "InvalidFileModeException",
    "order": "InvalidOrderException",
    "repositoryDescription": "InvalidRepositoryDescriptionException",
    "sortBy": "InvalidSortByException",
}


def codecommit_service(repositories: Repositories) -> JsonService:
    return JsonService("codecommit", CodeCommit(repositories).operations(), _refusal)


def _refusal(mistake: Mistake) -> str:
    if mistake.is_missing:
        return _REQUIRED.get(mistake.member, "RepositoryNameRequiredException")
    return _INVALID.get(mistake.member, "InvalidRepositoryNameException")


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
            "BatchGetCommits": self.batch_get_commits,
            "GetDifferences": self.get_differences,
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
        if request.get("sortBy") == "lastModifiedDate":
            found.sort(key=lambda one: one.changed())
        if request.get("order") == "descending":
            found.reverse()
        shown = [{"repositoryName": one.name, "repositoryId": one.id} for one in found]
        return _listed("repositories", shown, request)

    def get_branch(self, caller: Principal, request: Request) -> Request:
        repository, name = self._get(caller, request), request.get("branchName", "")
        if not name:
            raise AwsError("BranchNameRequiredException", "A branch name is required")
        commit = repository.branches().get(name)
        if commit is None:
            raise AwsError("BranchDoesNotExistException", f"{name} does not exist")
        return {"branch": {"branchName": name, "commitId": commit}}

    def list_branches(self, caller: Principal, request: Request) -> Request:
        return _listed("branches", sorted(self._get(caller, request).branches()), request)

    def get_commit(self, caller: Principal, request: Request) -> Request:
        return {"commit": get_commit(self._get(caller, request), request["commitId"])}

    def batch_get_commits(self, caller: Principal, request: Request) -> Request:
        return batch_get_commits(self._get(caller, request), request["commitIds"])

    def get_differences(self, caller: Principal, request: Request) -> Request:
        return get_differences(self._get(caller, request), request)

    def create_commit(self, caller: Principal, request: Request) -> Request:
        repository = self._get(caller, request)
        repository.check_is_no_replica()
        return create_commit(repository, {"authorName": caller.name, **request})

    def _get(self, caller: Principal, request: Request) -> Repository:
        if "repositoryName" not in request:
            raise AwsError("RepositoryNameRequiredException", "A repository name is required")
        return self._repositories.get(caller.account, caller.region, request["repositoryName"])


def _listed(member: str, items: list[Any], request: Request) -> Request:
    start, meant = start_of(request.get("nextToken"), length=0)
    shown, token = page(items, start, meant)
    return {member: shown} | ({"nextToken": token} if token else {})


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
