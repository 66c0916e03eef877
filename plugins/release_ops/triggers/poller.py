"""One look for everybody: the builds that are waited for in this process share their BatchGetBuilds.

A poller per build asks a thousand times where ten calls do, and AWS throttles it from 30 builds on.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

from asgiref.sync import sync_to_async

from release_ops.clients.codebuild import BATCH, CodeBuildClient, ThrottledError
from release_ops.domain.build import Build
from release_ops.triggers.shared_client import SharedClient

JITTER = 0.1
"""How far a look strays from its time, as a part of the delay, so that processes do not fall into step."""

SLOWEST = 8
"""How many times slower than asked the poller gets, at most, while AWS throttles."""


@dataclass(eq=False)
class _Look:
    build_id: str
    soonest: float
    latest: float
    answer: asyncio.Future[Build | None]


class BuildPoller:
    """Looks at builds of one connection and region, up to a hundred with one call.

    Nothing runs while nobody waits."""

    def __init__(self, client: SharedClient[CodeBuildClient]) -> None:
        self._client = client
        self._waiting: set[_Look] = set()
        self._came = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._slowness = 1.0

    async def look(self, build_id: str, *, delay: float, at_once: bool = True) -> Build | None:
        """Return the build as AWS tells it after `delay` seconds; None if AWS does not know it.

        It comes earlier, after half the delay, if a look for others is due then; unless not `at_once`.
        Raises what CodeBuildClient raises; after throttling, the next looks come later."""
        loop = asyncio.get_running_loop()
        wait = delay * self._slowness * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret
        now = loop.time()
        soonest = now + (delay / 2 if at_once else delay)
        look = _Look(build_id, soonest, max(now + wait, soonest), loop.create_future())
        self._waiting.add(look)
        self._came.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve())
        try:
            return await look.answer
        finally:
            self._waiting.discard(look)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            pause = min(look.latest for look in self._waiting) - loop.time()
            if pause > 0:
                self._came.clear()
                await self._somebody_comes(pause)
                continue
            due = [look for look in self._waiting if look.soonest <= loop.time()]
            self._waiting.difference_update(due)
            ids = sorted({look.build_id for look in due})
            answers = await asyncio.gather(
                *(self._ask(ids[first : first + BATCH]) for first in range(0, len(ids), BATCH)),
            )
            known = {build_id: answer for batch in answers for build_id, answer in batch.items()}
            for look in due:
                _give(look.answer, known.get(look.build_id))

    async def _somebody_comes(self, within: float) -> None:
        try:
            await asyncio.wait_for(self._came.wait(), within)
        except TimeoutError:
            return

    async def _ask(self, ids: list[str]) -> dict[str, Build | Exception]:
        try:
            client = await self._client.get()
            builds = await sync_to_async(client.get, thread_sensitive=False)(ids)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is handed to everybody who waits
            if isinstance(error, ThrottledError):
                self._slowness = min(self._slowness * 2, SLOWEST)
            else:
                self._client.forget()
            return dict.fromkeys(ids, error)
        self._slowness = max(self._slowness / 2, 1)
        return dict(builds)


def _give(future: asyncio.Future[Build | None], answer: Build | Exception | None) -> None:
    if future.done():
        return  # the trigger was cancelled meanwhile
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
