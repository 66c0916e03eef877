"""What CodeCommit tells about commits, differences and lists."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def repository(sandbox: Any) -> tuple[str, list[str]]:
    """Three commits: two files; one changed, one new, one gone; one made executable and one moved."""
    codecommit = sandbox.client("codecommit")
    name = sandbox.create_repository({"a.txt": "1", "lib/b.txt": "2", "lib/c*.txt": "3"})
    first = codecommit.get_branch(repositoryName=name, branchName="release")["branch"]["commitId"]
    second = codecommit.create_commit(
        repositoryName=name,
        branchName="release",
        parentCommitId=first,
        authorName="Zoë",
        email="zoe@example.com",
        commitMessage="Second\n\nwith a body\n",
        putFiles=[{"filePath": "a.txt", "fileContent": b"4"}, {"filePath": "d.txt", "fileContent": b"5"}],
        deleteFiles=[{"filePath": "lib/c*.txt"}],
    )["commitId"]
    third = codecommit.create_commit(
        repositoryName=name,
        branchName="release",
        parentCommitId=second,
        putFiles=[
            {"filePath": "d.txt", "fileContent": b"5", "fileMode": "EXECUTABLE"},
            {"filePath": "pkg/b.txt", "fileContent": b"6"},
        ],
        deleteFiles=[{"filePath": "lib/b.txt"}],
    )["commitId"]
    return name, [first, second, third]


def test_commits_come_in_one_batch_with_the_ids_that_are_none(sandbox: Any, repository: Any) -> None:
    name, (first, second, _) = repository
    codecommit = sandbox.client("codecommit")
    wanted = [second, "0" * 40, first, second[:8], second]
    answer = codecommit.batch_get_commits(repositoryName=name, commitIds=wanted)
    assert [one["commitId"] for one in answer["commits"]] == [second, first]
    assert [(one["commitId"], one["errorCode"]) for one in answer["errors"]] == [
        ("0" * 40, "CommitIdDoesNotExistException"),
        (second[:8], "InvalidCommitIdException"),
    ]
    commit = answer["commits"][0]
    assert commit["parents"] == [first]
    assert commit["message"] == "Second\n\nwith a body\n"
    assert {key: commit["author"][key] for key in ("name", "email")} == {
        "name": "Zoë",
        "email": "zoe@example.com",
    }
    assert commit["author"]["date"].split()[1] == "+0000"
    assert commit == codecommit.get_commit(repositoryName=name, commitId=second)["commit"]


def error(client: Any, call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(client.exceptions.ClientError) as refused:
        call(**parameters)
    code: str = refused.value.response["Error"]["Code"]
    return code


def test_what_is_no_commit_is_refused(sandbox: Any, repository: Any) -> None:
    name, (first, *_) = repository
    client = sandbox.client("codecommit")
    tree = client.get_commit(repositoryName=name, commitId=first)["commit"]["treeId"]
    batch, get = client.batch_get_commits, client.get_commit
    assert error(client, batch, repositoryName=name, commitIds=[]) == "CommitIdsListRequiredException"
    too_many = [f"{number:040x}" for number in range(101)]
    assert error(client, batch, repositoryName=name, commitIds=too_many) == "CommitIdsLimitExceededException"
    assert error(client, batch, repositoryName="no", commitIds=[first]) == "RepositoryDoesNotExistException"
    assert error(client, get, repositoryName=name, commitId=tree) == "CommitIdDoesNotExistException"
    assert error(client, get, repositoryName=name, commitId=first[:12]) == "InvalidCommitIdException"
    assert error(client, get, repositoryName=name, commitId="release") == "InvalidCommitIdException"
    assert error(client, client.get_branch, branchName="x") == "RepositoryNameRequiredException"


def changes(sandbox: Any, name: str, **parameters: Any) -> list[tuple[str, str, str]]:
    answer = sandbox.client("codecommit").get_differences(repositoryName=name, **parameters)
    return [
        (
            one["changeType"],
            one.get("beforeBlob", {}).get("path", ""),
            one.get("afterBlob", {}).get("path", ""),
        )
        for one in answer["differences"]
    ]


def test_differences_are_additions_deletions_and_modifications(sandbox: Any, repository: Any) -> None:
    name, (first, second, third) = repository
    assert changes(sandbox, name, beforeCommitSpecifier=first, afterCommitSpecifier=second) == [
        ("M", "a.txt", "a.txt"),
        ("A", "", "d.txt"),
        ("D", "lib/c*.txt", ""),
    ]
    answer = sandbox.client("codecommit").get_differences(
        repositoryName=name, beforeCommitSpecifier=second, afterCommitSpecifier="release"
    )
    mode = answer["differences"][0]
    assert mode["changeType"] == "M"
    assert (mode["beforeBlob"]["mode"], mode["afterBlob"]["mode"]) == ("100644", "100755")
    assert mode["beforeBlob"]["blobId"] == mode["afterBlob"]["blobId"]
    assert len(answer["differences"]) == 3
    assert changes(sandbox, name, beforeCommitSpecifier=third, afterCommitSpecifier="HEAD") == []


def test_without_a_commit_before_everything_is_new(sandbox: Any, repository: Any) -> None:
    name, (first, *_) = repository
    paths = [("A", "", path) for path in ("a.txt", "lib/b.txt", "lib/c*.txt")]
    assert changes(sandbox, name, afterCommitSpecifier=first) == paths
    assert changes(sandbox, name, afterCommitSpecifier="refs/heads/release", afterPath="pkg") == [
        ("A", "", "pkg/b.txt")
    ]


def test_paths_limit_and_pair_folders(sandbox: Any, repository: Any) -> None:
    name, (first, second, third) = repository
    both = {"beforeCommitSpecifier": first, "afterCommitSpecifier": second}
    assert changes(sandbox, name, **both, afterPath="lib") == [("D", "lib/c*.txt", "")]
    assert changes(sandbox, name, **both, beforePath="/a.txt") == [("M", "a.txt", "a.txt")]
    assert changes(sandbox, name, **both, beforePath="lib/c*.txt") == [("D", "lib/c*.txt", "")]
    moved = {"beforeCommitSpecifier": second, "afterCommitSpecifier": third}
    assert changes(sandbox, name, **moved, beforePath="lib", afterPath="pkg") == [
        ("M", "lib/b.txt", "pkg/b.txt")
    ]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"afterCommitSpecifier": "nowhere"}, "CommitDoesNotExistException"),
        ({"afterCommitSpecifier": "0" * 40}, "CommitDoesNotExistException"),
        ({"afterCommitSpecifier": "refs/heads/no"}, "CommitDoesNotExistException"),
        ({"afterCommitSpecifier": "release~1"}, "InvalidCommitException"),
        ({"afterCommitSpecifier": "a b"}, "InvalidCommitException"),
        ({"afterCommitSpecifier": "--all"}, "CommitDoesNotExistException"),
        ({"afterCommitSpecifier": ""}, "CommitRequiredException"),
        ({"afterCommitSpecifier": "release", "beforeCommitSpecifier": "no"}, "CommitDoesNotExistException"),
        ({"afterCommitSpecifier": "release", "afterPath": "no"}, "PathDoesNotExistException"),
        ({"afterCommitSpecifier": "release", "afterPath": "../x"}, "InvalidPathException"),
        ({"afterCommitSpecifier": "release", "MaxResults": 0}, "InvalidMaxResultsException"),
        ({"afterCommitSpecifier": "release", "NextToken": "no"}, "InvalidContinuationTokenException"),
        ({"afterCommitSpecifier": "release", "NextToken": "WzFd"}, "InvalidContinuationTokenException"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    parameters: Any, code: str, sandbox: Any, repository: Any
) -> None:
    client = sandbox.client("codecommit")
    assert error(client, client.get_differences, repositoryName=repository[0], **parameters) == code


def test_differences_come_in_pages_that_a_moving_branch_does_not_mix_up(sandbox: Any) -> None:
    name = sandbox.create_repository({f"file-{number:03}": str(number) for number in range(205)})
    client = sandbox.client("codecommit")
    request = {"repositoryName": name, "afterCommitSpecifier": "release"}
    first = client.get_differences(**request)
    assert len(first["differences"]) == 100
    sandbox.commit(name, {"file-000": "changed", "a": "before all others"})
    pages = [first]
    while token := pages[-1].get("NextToken"):
        pages.append(client.get_differences(**request, NextToken=token))
    found = [one["afterBlob"]["path"] for page in pages for one in page["differences"]]
    assert found == [f"file-{number:03}" for number in range(205)]
    paginator = client.get_paginator("get_differences")
    by_seven = paginator.paginate(**request, PaginationConfig={"PageSize": 70})
    assert [len(page["differences"]) for page in by_seven] == [70, 70, 66]


def test_branches_and_repositories_come_in_pages_and_in_order(sandbox: Any) -> None:
    name = sandbox.create_repository({"a": "1"})
    staging = sandbox.client("codecommit", "staging", region="eu-north-1")
    staging.create_repository(repositoryName="many-000")
    first = Path(path_of(sandbox, "many-000"))
    for number in range(1, 101):
        shutil.copytree(first, first.with_name(f"many-{number:03}.git"))
    pages = list(
        staging.get_paginator("list_repositories").paginate(sortBy="repositoryName", order="descending")
    )
    names = [one["repositoryName"] for page in pages for one in page["repositories"]]
    assert [len(page["repositories"]) for page in pages] == [100, 1]
    assert names == [f"many-{number:03}" for number in range(100, -1, -1)]
    client = sandbox.client("codecommit")
    tip = client.get_branch(repositoryName=name, branchName="release")["branch"]["commitId"]
    make_branches(path_of(sandbox, name), tip, 150)
    pages = list(client.get_paginator("list_branches").paginate(repositoryName=name))
    assert [len(page["branches"]) for page in pages] == [100, 51]
    refused = error(client, client.list_branches, repositoryName=name, nextToken="no")
    assert refused == "InvalidContinuationTokenException"


def path_of(sandbox: Any, name: str) -> str:
    listed = sandbox.admin("GET", "codecommit").json()["repositories"]
    path: str = next(one["path"] for one in listed if one["name"] == name)
    return path


def make_branches(path: str, commit: str, number: int) -> None:
    orders = "".join(f"create refs/heads/branch-{each:03} {commit}\n" for each in range(number))
    subprocess.run(["git", "update-ref", "--stdin"], cwd=path, input=orders, text=True, check=True)
