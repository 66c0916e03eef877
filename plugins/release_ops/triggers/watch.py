"""What the triggers of one connection and region share in a triggerer: poller, log client, warm-up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async

from release_ops.clients.build_log import FollowedLog
from release_ops.domain.build import Build
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.task_state import own_state
from release_ops.triggers.poller import BuildPoller
from release_ops.triggers.shared_client import SharedClient

LOGS_AT_ONCE = 4
"""How many logs of a connection are read at a time: GetLogEvents is limited to 25 calls a second.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""


class Watch:
    """Looks at the builds of one connection and region, and at their logs."""

    def __init__(self, hook: Callable[[], CodeBuildHook]) -> None:
        self.builds = SharedClient(lambda: hook().builds)
        self.poller = BuildPoller(self.builds)
        self._logs: SharedClient[Any] = SharedClient(lambda: hook().logs)
        self._reading = asyncio.Semaphore(LOGS_AT_ONCE)
        self._warming: asyncio.Task[Any] | None = None

    def warm_up(self, ti: Any) -> None:
        """Ask for a task's state once, for nothing.

        The first such question in a fresh triggerer took 16 s: too late to stop the build of a task that
        a person has just marked."""
        if self._warming is None and ti is not None:
            self._warming = asyncio.create_task(_ask_for_nothing(ti))

    async def new_lines(self, log: FollowedLog, build: Build) -> list[str]:
        """Return what the build's log has more than at the last look."""
        async with self._reading:
            client = await self._logs.get()
            return await sync_to_async(log.lines, thread_sensitive=False)(client, build)


async def _ask_for_nothing(ti: Any) -> None:
    # What comes back, and whether it does, does not matter here.
    with suppress(Exception):
        await sync_to_async(own_state, thread_sensitive=False)(ti)


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, Watch]] = WeakKeyDictionary()


def watch(connection: Hashable, hook: Callable[[], CodeBuildHook]) -> Watch:
    """Return this process's watch over a connection."""
    known = _watches.setdefault(asyncio.get_running_loop(), {})
    if connection not in known:
        known[connection] = Watch(hook)
    return known[connection]
