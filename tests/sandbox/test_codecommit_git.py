"""git itself against CodeCommit: who gets in, what it sees, how it is refused."""

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

HELPER = "!aws codecommit credential-helper $@"
# What that one gives but for the signature, in a hundredth of its time.
QUICK_HELPER = "!f() { echo username=$AWS_ACCESS_KEY_ID; echo password=any; }; f"
Git = Callable[..., "subprocess.CompletedProcess[str]"]


def url_of(sandbox: Any, name: str, region: str = "eu-west-1", user: str = "") -> str:
    port = sandbox.endpoint.rpartition(":")[2]
    return f"http://{user}git-codecommit.{region}.amazonaws.com.localhost:{port}/v1/repos/{name}"


@pytest.fixture
def git(sandbox: Any, tmp_path: Path) -> Git:
    """Run git as somebody who has set up a credential helper."""

    def run(
        *arguments: str, account: str = "dev", helper: str = QUICK_HELPER, **more: str
    ) -> "subprocess.CompletedProcess[str]":
        settings = ["-c", f"credential.helper={helper}", "-c", "credential.UseHttpPath=true"]
        identity = ["-c", "user.name=Dev", "-c", "user.email=dev@example.com"]
        environment = {
            **os.environ,
            **sandbox.environment(account),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            **more,
        }
        return subprocess.run(
            ["git", *settings, *identity, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )

    return run


def done(run: "subprocess.CompletedProcess[str]") -> str:
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def test_clone_push_and_fetch_with_aws_s_credential_helper(sandbox: Any, git: Git, tmp_path: Path) -> None:
    name = sandbox.create_repository({"a.txt": "1", "b/c.txt": "2"})
    done(git("clone", "-q", url_of(sandbox, name), "here", helper=HELPER))
    assert (tmp_path / "here" / "b" / "c.txt").read_text() == "2"
    (tmp_path / "here" / "a.txt").write_text("3")
    done(git("-C", "here", "commit", "-q", "-a", "-m", "change"))
    pushed = done(git("-C", "here", "rev-parse", "HEAD"))
    branches = ("release", "release:refs/heads/other")
    done(git("-C", "here", "push", "-q", "origin", *branches, helper=HELPER))
    codecommit = sandbox.client("codecommit")
    assert codecommit.get_branch(repositoryName=name, branchName="release")["branch"]["commitId"] == pushed
    assert codecommit.list_branches(repositoryName=name)["branches"] == ["other", "release"]
    made = sandbox.commit(name, {"d.txt": "4"})
    done(git("-C", "here", "fetch", "-q"))
    assert done(git("-C", "here", "rev-parse", "origin/release")) == made
    assert done(git("ls-remote", url_of(sandbox, name) + "/", "refs/heads/other")).split()[0] == pushed


def test_the_first_push_makes_the_default_branch_and_large_ones_pass(
    sandbox: Any, git: Git, tmp_path: Path
) -> None:
    codecommit = sandbox.client("codecommit")
    name = f"large-{tmp_path.name}"
    codecommit.create_repository(repositoryName=name)
    done(git("clone", "-q", url_of(sandbox, name), "here"))
    # More than http.postBuffer (1 MiB): git sends it in chunks, without a length.
    (tmp_path / "here" / "noise").write_bytes(os.urandom(3_000_000))
    done(git("-C", "here", "checkout", "-q", "-b", "release"))
    done(git("-C", "here", "add", "."))
    done(git("-C", "here", "commit", "-q", "-m", "first"))
    done(git("-C", "here", "push", "-q", "origin", "release"))
    metadata = codecommit.get_repository(repositoryName=name)["repositoryMetadata"]
    assert metadata["defaultBranch"] == "release"
    done(git("clone", "-q", url_of(sandbox, name), "again"))
    assert (tmp_path / "again" / "noise").read_bytes() == (tmp_path / "here" / "noise").read_bytes()


def test_aws_s_own_url_works_with_one_setting(sandbox: Any, git: Git, tmp_path: Path) -> None:
    name = sandbox.create_repository({"a": "1"})
    clone_url = sandbox.client("codecommit").get_repository(repositoryName=name)["repositoryMetadata"][
        "cloneUrlHttp"
    ]
    here, there = url_of(sandbox, ""), clone_url.removesuffix(name)
    done(git("-c", f"url.{here}.insteadOf={there}", "clone", "-q", clone_url, "here"))
    assert (tmp_path / "here" / "a").exists()


def test_an_assumed_role_s_session_gets_in(sandbox: Any, git: Git, trust: Callable[..., Any]) -> None:
    name = sandbox.create_repository({"a": "1"})
    role = sandbox.create_role("dev", trust({"AWS": "arn:aws:iam::111111111111:root"}))
    keys = sandbox.client("sts").assume_role(RoleArn=role, RoleSessionName="git")["Credentials"]
    session = {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }
    assert "refs/heads/release" in done(git("ls-remote", url_of(sandbox, name), helper=HELPER, **session))


def test_another_account_s_repository_and_another_region_s_are_not_there(sandbox: Any, git: Git) -> None:
    name = sandbox.create_repository({"a": "1"})
    for refused in (
        git("clone", url_of(sandbox, "nowhere")),
        git("clone", url_of(sandbox, name), account="production"),
        git("clone", url_of(sandbox, name, region="us-east-1")),
    ):
        assert refused.returncode == 128
        assert "fatal: repository 'http://git-codecommit." in refused.stderr
        assert "' not found" in refused.stderr
        assert "does not exist" in refused.stderr


def test_an_unknown_key_is_forbidden(sandbox: Any, git: Git) -> None:
    name = sandbox.create_repository({"a": "1"})
    refused = git("clone", url_of(sandbox, name), AWS_ACCESS_KEY_ID="AKIANOBODY")
    assert "The requested URL returned error: 403" in refused.stderr
    assert "The security token included in the request is invalid" in refused.stderr


def info_refs(name: str) -> str:
    return f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{name}/info/refs?service=git-upload-pack"


def test_without_credentials_git_is_asked_for_some(sandbox: Any) -> None:
    answer = sandbox.get(info_refs("any"))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize(("age", "status"), [(timedelta(minutes=13), 200), (timedelta(minutes=16), 403)])
def test_a_signed_password_lasts_a_quarter_of_an_hour(age: timedelta, status: int, sandbox: Any) -> None:
    name = sandbox.create_repository({"a": "1"})
    signed = f"{datetime.now(UTC) - age:%Y%m%dT%H%M%S}Z{'0' * 64}"
    answer = sandbox.get(info_refs(name), auth=("AKIA111111111111ADMN", signed))
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["HEAD", "objects/info/packs", "info/refs/more", "..%2f..%2fHEAD"])
def test_a_path_that_is_no_git_s_is_not_found(path: str, sandbox: Any) -> None:
    name = sandbox.create_repository({"a": "1"})
    place = f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{name}/{path}"
    assert sandbox.get(place, auth=("AKIA111111111111ADMN", "any")).status_code == 404


