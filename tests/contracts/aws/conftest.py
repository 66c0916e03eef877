"""Where the contract suite runs: in a sandbox of its own, in one that runs, or in a real account.

RELEASE_OPS_CONTRACT is unset, a sandbox's URL, or `real`. See docs/contract-suite.md."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.aws.account import Account, leftovers, once_allowed, open_account, until
from tests.sandbox.conftest import running_sandbox

HERE = Path(__file__).parent
LOGS = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
_OPENED = pytest.StashKey[Account]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents and item.path.name != "test_service_model.py":
            item.add_marker(pytest.mark.aws_contract)


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Account]:
    wanted = os.environ.get("RELEASE_OPS_CONTRACT", "")
    with ExitStack() as sandboxes:
        endpoint: str | None = wanted
        if wanted == "real":
            endpoint = None
        elif not wanted:
            state = tmp_path_factory.mktemp("contract") / "state"
            endpoint = sandboxes.enter_context(running_sandbox(state)).endpoint
        with ExitStack() as afterwards:
            opened = open_account(wanted, endpoint, afterwards)
            request.config.stash[_OPENED] = opened
            yield opened
        # SQS takes a minute to forget a queue.
        until(lambda: leftovers(opened), lambda left: left == [])


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What a real account answered beyond the installed botocore's model: worth knowing, no mistake."""
    opened = config.stash.get(_OPENED, None)
    if opened is not None and opened.check.newer:
        terminalreporter.section("newer than the installed botocore")
        for line in sorted(set(opened.check.newer)):
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def bucket(account: Account) -> str:
    s3, name = account.client("s3"), account.name("bucket")
    # us-east-1 is no LocationConstraint.
    place = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    s3.create_bucket(Bucket=name, **(place if account.region != "us-east-1" else {}))
    account.afterwards.callback(s3.delete_bucket, Bucket=name)
    account.afterwards.callback(_empty, s3, name)
    return name


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for stored in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=stored["Key"])


@pytest.fixture(scope="session")
def build_role(account: Account) -> str:
    return account.create_role({"Service": "codebuild.amazonaws.com"}, *LOGS)


class Projects:
    """CodeBuild projects of the smallest size, without a source, deleted in the end."""

    def __init__(self, account: Account, role: str) -> None:
        self._account, self._role = account, role
        self.codebuild = account.client("codebuild")

    def definition(self, *commands: str) -> dict[str, Any]:
        listed = "".join(f"      - {command}\n" for command in commands)
        spec = f"version: 0.2\nenv:\n  exported-variables: [MADE]\nphases:\n  build:\n    commands:\n{listed}"
        return {
            "source": {"type": "NO_SOURCE", "buildspec": spec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": self._role,
            "timeoutInMinutes": 5,
        }

    def create(self, *commands: str, **members: Any) -> str:
        name = self._account.name("project")
        request = {"name": name, **self.definition(*commands), **members}
        not_yet = "not authorized to perform: sts:AssumeRole"
        once_allowed(lambda: self.codebuild.create_project(**request), not_yet)
        self._account.afterwards.callback(self.codebuild.delete_project, name=name)
        self._account.afterwards.callback(self._account.delete_logs, f"/aws/codebuild/{name}")
        return name

    def build(self, build_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.codebuild.batch_get_builds(ids=[build_id])["builds"][0]
        return found

    def finished(self, build_id: str) -> dict[str, Any]:
        found: dict[str, Any] = until(lambda: self.build(build_id), lambda build: build["buildComplete"])
        return found


@pytest.fixture(scope="session")
def projects(account: Account, build_role: str) -> Projects:
    return Projects(account, build_role)
