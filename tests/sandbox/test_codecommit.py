"""CodeCommit, by its API, by git, and across accounts."""

import subprocess
from pathlib import Path
from typing import Any

import pytest


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"]
    run = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return run.stdout.strip()


def path_of(sandbox: Any, name: str) -> str:
    listed = sandbox.admin("GET", "codecommit").json()["repositories"]
    return next(one["path"] for one in listed if one["name"] == name and one["account"] == "111111111111")


def test_a_repository_s_life(sandbox: Any) -> None:
    codecommit = sandbox.client("codecommit")
    made = codecommit.create_repository(repositoryName="life", repositoryDescription="text")[
        "repositoryMetadata"
    ]
    assert made["Arn"] == "arn:aws:codecommit:eu-west-1:111111111111:life"
    assert made["cloneUrlHttp"] == "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/life"
    assert "defaultBranch" not in made
    assert (
        codecommit.get_repository(repositoryName="life")["repositoryMetadata"]["repositoryDescription"]
        == "text"
    )
    with pytest.raises(codecommit.exceptions.RepositoryNameExistsException):
        codecommit.create_repository(repositoryName="life")
    names = [one["repositoryName"] for one in codecommit.list_repositories()["repositories"]]
    assert "life" in names
    assert sandbox.client("codecommit", "staging").list_repositories()["repositories"] == []
    assert codecommit.delete_repository(repositoryName="life")["repositoryId"] == made["repositoryId"]
    assert "repositoryId" not in codecommit.delete_repository(repositoryName="life")


def test_what_is_not_there_has_aws_s_own_name(sandbox: Any) -> None:
    codecommit = sandbox.client("codecommit")
    name = sandbox.create_repository({"a": "a"})
    with pytest.raises(codecommit.exceptions.RepositoryDoesNotExistException):
        codecommit.get_branch(repositoryName="nowhere", branchName="release")
    with pytest.raises(codecommit.exceptions.RepositoryDoesNotExistException):
        sandbox.client("codecommit", "production").get_repository(repositoryName=name)
    with pytest.raises(codecommit.exceptions.BranchDoesNotExistException):
        codecommit.get_branch(repositoryName=name, branchName="nowhere")
    with pytest.raises(codecommit.exceptions.CommitIdDoesNotExistException):
        codecommit.get_commit(repositoryName=name, commitId="0" * 40)
    with pytest.raises(codecommit.exceptions.InvalidCommitIdException):
        codecommit.get_commit(repositoryName=name, commitId="release")
    with pytest.raises(codecommit.exceptions.InvalidBranchNameException):
        codecommit.create_commit(repositoryName=name, branchName="not..this", putFiles=[])


def test_commits_put_update_and_delete_files(sandbox: Any) -> None:
    codecommit = sandbox.client("codecommit")
    name = sandbox.create_repository({"a.txt": "1", "b/c.txt": "2"})
    tip = codecommit.get_branch(repositoryName=name, branchName="release")["branch"]["commitId"]
    request = {
        "repositoryName": name,
        "branchName": "release",
        "authorName": "Ada",
        "email": "ada@example.com",
        "commitMessage": "Change\n\nwith a body",
        "putFiles": [{"filePath": "a.txt", "fileContent": b"3"}, {"filePath": "d.sh", "fileContent": b"4"}],
        "deleteFiles": [{"filePath": "b/c.txt"}],
    }
    with pytest.raises(codecommit.exceptions.ParentCommitIdRequiredException):
        codecommit.create_commit(**request)
    made = codecommit.create_commit(**request, parentCommitId=tip)
    assert [file["absolutePath"] for file in made["filesAdded"]] == ["d.sh"]
    assert [file["absolutePath"] for file in made["filesUpdated"]] == ["a.txt"]
    assert [file["absolutePath"] for file in made["filesDeleted"]] == ["b/c.txt"]
    commit = codecommit.get_commit(repositoryName=name, commitId=made["commitId"])["commit"]
    assert commit["parents"] == [tip]
    assert commit["message"] == "Change\n\nwith a body"
    assert (commit["author"]["name"], commit["author"]["email"]) == ("Ada", "ada@example.com")
    with pytest.raises(codecommit.exceptions.ParentCommitIdOutdatedException):
        codecommit.create_commit(**request, parentCommitId=tip)
    same = {**request, "putFiles": request["putFiles"][:1], "deleteFiles": []}
    with pytest.raises(codecommit.exceptions.NoChangeException):
        codecommit.create_commit(**same, parentCommitId=made["commitId"])


