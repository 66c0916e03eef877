"""One sandbox for the whole session, as a process of its own; tests speak to it as they would to AWS."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config

ROOT = Path(__file__).parents[2]
ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "production": "333333333333"}
REGION = "eu-west-1"
CLONE_URL = f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/"
Wire = dict[str, Any]


@dataclass
class RunningSandbox:
    """A sandbox's process, its endpoint, and the words in which the tests speak to it."""

    process: "subprocess.Popen[str]"
    endpoint: str
    state: Path

    def client(self, service: str, account: str = "dev", region: str = REGION, **config: Any) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=f"AKIA{ACCOUNTS[account]}ADMN",
            aws_secret_access_key="any",
            config=Config(**config) if config else None,
        )

    def client_as(self, credentials: Mapping[str, str], service: str) -> Any:
        """A client with the keys that AssumeRole gave."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )

    def environment(self, account: str = "dev") -> dict[str, str]:
        """What the announcement tells a person to export."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNTS[account]}ADMN",
            "AWS_SECRET_ACCESS_KEY": "any",
        }

    def get(self, url: str, method: str = "GET", **options: Any) -> httpx.Response:
        """Ask the edge for an https URL, as curl with a Host header would."""
        host, _, path = url.removeprefix("https://").partition("/")
        headers = {"Host": host, **options.pop("headers", {})}
        return httpx.request(method, f"{self.endpoint}/{path}", headers=headers, **options)

    def admin(self, method: str, path: str, **options: Any) -> httpx.Response:
        return httpx.request(method, f"{self.endpoint}/_sandbox/{path}", **options)

    def create_role(self, account: str, policy: Mapping[str, Any]) -> str:
        """Create a role with this trust policy and return its ARN."""
        name, document = f"role-{uuid.uuid4().hex[:8]}", json.dumps(policy)
        role = self.client("iam", account).create_role(RoleName=name, AssumeRolePolicyDocument=document)
        arn: str = role["Role"]["Arn"]
        return arn

    def create_repository(self, files: Mapping[str, str]) -> str:
        """Create a repository in dev with one commit on its branch `release`."""
        name = f"repository-{uuid.uuid4().hex[:8]}"
        self.client("codecommit").create_repository(repositoryName=name)
        self.commit(name, files)
        return name

    def commit(self, repository: str, files: Mapping[str, str], branch: str = "release") -> str:
        codecommit = self.client("codecommit")
        branches = codecommit.list_branches(repositoryName=repository)["branches"]
        parent = {}
        if branches:
            tip = codecommit.get_branch(repositoryName=repository, branchName=branch)["branch"]["commitId"]
            parent = {"parentCommitId": tip}
        puts = [{"filePath": path, "fileContent": text.encode()} for path, text in files.items()]
        made = codecommit.create_commit(repositoryName=repository, branchName=branch, putFiles=puts, **parent)
        commit: str = made["commitId"]
        return commit

    def create_project(self, role: str, buildspec: str = "", **members: Any) -> str:
        """Create a project in dev; NO_SOURCE and NO_ARTIFACTS unless told otherwise."""
        name = f"project-{uuid.uuid4().hex[:8]}"
        definition = {
            "source": {"type": "NO_SOURCE", "buildspec": buildspec},
            "artifacts": {"type": "NO_ARTIFACTS"},
            "environment": {
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            "serviceRole": role,
            **members,
        }
        self.client("codebuild").create_project(name=name, **definition)
        return name

    def build(self, build_id: str) -> Wire:
        found: Wire = self.client("codebuild").batch_get_builds(ids=[build_id])["builds"][0]
        return found

    def finished(self, build_id: str, within: float = 30) -> Wire:
        """Wait until a build is complete."""
        return self.wait_for(lambda: self.build(build_id), lambda build: build["buildComplete"], within)

    def wait_for(self, read: Callable[[], Wire], is_it: Callable[[Wire], bool], within: float = 30) -> Wire:
        deadline = time.monotonic() + within
        while not is_it(found := read()):
            assert time.monotonic() < deadline, found
            time.sleep(0.05)
        return found

    def log_of(self, build: Wire) -> list[str]:
        logs = build["logs"]
        place = {"logGroupName": logs["groupName"], "logStreamName": logs["streamName"]}
        return [event["message"] for event in self.client("logs").get_log_events(**place)["events"]]

    def output_of(self, build: Wire) -> list[str]:
        """What the build's commands printed, without CodeBuild's own lines."""
        return [line for line in self.log_of(build) if not line.startswith("[Container] ")]


@contextmanager
def running_sandbox(state: Path, *options: str) -> Iterator[RunningSandbox]:
    """Start a sandbox on a free port and stop it."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(state), *options]
    errors = state.with_suffix(".log")
    with (
        errors.open("w") as log,
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True) as process,
    ):
        assert process.stdout is not None
        first = process.stdout.readline()
        try:
            assert first, errors.read_text()
            yield RunningSandbox(process, first.split()[-1], state)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=10)


@pytest.fixture(name="running", scope="session")
def running_fixture() -> Callable[..., Any]:
    return running_sandbox


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("sandbox") / "state") as running:
        yield running


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[Callable[..., RunningSandbox]]:
    """Start a sandbox of one test's own, with its own options."""
    with ExitStack() as sandboxes:
        yield lambda *options: sandboxes.enter_context(running_sandbox(tmp_path / "state", *options))


@pytest.fixture(name="running_sandbox", scope="session")
def running_sandbox_fixture() -> Callable[..., Any]:
    """For a module that needs a sandbox of its own for all its tests."""
    return running_sandbox


@pytest.fixture(scope="session")
def build_role(sandbox: RunningSandbox) -> str:
    """A role in dev that CodeBuild may assume."""
    return sandbox.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))


@pytest.fixture
def run_build(sandbox: RunningSandbox, build_role: str) -> Callable[..., Wire]:
    """Build a buildspec in a project of its own and return the finished build."""

    def run(buildspec: str, project: Mapping[str, Any] | None = None, **overrides: Any) -> Wire:
        name = sandbox.create_project(build_role, buildspec, **(project or {}))
        started = sandbox.client("codebuild").start_build(projectName=name, **overrides)["build"]
        return sandbox.finished(started["id"])

    return run


def trust(principal: Any, condition: Any = None) -> Wire:
    """A trust policy of one statement."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture(name="trust", scope="session")
def trust_fixture() -> Callable[..., Wire]:
    return trust
