"""Starts builds and waits for them in one way, in a process of its own; prints what that took.

`python -m bench.polling_once (shared|each) BUILDS`"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger
from airflow.triggers.base import TriggerEvent

from bench.polling_aws import Aws, FreeTimeLoop
from release_ops.clients.build_starter import BuildStarter, Step
from release_ops.domain.build import BuildRequest
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.state_store import StateStoreBuildRecords
from release_ops.triggers.codebuild import CodeBuildBuildTrigger
from release_ops.triggers.watch import Watch

DELAY, APART, SHORTEST, LONGEST = 30, 300, 120, 600
"""Seconds: between two looks; over which the builds begin; that they take."""

CONNECTION = "aws_bench"
COMMIT = "c0ffee" + "0" * 34

Events = Callable[[CodeBuildBuildTrigger], AsyncIterator[TriggerEvent]]


def start_ours(hook: CodeBuildHook, name: str) -> str:
    """As our operator does: intent, look-up, start, all of it recorded."""
    store: dict[str, str] = {}
    records = StateStoreBuildRecords(SimpleNamespace(get=store.get, set=store.__setitem__))
    step = Step(
        key=lambda generation: f"{name}-{generation}",
        request=lambda: BuildRequest(name, COMMIT),
        clears=0,
        keeps_success=False,
        before_start=lambda intent: None,
    )
    return BuildStarter(hook.builds, records, lambda: datetime.now(UTC)).ensure(step).build.id


def start_plainly(hook: CodeBuildHook, name: str) -> str:
    build_id: str = hook.conn.start_build(projectName=name, sourceVersion=COMMIT)["build"]["id"]
    return build_id


def shared_poller(hook: CodeBuildHook, aws: Aws) -> Events:
    """Ours: what triggers of a connection share, with a client that asks this CodeBuild."""
    watching = Watch(lambda: hook)

    def events(trigger: CodeBuildBuildTrigger) -> AsyncIterator[TriggerEvent]:
        trigger._watch = lambda: watching  # type: ignore[method-assign]
        return trigger.run()

    return events


def poller_each(_: CodeBuildHook, aws: Aws) -> Events:
    """The amazon provider's own: the `run` that its triggers inherit, with a hook and a client for each."""

    def events(trigger: CodeBuildBuildTrigger) -> AsyncIterator[TriggerEvent]:
        hook = CodeBuildHook(aws_conn_id=CONNECTION)
        connect: Any = hook.get_async_conn

        @asynccontextmanager
        async def connected() -> AsyncIterator[Any]:
            async with await connect() as client:
                aws.answer_for(client)
                yield client

        async def get_async_conn() -> Any:
            return connected()

        hook.get_async_conn = get_async_conn  # type: ignore[method-assign]
        trigger.hook = lambda: hook  # type: ignore[method-assign]
        return AwsBaseWaiterTrigger.run(trigger)

    return events


async def wait_for_all(way: Any, hook: CodeBuildHook, aws: Aws, ids: list[str]) -> list[float]:
    """Return how many seconds after its end each build was noticed."""
    chance = random.Random(len(ids))  # noqa: S311 - the same builds each time, and for both ways

    async def noticed_after(build_id: str, begins_at: float, seconds: float) -> float:
        await asyncio.sleep(begins_at)
        aws.builds[build_id].ends_at = begins_at + seconds
        trigger = CodeBuildBuildTrigger(
            build_id=build_id, waiter_delay=DELAY, follow_log=False, aws_conn_id=CONNECTION
        )
        async for _ in events(trigger):
            return aws.clock() - aws.builds[build_id].ends_at
        raise AssertionError("no event")

    events = way(hook, aws)
    begins = [chance.uniform(0, APART) for _ in ids]
    seconds = [chance.uniform(SHORTEST, LONGEST) for _ in ids]
    return await asyncio.gather(*map(noticed_after, ids, begins, seconds))


def main() -> None:
    which, size = sys.argv[1], int(sys.argv[2])
    connection = {
        "conn_type": "aws",
        "login": "bench",
        "password": "not-a-secret",
        "extra": {"region_name": "eu-west-1"},
    }
    os.environ[f"AIRFLOW_CONN_{CONNECTION.upper()}"] = json.dumps(connection)
    start, way = (start_ours, shared_poller) if which == "shared" else (start_plainly, poller_each)
    random.seed(size)  # the poller's jitter, too, is the same each time
    loop, hook = FreeTimeLoop(), CodeBuildHook(aws_conn_id=CONNECTION)
    aws = Aws(loop.time)
    aws.answer_for(hook.conn)
    ids = [start(hook, f"project-{number}") for number in range(size)]
    began = time.process_time()
    latencies = loop.run_until_complete(wait_for_all(way, hook, aws, ids))
    cpu = time.process_time() - began
    loop.close()
    print(json.dumps({"calls": aws.calls, "latencies": dict(zip(ids, latencies, strict=True)), "cpu": cpu}))


if __name__ == "__main__":
    main()
