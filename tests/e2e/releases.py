"""A release of the sample platform on real Airflow processes, as a test follows it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rehearsal.airflow_api import AirflowApi
from rehearsal.platform.aws import Aws
from rehearsal.stack import Stack
from release_ops.config import Catalog

DAG = "weekly_release"
TIME_SCALE = 2880
SOAK = timedelta(days=2) / TIME_SCALE
"""A minute: on a busy machine a shorter soak is over before anybody can veto."""
POLL = 0.5
OVER = ("success", "failed", "upstream_failed", "skipped", "removed")


@dataclass
class Platform:
    """Airflow and the sandbox, running and seeded."""

    stack: Stack
    catalog: Catalog
    api: AirflowApi
    tester: AirflowApi
    aws: Aws = field(init=False)

    def __post_init__(self) -> None:
        self.aws = Aws(self.stack.sandbox_url)

    def trigger(self, *services: str, **conf: Any) -> Release:
        run = self.api.trigger(DAG, conf={"services": list(services), **conf} if services else conf)
        return Release(self, run["dag_run_id"])

    def builds(self, environment: str, service: str) -> list[dict[str, Any]]:
        """Every build of a service's project, oldest first, as AWS tells it."""
        place = self.catalog.environments[self.catalog.environments[environment].builds_in or environment]
        client = self.aws.client("codebuild", place.account, place.home_region)
        project = self.catalog.services[service].build_projects[environment]
        ids = client.list_builds_for_project(projectName=project, sortOrder="ASCENDING")["ids"]
        return client.batch_get_builds(ids=ids)["builds"] if ids else []


@dataclass
class Release:
    """One run of the DAG."""

    platform: Platform
    run_id: str

    def states(self) -> dict[str, str | None]:
        return self.platform.api.task_states(DAG, self.run_id)

    def until(self, task_id: str, states: Iterable[str], *, seconds: float = 240) -> str:
        """Wait until a task is in one of these states; fail with what it is in instead."""
        wanted = set(states)
        deadline = time.monotonic() + seconds
        while (state := self.states().get(task_id)) not in wanted:
            self.platform.stack.check()
            assert state not in OVER, f"{task_id} is {state}, waited for {sorted(wanted)}: {self.verdict()}"
            assert time.monotonic() < deadline, (
                f"{task_id} is still {state} after {seconds} s: {self.states()}"
            )
            time.sleep(POLL)
        return str(state)

    def veto(self, task_id: str, note: str) -> None:
        self.platform.tester.mark(DAG, self.run_id, task_id, state="failed", note=note)

    def mark_success(self, task_id: str) -> None:
        self.platform.tester.mark(DAG, self.run_id, task_id, state="success")

    def clear(self, task_id: str) -> list[str]:
        return self.platform.tester.clear(DAG, self.run_id, [task_id], downstream=True)

    def end(self, *, seconds: float = 420) -> str:
        return str(self.platform.api.wait_for_run(DAG, self.run_id, seconds=seconds)["state"])

    def verdict(self) -> dict[str, Any]:
        return self.platform.api.xcom(DAG, self.run_id, "release_verdict", key="verdict") or {}

    def result(self, task_id: str) -> dict[str, Any]:
        return self.platform.api.xcom(DAG, self.run_id, task_id) or {}

    def builds(self, environment: str, service: str) -> list[dict[str, Any]]:
        """This release's builds of a service, by what they were told."""
        return [
            build
            for build in self.platform.builds(environment, service)
            if variables(build).get("RELEASE_RUN") == self.run_id
        ]


def variables(build: dict[str, Any]) -> dict[str, str]:
    return {item["name"]: item["value"] for item in build["environment"]["environmentVariables"]}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