def test_the_first_branch_that_is_pushed_becomes_the_default(sandbox: Any, tmp_path: Path) -> None:
    codecommit = sandbox.client("codecommit")
    codecommit.create_repository(repositoryName="pushed")
    git(tmp_path, "init", "-q", "-b", "release")
    (tmp_path / "file").write_text("content")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "push", "-q", path_of(sandbox, "pushed"), "release", "release:other")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert (
        codecommit.get_repository(repositoryName="pushed")["repositoryMetadata"]["defaultBranch"] == "release"
    )
    assert codecommit.list_branches(repositoryName="pushed")["branches"] == ["other", "release"]
    assert codecommit.get_branch(repositoryName="pushed", branchName="other")["branch"]["commitId"] == commit


def test_a_replica_shows_the_source_s_commits_from_then_on(sandbox: Any) -> None:
    name = sandbox.create_repository({"a": "1"})
    here = {"account": "111111111111", "region": "eu-west-1", "name": name}
    there = {**here, "account": "333333333333"}
    production = sandbox.client("codecommit", "production")
    for _ in range(2):
        assert sandbox.admin(
            "POST", "codecommit/replicas", json={"source": here, "replica": there}
        ).is_success
    commit = sandbox.commit(name, {"a": "2"})
    assert production.get_branch(repositoryName=name, branchName="release")["branch"]["commitId"] == commit
    assert production.get_repository(repositoryName=name)["repositoryMetadata"]["accountId"] == "333333333333"
    production.delete_repository(repositoryName=name)
    assert sandbox.client("codecommit").get_branch(repositoryName=name, branchName="release")


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("get_repository", {}, "RepositoryNameRequiredException"),
        ("get_repository", {"repositoryName": "a b"}, "InvalidRepositoryNameException"),
        ("create_repository", {"repositoryName": "a.git"}, "InvalidRepositoryNameException"),
        ("list_repositories", {"sortBy": "size"}, "InvalidSortByException"),
        ("list_repositories", {"order": "up"}, "InvalidOrderException"),
        ("get_branch", {"repositoryName": "a"}, "RepositoryDoesNotExistException"),
        ("get_branch", {"repositoryName": "a", "branchName": "b" * 257}, "InvalidBranchNameException"),
        ("get_commit", {"repositoryName": "a"}, "CommitIdRequiredException"),
        ("batch_get_commits", {"repositoryName": "a"}, "CommitIdsListRequiredException"),
        ("get_differences", {"repositoryName": "a"}, "CommitRequiredException"),
        ("create_commit", {"repositoryName": "a"}, "BranchNameRequiredException"),
        (
            "create_commit",
            {"repositoryName": "a", "branchName": "b", "putFiles": [{"filePath": "c", "fileMode": "RUN"}]},
            "InvalidFileModeException",
        ),
        (
            "create_commit",
            {"repositoryName": "a", "branchName": "b", "deleteFiles": [{}]},
            "PathRequiredException",
        ),
    ],
)
def test_each_parameter_is_refused_by_its_own_name(
    operation: str, parameters: Any, code: str, sandbox: Any
) -> None:
    # Without botocore's own checks: other clients have none.
    client = sandbox.client("codecommit", parameter_validation=False)
    with pytest.raises(client.exceptions.ClientError) as refused:
        getattr(client, operation)(**parameters)
    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"source": {"account": "1", "region": "r", "name": "nowhere"}, "replica": {}}, 400),
        ({}, 400),
        (
            {
                "source": {"account": "111111111111", "region": "eu-west-1", "name": "nowhere"},
                "replica": {"account": "333333333333", "region": "eu-west-1", "name": "nowhere"},
            },
            409,
        ),
    ],
)
def test_a_replica_of_nothing_is_refused(body: Any, status: int, sandbox: Any) -> None:
    answer = sandbox.admin("POST", "codecommit/replicas", json=body)
    assert answer.status_code == status
    assert "error" in answer.json()
