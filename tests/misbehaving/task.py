"""One build task as Airflow runs it: tries, each in a process of its own, and a triggerer between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

from airflow._shared.module_loading import import_string
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from release_ops.domain.build import TARGET_REGION
from release_ops.domain.errors import ErroredError
from release_ops.operators.codebuild import CodeBuildStartBuildOperator

CONNECTION = "aws_misbehaving"
RETRIES = 3
LOOK = 0.1
"""Seconds between two looks at the build."""
PATIENCE = 60


class State(StrEnum):
    """How Airflow shows the task in the end."""

    SUCCESS = "success"
    FAILED = "failed, no retry spent"
    ERRORED = "failed when its retries were spent"


@dataclass(frozen=True)
class End:
    state: State
    sentences: list[str]
    """What each try that ended badly raised."""
    result: Any = None

    @property
    def tries(self) -> int:
        return len(self.sentences) + (self.state is State.SUCCESS)


@dataclass
class BuildTask:
    """The operator, its hook and boto3 are the real ones; the connection comes from the environment."""

    project: str
    commit: str
    deferrable: bool = True
    name: str = "build"
    region: str = ""
    """The region that the build deploys to: two builds for one are never started at once."""
    store: dict[str, str] = field(default_factory=dict)
    """Airflow's task state store, where the records are kept."""
    between_tries: Callable[[], None] = lambda: None

    def run(self) -> End:
        """Try until it is well, as often as Airflow would."""
        sentences: list[str] = []
        for number in range(1, RETRIES + 2):
            try:
                return End(State.SUCCESS, sentences, self._try(number))
            except AirflowFailException as failed:
                return End(State.FAILED, [*sentences, str(failed)])
            except Exception as error:  # noqa: BLE001 - as Airflow: whatever it is, the next try comes
                sentences.append(str(error))
            self.between_tries()
        return End(State.ERRORED, sentences)

    def until_deferred(self) -> TaskDeferred:
        """Try until the build has begun, and leave the waiting to the caller."""
        for number in range(1, RETRIES + 2):
            try:
                self.operator().execute(self.context(number))
            except TaskDeferred as deferral:
                return deferral
            except ErroredError:
                continue
        raise AssertionError(f"{self.name} did not defer")

    def resumed(self, event: dict[str, Any]) -> End:
        """Take up the task after the triggerer, and try again if that goes wrong."""
        try:
            return End(State.SUCCESS, [], self.operator().execute_complete(self.context(1), event))
        except ErroredError:
            return self.run()

    def _try(self, number: int) -> Any:
        method, event = "execute", None
        while True:
            try:
                return getattr(self.operator(), method)(self.context(number), event)
            except TaskDeferred as deferral:
                event = asyncio.run(asyncio.wait_for(first_event(deferral), PATIENCE))
                method = deferral.method_name

    def operator(self) -> CodeBuildStartBuildOperator:
        return CodeBuildStartBuildOperator(
            task_id=self.name,
            project_name=self.project,
            source_version=self.commit,
            environment_variables={TARGET_REGION: self.region} if self.region else None,
            aws_conn_id=CONNECTION,
            deferrable=self.deferrable,
            waiter_delay=LOOK,
            retries=RETRIES,
        )

    def context(self, number: int) -> dict[str, Any]:
        ti = SimpleNamespace(
            dag_id="d",
            run_id=self.project,
            task_id=self.name,
            map_index=-1,
            max_tries=RETRIES,
            try_number=number,
            xcom_push=lambda key, value: None,
        )
        store = SimpleNamespace(get=self.store.get, set=self.store.__setitem__)
        return {"ti": ti, "task_state_store": store, "run_id": self.project}


def events_of(deferrals: list[TaskDeferred]) -> list[dict[str, Any]]:
    """Wait for all of them in one triggerer."""

    async def wait_for_all() -> list[dict[str, Any]]:
        return await asyncio.gather(*(first_event(deferral) for deferral in deferrals))

    return asyncio.run(asyncio.wait_for(wait_for_all(), PATIENCE))


async def first_event(deferral: TaskDeferred) -> dict[str, Any]:
    """What the triggerer would resume the task with; the trigger goes there as JSON."""
    path, arguments = deferral.trigger.serialize()
    async for event in import_string(path)(**json.loads(json.dumps(arguments))).run():
        return dict(event.payload)
    raise AssertionError("the trigger ended without an event")