def test_what_is_pushed_shows_up_in_the_replica_and_nothing_is_pushed_to_that(
    sandbox: Any, git: Git, tmp_path: Path
) -> None:
    name = sandbox.create_repository({"a": "1"})
    source = {"account": "111111111111", "region": "eu-west-1", "name": name}
    replica = {**source, "account": "333333333333"}
    sandbox.admin("POST", "codecommit/replicas", json={"source": source, "replica": replica})
    done(git("clone", "-q", url_of(sandbox, name), "here"))
    done(git("-C", "here", "commit", "-q", "--allow-empty", "-m", "next"))
    done(git("-C", "here", "push", "-q"))
    pushed = done(git("-C", "here", "rev-parse", "HEAD"))
    shown = done(git("ls-remote", url_of(sandbox, name), "refs/heads/release", account="production"))
    assert shown.split()[0] == pushed
    done(git("-C", "here", "commit", "-q", "--allow-empty", "-m", "from the wrong side"))
    refused = git("-C", "here", "push", account="production")
    assert "is a read-only replica of 111111111111/eu-west-1/" in refused.stderr
    production = sandbox.client("codecommit", "production")
    with pytest.raises(production.exceptions.ClientError, match="is a read-only replica"):
        production.create_commit(
            repositoryName=name,
            branchName="release",
            parentCommitId=pushed,
            putFiles=[{"filePath": "b", "fileContent": b"2"}],
        )


def test_a_push_that_is_behind_is_refused_by_git(sandbox: Any, git: Git) -> None:
    name = sandbox.create_repository({"a": "1"})
    done(git("clone", "-q", url_of(sandbox, name), "here"))
    sandbox.commit(name, {"a": "2"})
    done(git("-C", "here", "commit", "-q", "--allow-empty", "-m", "behind"))
    assert "[rejected]" in git("-C", "here", "push").stderr


def test_with_policies_git_may_what_they_say(
    start_sandbox: Callable[..., Any], git: Git, tmp_path: Path
) -> None:
    sandbox = start_sandbox("--iam")
    name = sandbox.create_repository({"a": "1"})
    iam = sandbox.client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_ENDPOINT_URL": sandbox.endpoint,
    }
    forbidden = git("clone", url_of(sandbox, name), **reader)
    assert "The requested URL returned error: 403" in forbidden.stderr
    assert "is not authorized to perform: codecommit:GitPull on resource: arn:aws:codecommit:eu-west-1:" in (
        forbidden.stderr
    )
    statement = {
        "Effect": "Allow",
        "Action": "codecommit:GitPull",
        "Resource": f"arn:aws:codecommit:*:*:{name}",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=policy)
    done(git("clone", "-q", url_of(sandbox, name), "here", **reader))
    done(git("-C", "here", "commit", "-q", "--allow-empty", "-m", "next"))
    assert "codecommit:GitPush" in git("-C", "here", "push", **reader).stderr
    done(git("-C", "here", "push", "-q"))
