"""CodeCommit's repositories, branches, commits and differences."""

from typing import Any

import pytest

from tests.contracts.aws.account import Account


@pytest.fixture(scope="module")
def repository(account: Account) -> dict[str, Any]:
    """A repository with two commits on its branch `release`."""
    codecommit, name = account.client("codecommit"), account.name("repository")
    made = codecommit.create_repository(repositoryName=name, repositoryDescription="of the contract suite")
    account.afterwards.callback(codecommit.delete_repository, repositoryName=name)
    who = {"authorName": "Ada", "email": "ada@example.com", "branchName": "release", "repositoryName": name}
    first = codecommit.create_commit(
        **who,
        commitMessage="First",
        putFiles=[
            {"filePath": "a.txt", "fileContent": b"one"},
            {"filePath": "b/c.txt", "fileContent": b"two"},
        ],
    )
    second = codecommit.create_commit(
        **who,
        commitMessage="Second\n\nwith a body",
        parentCommitId=first["commitId"],
        putFiles=[
            {"filePath": "a.txt", "fileContent": b"three"},
            {"filePath": "d.sh", "fileContent": b"four", "fileMode": "EXECUTABLE"},
        ],
        deleteFiles=[{"filePath": "b/c.txt"}],
    )
    return {"name": name, "made": made["repositoryMetadata"], "first": first, "second": second}


def test_a_repository(account: Account, repository: dict[str, Any]) -> None:
    codecommit, name, made = account.client("codecommit"), repository["name"], repository["made"]
    assert made["Arn"] == f"arn:aws:codecommit:{account.region}:{account.id}:{name}"
    assert made["cloneUrlHttp"] == f"https://git-codecommit.{account.region}.amazonaws.com/v1/repos/{name}"
    assert "defaultBranch" not in made
    found = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert (found["repositoryId"], found["defaultBranch"]) == (made["repositoryId"], "release")
    with pytest.raises(codecommit.exceptions.RepositoryNameExistsException):
        codecommit.create_repository(repositoryName=name)
    pages = codecommit.get_paginator("list_repositories").paginate()
    assert name in [one["repositoryName"] for page in pages for one in page["repositories"]]


def test_a_commit_says_what_it_did(repository: dict[str, Any]) -> None:
    second = repository["second"]
    done = {
        kind: [file["absolutePath"] for file in second[f"files{kind}"]]
        for kind in ("Added", "Updated", "Deleted")
    }
    assert done == {"Added": ["d.sh"], "Updated": ["a.txt"], "Deleted": ["b/c.txt"]}


def test_branches(account: Account, repository: dict[str, Any]) -> None:
    codecommit, name = account.client("codecommit"), repository["name"]
    branch = codecommit.get_branch(repositoryName=name, branchName="release")["branch"]
    assert branch == {"branchName": "release", "commitId": repository["second"]["commitId"]}
    assert codecommit.list_branches(repositoryName=name)["branches"] == ["release"]


def test_commits(account: Account, repository: dict[str, Any]) -> None:
    codecommit, name = account.client("codecommit"), repository["name"]
    first, second = repository["first"]["commitId"], repository["second"]["commitId"]
    commit = codecommit.get_commit(repositoryName=name, commitId=second)["commit"]
    assert (commit["commitId"], commit["parents"]) == (second, [first])
    assert commit["message"].rstrip("\n") == "Second\n\nwith a body"
    assert (commit["author"]["name"], commit["author"]["email"]) == ("Ada", "ada@example.com")
    many = codecommit.batch_get_commits(repositoryName=name, commitIds=[first, second, "0" * 40])
    assert {one["commitId"] for one in many["commits"]} == {first, second}
    assert [one["commitId"] for one in many["errors"]] == ["0" * 40]


def test_differences(account: Account, repository: dict[str, Any]) -> None:
    found = account.client("codecommit").get_differences(
        repositoryName=repository["name"],
        beforeCommitSpecifier=repository["first"]["commitId"],
        afterCommitSpecifier="release",
    )["differences"]
    changes = {(one.get("afterBlob") or one["beforeBlob"])["path"]: one["changeType"] for one in found}
    assert changes == {"a.txt": "M", "d.sh": "A", "b/c.txt": "D"}


def test_the_command_line_tells_the_same(account: Account, repository: dict[str, Any]) -> None:
    arguments = ("--repository-name", repository["name"], "--branch-name", "release")
    told = account.cli("codecommit", "GetBranch", *arguments)["branch"]
    assert told["commitId"] == repository["second"]["commitId"]


def test_what_is_not_there(account: Account, repository: dict[str, Any]) -> None:
    codecommit, name = account.client("codecommit"), repository["name"]
    errors = codecommit.exceptions
    with pytest.raises(errors.RepositoryDoesNotExistException):
        codecommit.get_branch(repositoryName=f"{name}-nowhere", branchName="release")
    with pytest.raises(errors.BranchDoesNotExistException):
        codecommit.get_branch(repositoryName=name, branchName="nowhere")
    with pytest.raises(errors.CommitIdDoesNotExistException):
        codecommit.get_commit(repositoryName=name, commitId="0" * 40)
    with pytest.raises(errors.CommitDoesNotExistException):
        codecommit.get_differences(repositoryName=name, afterCommitSpecifier="0" * 40)
    put = [{"filePath": "e.txt", "fileContent": b"five"}]
    with pytest.raises(errors.ParentCommitIdRequiredException):
        codecommit.create_commit(repositoryName=name, branchName="release", putFiles=put)
    outdated = repository["first"]["commitId"]
    with pytest.raises(errors.ParentCommitIdOutdatedException):
        codecommit.create_commit(
            repositoryName=name, branchName="release", putFiles=put, parentCommitId=outdated
        )
    assert codecommit.delete_repository(repositoryName=f"{name}-nowhere").get("repositoryId") is None
