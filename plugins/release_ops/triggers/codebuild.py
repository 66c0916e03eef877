"""Waits for a build in the triggerer, and stops it when a person cancels the task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger
from airflow.triggers.base import TriggerEvent
from asgiref.sync import sync_to_async

from release_ops.hooks.codebuild import CodeBuildHook

CANCELLED_BY_A_PERSON = ("failed", "success")
"""The states of a task that a person marked. Not `deferred` (the trigger has only moved to another
triggerer), not `removed` (the configuration was edited), not a new try's states (after a clear, that try
stops the build of the previous generation itself)."""


class CodeBuildBuildTrigger(AwsBaseWaiterTrigger):
    """
    Trigger for a CodeBuild build: fires when the build is over, however it ended.

    :param build_id: The build to wait for.
    :param waiter_delay: The amount of time in seconds to wait between attempts. (default: 30)
    :param waiter_max_attempts: The maximum number of attempts to be made. (default: 1200)
    :param cancel_on_kill: Whether the build is stopped when a person marks the task. (default: True)
    :param aws_conn_id: The Airflow connection used for AWS credentials.
    """

    aws_hook_class = CodeBuildHook

    _stopping: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(
        self,
        *,
        build_id: str,
        waiter_delay: int = 30,
        waiter_max_attempts: int = 1200,
        cancel_on_kill: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            serialized_fields={"build_id": build_id, "cancel_on_kill": cancel_on_kill},
            waiter_name="build_complete",
            waiter_args={"ids": [build_id]},
            failure_message=f"Build {build_id} did not succeed",
            status_message=f"Build {build_id} is",
            status_queries=["builds[0].currentPhase", "builds[0].buildStatus"],
            return_key="build_id",
            return_value=build_id,
            waiter_delay=waiter_delay,
            waiter_max_attempts=waiter_max_attempts,
            **kwargs,
        )
        self.build_id = build_id
        self.cancel_on_kill = cancel_on_kill

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """
        Look for the first time after one delay.

        A build has just begun when its task defers, so an earlier look is a call for nothing; and an event
        that comes before Airflow has put the deferral away can fail the task (Airflow issue 67287).
        """
        await asyncio.sleep(self.waiter_delay)
        async for event in super().run():
            yield event

    async def on_kill(self) -> None:
        """
        Stop the build if a person marked the task failed or successful.

        Airflow cancels this method about a second after it began, so the work is a task of its own, held
        by a strong reference and shielded.
        """
        if not self.cancel_on_kill:
            return
        stopping = asyncio.create_task(self._stop_if_cancelled())
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)
        await asyncio.shield(stopping)

    async def _stop_if_cancelled(self) -> None:
        state = await self._task_state()
        if state not in CANCELLED_BY_A_PERSON:
            self.log.info("Build %s goes on: its task is %s, nobody cancelled it", self.build_id, state)
            return
        async with await self.hook().get_async_conn() as client:
            await client.stop_build(id=self.build_id)
        self.log.warning("Stopped build %s: its task was marked %s", self.build_id, state)

    async def _task_state(self) -> str | None:
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        task = self.task_instance
        if task is None:
            return None
        states = await sync_to_async(RuntimeTaskInstance.get_task_states)(
            dag_id=task.dag_id, task_ids=[task.task_id], run_ids=[task.run_id], map_index=task.map_index
        )
        state: str | None = states.get(task.run_id, {}).get(task.task_id)
        return state
