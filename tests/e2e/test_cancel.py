"""What becomes of a running build when a person, or an accident, ends its task: one row each."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from releases import postgres_or_skip

from rehearsal.airflow_api import AirflowApi, run_path
from rehearsal.platform.aws import SECRET, Aws
from rehearsal.stack import Stack

pytestmark = pytest.mark.e2e

DAGS = Path(__file__).parent / "cancelling"
DAG = "builds"
DEV, REGION = "111111111111", "eu-west-1"
BUILDSPEC = "version: 0.2\nphases:\n  build:\n    commands: [echo deploying, sleep 900]\n"
LONGEST = 240.0
"""Seconds that a row may take on a busy machine; what it took is printed."""

CLONE_URL = f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/builds"
QUICK = {
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "2",
    "AIRFLOW__CORE__PARALLELISM": "16",
    # The process of a running task gives up after three of these, rather than after minutes.
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "5",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
}
RUNNING = ("running_marked_failed", "running_cleared", "running_outage")

GOES_ON, STOPPED, BUILT_AGAIN = ["IN_PROGRESS"], ["STOPPED"], ["STOPPED", "IN_PROGRESS"]
ROWS = {
    "marked_failed": STOPPED,
    "marked_success": STOPPED,
    "in_a_group": STOPPED,
    "run_failed": STOPPED,
    "cleared": BUILT_AGAIN,
    "running_marked_failed": STOPPED,
    "running_cleared": BUILT_AGAIN,
    "marked_while_down": STOPPED,
    "cleared_while_down": BUILT_AGAIN,
    "kept_by_choice": GOES_ON,
    "removed": GOES_ON,
    "running_outage": GOES_ON,
    "left_alone": GOES_ON,
}
"""Task, and what CodeBuild says of its builds in the end, oldest first. `left_alone` lives through a
triggerer's restart and an outage of the API server, as all of them do."""


@dataclass
class Matrix:
    """A run of the DAG whose builds are all running, and what people and accidents do to it."""

    stack: Stack
    api: AirflowApi
    run_id: str
    switch: Path
    seconds: dict[str, float] = field(default_factory=dict)
    """From the click to what the row says, as measured."""
    ended: dict[str, list[str]] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)

    def statuses(self, name: str) -> list[str]:
        aws = Aws(self.stack.sandbox_url).client("codebuild", DEV, REGION)
        ids = aws.list_builds_for_project(projectName=name, sortOrder="ASCENDING")["ids"]
        builds = aws.batch_get_builds(ids=ids)["builds"] if ids else []
        return [build["buildStatus"] for build in sorted(builds, key=lambda build: build["buildNumber"])]

    def until(self, is_it: Callable[[], bool], *, what: str) -> None:
        deadline = time.monotonic() + LONGEST
        while not is_it():
            self.stack.check()
            states = self.api.task_states(DAG, self.run_id)
            assert time.monotonic() < deadline, f"{what} did not come in {LONGEST:.0f} s: {states}"
            time.sleep(0.5)

    def act(self, name: str, deed: Callable[[], object]) -> None:
        """Do it, and wait until the row's builds are what it says."""
        began = time.monotonic()
        deed()
        self.until(lambda: self.statuses(name) == ROWS[name], what=name)
        self.seconds[name] = time.monotonic() - began

    def mark(self, name: str, state: Any = "failed") -> None:
        self.api.mark(DAG, self.run_id, name, state=state)

    def clear(self, name: str) -> None:
        self.api.clear(DAG, self.run_id, [name], downstream=False)

    def patch(self, path: str, body: Mapping[str, Any]) -> None:
        self.api._send("PATCH", f"{run_path(DAG, self.run_id)}{path}", body)

    def processes(self, component: str) -> list[psutil.Process]:
        parent = self.stack.component(component)
        assert parent is not None, component
        return [parent, *parent.children(recursive=True)]

    def while_the_triggerer_is_down(self, *deeds: Callable[[], object]) -> None:
        """Stop it, do what is done, and let its supervisor start another: never is it half alive."""
        processes = self.processes("triggerer")
        for process in processes:
            process.suspend()
        for deed in deeds:
            deed()
        for process in reversed(processes):
            process.kill()

    def all_builds_run(self) -> bool:
        states = self.api.task_states(DAG, self.run_id)
        waiting = all(states.get(name) == "deferred" or name in RUNNING for name in ROWS)
        return waiting and all(self.statuses(name) == GOES_ON for name in ROWS)

    def live(self) -> None:
        self.until(lambda: "deploying" in self.log("left_alone"), what="a build's log in its task's")
        self.act("marked_failed", lambda: self.mark("marked_failed"))
        self.act("marked_success", lambda: self.mark("marked_success", "success"))
        self.act("in_a_group", lambda: self.patch("/taskGroupInstances/group", {"new_state": "failed"}))
        self.act("cleared", lambda: self.clear("cleared"))
        self.act("running_marked_failed", lambda: self.mark("running_marked_failed"))
        self.act("running_cleared", lambda: self.clear("running_cleared"))
        self.mark("kept_by_choice")
        self.switch.touch()
        self.api_server_is_away()
        began = time.monotonic()
        self.while_the_triggerer_is_down(
            lambda: self.mark("marked_while_down"), lambda: self.clear("cleared_while_down")
        )
        for name in ("marked_while_down", "cleared_while_down"):
            self.until(lambda name=name: self.statuses(name) == ROWS[name], what=name)  # type: ignore[misc]
            self.seconds[name] = time.monotonic() - began
        self.until(lambda: self.state("removed") == "removed", what="the removal of a task")
        self.until(lambda: self.state("running_outage") == "running", what="another try of running_outage")
        # What must not happen would have happened by now: the triggerer looks every few seconds.
        time.sleep(10)
        self.ended = {name: self.statuses(name) for name in ROWS}
        self.tries = {one["task_id"]: one["try_number"] for one in self.api.task_instances(DAG, self.run_id)}
        self.act("run_failed", lambda: self.patch("", {"state": "failed"}))
        self.ended["run_failed"] = self.statuses("run_failed")

    def api_server_is_away(self) -> None:
        """Long enough for a running task's process to give up: its heartbeats are not answered."""
        processes = self.processes("api-server")
        for process in processes:
            process.suspend()
        time.sleep(30)
        for process in processes:
            process.resume()

    def log(self, name: str) -> str:
        return self.api.log(DAG, self.run_id, name, try_number=1)

    def state(self, name: str) -> str | None:
        return self.api.task_states(DAG, self.run_id).get(name)


