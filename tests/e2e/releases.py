"""A release of the sample platform on real Airflow processes, as a test follows it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from rehearsal.airflow_api import AirflowApi
from rehearsal.deeds import DAG
from rehearsal.demo import Demo, Ending
from rehearsal.platform import seed
from rehearsal.platform.aws import Aws
from rehearsal.postgres import Postgres, PostgresMissingError
from rehearsal.sources import Sources
from rehearsal.stack import Stack
from rehearsal.stories import WITH_TIME_TO_ACT, Story
from rehearsal.supervision import CHECKOUT
from release_ops.config import Catalog, load_catalog

TIME_SCALE = WITH_TIME_TO_ACT
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
    sources: Sources = field(init=False)

    def __post_init__(self) -> None:
        self.aws = Aws(self.stack.sandbox_url)
        self.sources = Sources(self.stack.sandbox_url, self.catalog)

    def trigger(self, *services: str, **conf: Any) -> Release:
        run = self.api.trigger(DAG, conf={"services": list(services), **conf} if services else conf)
        return Release(self, run["dag_run_id"])

    def play(self, story: Story, *, seconds: float = 420) -> Ending:
        """Let a story's people act in a release of this platform, which has a clock of its own."""
        at_its_pace = replace(story, time_scale=TIME_SCALE)
        return Demo(self.stack, self.catalog, at_its_pace, Console(), seconds).play()

    def builds(self, environment: str, service: str) -> list[dict[str, Any]]:
        """Every build of a service's project, oldest first, as AWS tells it."""
        return self.sources.told_builds(service, environment)


@contextmanager
def running_platform(directory: Path, *, time_scale: int, **options: Any) -> Iterator[Platform]:
    """Airflow and the sandbox with the sample platform; `options` are Stack's."""
    catalog = load_catalog(CHECKOUT / "config" / "services.yaml")
    environment = {"RELEASE_OPS_TIME_SCALE": str(time_scale), **options.pop("environment", {})}
    stack = Stack(
        directory,
        dags_folder=CHECKOUT / "dags",
        seed=lambda endpoint: seed(endpoint, catalog, CHECKOUT / "samples").connections,
        environment=environment,
        **options,
    )
    with stack, stack.api("admin") as admin, stack.api("tester") as tester:
        deadline = time.monotonic() + 120
        while admin.dag(DAG) is None:
            assert time.monotonic() < deadline, admin.import_errors()
            time.sleep(POLL)
        admin.unpause(DAG)
        yield Platform(stack, catalog, admin, tester)


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


def eventually(is_it: Callable[[], bool], *, what: str, seconds: float = 90) -> None:
    """Wait until it is so; fail with `what` if it does not come."""
    deadline = time.monotonic() + seconds
    while not is_it():
        assert time.monotonic() < deadline, f"{what} did not come in {seconds:.0f} s"
        time.sleep(POLL)


def postgres_or_skip(logs: Path) -> Postgres:
    """Return a PostgreSQL to run Airflow on; where there is none, the test is skipped, but not in CI."""
    try:
        return Postgres(logs=logs)
    except PostgresMissingError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
