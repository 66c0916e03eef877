"""Waits for a build in the triggerer, and stops it when a person cancels the task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger
from airflow.triggers.base import TriggerEvent
from asgiref.sync import sync_to_async

from release_ops.clients.build_log import FollowedLog
from release_ops.domain.build import Build
from release_ops.domain.errors import ErroredError, FailedError
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.task_state import own_state
from release_ops.triggers.watch import Watch, watch

MARKED = ("failed", "success")
"""The states of a task that a person marked. Not `deferred` (the trigger has only moved to another
triggerer), not `removed` (the configuration was edited), not a new try's states (after a clear, that try
stops the build of the previous generation itself)."""

LOOKS_IN_VAIN = 3
"""After how many answers without the build it is given up: a new one may be missing from the first."""


class CodeBuildBuildTrigger(AwsBaseWaiterTrigger):
    """
    Trigger for a CodeBuild build: fires when the build is over, however it ended.

    All triggers of a connection and region share their BatchGetBuilds calls, a hundred builds in each. The
    build's log is written into the task's log as it grows.

    :param build_id: The build to wait for.
    :param waiter_delay: The amount of time in seconds to wait between attempts. (default: 30)
    :param waiter_max_attempts: The maximum number of attempts to be made. (default: 1200)
    :param cancel_on_kill: Whether the build is stopped when a person marks the task. (default: True)
    :param follow_log: Whether the build's log is written into the task's log. (default: True)
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
        follow_log: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            serialized_fields={
                "build_id": build_id,
                "cancel_on_kill": cancel_on_kill,
                "follow_log": follow_log,
            },
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
        self.follow_log = follow_log

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """
        Look for the first time after one delay.

        A build has just begun when its task defers, so an earlier look is a call for nothing; and an event
        that comes before Airflow has put the deferral away can fail the task (Airflow issue 67287).
        The event only says that it is time to look: the task reads the build itself.
        """
        watching, log = self._watch(), FollowedLog()
        watching.warm_up(self.task_instance)
        clock = asyncio.get_running_loop().time
        until = clock() + self.waiter_delay * self.attempts
        at_once, trouble, in_vain = False, "", 0
        while clock() < until:
            build: Build | None = None
            said = f"CodeBuild does not know build {self.build_id}"
            try:
                build = await watching.poller.look(self.build_id, delay=self.waiter_delay, at_once=at_once)
                in_vain = 0 if build else in_vain + 1
            except ErroredError as error:
                said = f"{error}. The build goes on; looking again"
            except FailedError as error:
                yield self._event(str(error))
                return
            at_once = True
            if build:
                await self._write_log(watching, log, build)
                if not build.status.is_running:
                    yield self._event(str(build.status))
                    return
            elif said != trouble:
                self.log.warning("%s", said)
            trouble = "" if build else said
            if in_vain == LOOKS_IN_VAIN:
                yield self._event(said)
                return
        yield self._event(f"build {self.build_id} still runs")

    def _event(self, message: str) -> TriggerEvent:
        return TriggerEvent({"status": "over", "build_id": self.build_id, "message": message})

    def _watch(self) -> Watch:
        config = self.botocore_config or {}
        connection = (self.aws_conn_id, self.region_name, self.verify, repr(sorted(config.items())))
        return watch(connection, lambda: CodeBuildHook(**self._hook_parameters))

    async def _write_log(self, watching: Watch, log: FollowedLog, build: Build) -> None:
        if not self.follow_log:
            return
        for line in await watching.new_lines(log, build):
            self.log.info("%s", line)

    async def on_kill(self) -> None:
        """
        Stop the build if a person marked the task failed or successful.

        Airflow cancels this method about a second after it began, so the work is a task of its own, held
        by a strong reference and shielded.
        """
        if not self.cancel_on_kill:
            return
        stopping = asyncio.create_task(self._stop_if_marked())
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)
        await asyncio.shield(stopping)

    async def _stop_if_marked(self) -> None:
        state = (
            await sync_to_async(own_state, thread_sensitive=False)(self.task_instance)
            if self.task_instance
            else None
        )
        if state not in MARKED:
            self.log.info("Build %s goes on: its task is %s, nobody marked it", self.build_id, state)
            return
        client = await self._watch().builds.get()
        await sync_to_async(client.stop, thread_sensitive=False)(self.build_id)
        self.log.warning("Stopped build %s: its task was marked %s", self.build_id, state)
        await sync_to_async(self.record_stop, thread_sensitive=False)(f"its task was marked {state}")

    def record_stop(self, reason: str, *, by: str = "", note: str = "") -> None:
        """Called after the build was stopped; for those who keep records."""