def seed(endpoint: str) -> dict[str, str]:
    """Make a repository and a project for each row; return the one connection."""
    aws = Aws(endpoint)
    codecommit = aws.client("codecommit", DEV, REGION)
    codecommit.create_repository(repositoryName="builds")
    codecommit.create_commit(
        repositoryName="builds",
        branchName="release",
        putFiles=[{"filePath": "a", "fileContent": b"a"}],
    )
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "codebuild.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = aws.client("iam", DEV, REGION)
    role = iam.create_role(RoleName="builds", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="builds", PolicyName="all", PolicyDocument=policy(everything))
    for name in ROWS:
        aws.client("codebuild", DEV, REGION).create_project(
            name=name,
            source={"type": "CODECOMMIT", "location": CLONE_URL, "buildspec": BUILDSPEC},
            artifacts={"type": "NO_ARTIFACTS"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
            serviceRole=role,
        )
    extra = {"region_name": REGION, "endpoint_url": endpoint}
    key = {"login": f"AKIA{DEV}ADMN", "password": SECRET}
    return {"aws_default": json.dumps({"conn_type": "aws", **key, "extra": extra})}


def policy(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def matrix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    directory = tmp_path_factory.mktemp("cancel")
    switch = directory / "without-removed"
    environment = {**QUICK, "WITHOUT_REMOVED": str(switch)}
    # Not SQLite: whoever stands still there with its one lock stops everybody else.
    database = postgres_or_skip(directory / "logs")
    stack = Stack(directory, dags_folder=DAGS, seed=seed, environment=environment, database=database)
    with stack, stack.api("admin") as api:
        deadline = time.monotonic() + 120
        while api.dag(DAG) is None:
            assert time.monotonic() < deadline, api.import_errors()
            time.sleep(0.5)
        api.unpause(DAG)
        run = api.trigger(DAG)
        made = Matrix(stack, api, run["dag_run_id"], switch)
        made.until(made.all_builds_run, what="a build for each row")
        made.live()
        print("\n".join(f"{name:24} {seconds:6.1f} s" for name, seconds in made.seconds.items()))
        yield made


@pytest.mark.parametrize("name", ROWS)
def test_what_becomes_of_the_build(matrix: Matrix, name: str) -> None:
    assert matrix.ended[name] == ROWS[name]


def test_a_new_try_after_an_accident_waits_for_the_same_build(matrix: Matrix) -> None:
    """The worker's process was ended by Airflow when the API server was away; nobody wanted that."""
    assert matrix.tries["running_outage"] > 1, "the outage was too short to hurt"
