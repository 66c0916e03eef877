"""A sandbox behind a proxy that can misbehave, and a task of Airflow's that has to live with it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from release_ops.clients.codebuild import BATCH
from release_ops.domain.build import TARGET_REGION
from tests.misbehaving.proxy import Answer, Call, Proxy, running_proxy
from tests.misbehaving.task import CONNECTION, BuildTask
from tests.sandbox.conftest import CLONE_URL, REGION, RunningSandbox, running_sandbox, trust

LOOKS = 3
"""At which look at it a build ends. It is not a matter of time, so that calls can be compared."""

HASTE = 20
"""How much faster than in life botocore's pauses between its attempts pass."""


@dataclass
class World:
    """One project of the sandbox, its builds, and the way there through the proxy."""

    sandbox: RunningSandbox
    proxy: Proxy
    project: str
    commit: str
    may_end: Path
    monkeypatch: pytest.MonkeyPatch
    last_look: int = LOOKS

    def __post_init__(self) -> None:
        self.proxy.twists.append(self._end_in_time)
        self.codebuild = self.sandbox.client("codebuild")

    def task(self, *, deferrable: bool = True, name: str = "build", region: str = "") -> BuildTask:
        return BuildTask(self.project, self.commit, deferrable, name, region)

    def connect(self, keys: Mapping[str, str] | None = None) -> None:
        """Write the connection; with the keys of a role for a while, or with those of dev's user."""
        login, password = "AKIA111111111111ADMN", "any"
        extra = {"endpoint_url": self.proxy.endpoint, "region_name": REGION}
        if keys:
            login, password = keys["AccessKeyId"], keys["SecretAccessKey"]
            extra["aws_session_token"] = keys["SessionToken"]
        connection = {"conn_type": "aws", "login": login, "password": password, "extra": extra}
        self.monkeypatch.setenv(f"AIRFLOW_CONN_{CONNECTION.upper()}", json.dumps(connection))

    def session(self) -> Mapping[str, str]:
        """New keys, valid for a while."""
        role = self.sandbox.create_role("dev", trust({"AWS": "arn:aws:iam::111111111111:root"}))
        sts = self.sandbox.client("sts")
        keys: Mapping[str, str] = sts.assume_role(RoleArn=role, RoleSessionName="airflow")["Credentials"]
        return keys

    def builds(self) -> list[str]:
        """The project's builds, as the sandbox knows them, whatever the proxy shows."""
        pages = self.codebuild.get_paginator("list_builds").paginate()
        return [one for page in pages for one in page["ids"] if one.startswith(f"{self.project}:")]

    def build_elsewhere(self, count: int) -> None:
        """Start so many builds of the project for another region, and let them end at once."""
        ended = {"builds": [{"project": self.project, "phase": "QUEUED", "outcome": "FAILED"}]}
        self.sandbox.admin("PUT", "script", json=ended).raise_for_status()
        elsewhere = [{"name": TARGET_REGION, "value": "us-east-1"}]
        for _ in range(count):
            self.codebuild.start_build(
                projectName=self.project, sourceVersion=self.commit, environmentVariablesOverride=elsewhere
            )
        self.sandbox.admin("DELETE", "script").raise_for_status()

    def end_builds(self) -> None:
        """Let the builds end, and wait until they have."""
        self.may_end.touch()
        ids = self.builds()
        for first in range(0, len(ids), BATCH):
            page = ids[first : first + BATCH]
            self.sandbox.wait_for(
                lambda page=page: self.codebuild.batch_get_builds(ids=page),
                lambda answer: all(build["buildComplete"] for build in answer["builds"]),
            )

    def _end_in_time(self, call: Call, pass_on: Any) -> Answer:
        """Let the build end when it is looked at for the third time; the look waits until it has."""
        if call.operation == "BatchGetBuilds" and self.proxy.asked("BatchGetBuilds") >= self.last_look:
            self.end_builds()
        return pass_on()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    with running_sandbox(tmp_path_factory.mktemp("misbehaving") / "state") as running:
        yield running


@pytest.fixture(scope="session")
def place(sandbox: RunningSandbox) -> tuple[str, str, str]:
    """A role for builds, a repository and its one commit."""
    role = sandbox.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    repository = sandbox.create_repository({"readme": "x"})
    branch = sandbox.client("codecommit").get_branch(repositoryName=repository, branchName="release")
    return role, repository, branch["branch"]["commitId"]


@pytest.fixture
def world(
    sandbox: RunningSandbox, place: tuple[str, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    # The pauses of botocore alone: what waits for a build keeps its own clock.
    hasty = SimpleNamespace(sleep=lambda seconds: time.sleep(seconds / HASTE))
    monkeypatch.setattr("botocore.endpoint.time", hasty)
    role, repository, commit = place
    may_end = tmp_path / "may-end"
    wait = {
        "version": "0.2",
        "phases": {"build": {"commands": [f"until [ -e {may_end} ]; do sleep 0.05; done"]}},
    }
    source = {"type": "CODECOMMIT", "location": CLONE_URL + repository, "buildspec": json.dumps(wait)}
    project = sandbox.create_project(role, source=source)
    with running_proxy(sandbox.endpoint) as proxy:
        world = World(sandbox, proxy, project, commit, may_end, monkeypatch)
        world.connect()
        yield world
    world.end_builds()
