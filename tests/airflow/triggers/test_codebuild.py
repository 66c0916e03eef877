"""The trigger that waits for a build, and what a person's click does to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.amazon.aws.triggers.base import AwsBaseWaiterTrigger
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.triggers.codebuild import CodeBuildBuildTrigger


class Client:
    """Stands for aiobotocore's client: remembers what was stopped."""

    def __init__(self, delay: float = 0.0) -> None:
        self.stopped: list[str] = []
        self.delay = delay

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def stop_build(self, *, id: str) -> None:
        await asyncio.sleep(self.delay)
        self.stopped.append(id)


def watched(
    monkeypatch: pytest.MonkeyPatch, state: str | None, client: Client, **options: Any
) -> CodeBuildBuildTrigger:
    async def connection(_: Any) -> Client:
        return client

    trigger = CodeBuildBuildTrigger(build_id="p:1", aws_conn_id=None, region_name="eu-west-1", **options)
    trigger._task_instance = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1)
    monkeypatch.setattr(CodeBuildHook, "get_async_conn", connection)
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", lambda **_: {"r": {"t": state}})
    return trigger


@pytest.mark.parametrize(
    ("state", "stopped"),
    [
        pytest.param("failed", ["p:1"], id="marked failed"),
        pytest.param("success", ["p:1"], id="marked success"),
        pytest.param("deferred", [], id="moved to another triggerer"),
        pytest.param("removed", [], id="the configuration was edited"),
        pytest.param("running", [], id="cleared: the next try stops it"),
        pytest.param("scheduled", [], id="cleared, not started yet"),
        pytest.param(None, [], id="unknown"),
    ],
)
def test_only_a_mark_stops_the_build(
    monkeypatch: pytest.MonkeyPatch, state: str | None, stopped: list[str]
) -> None:
    client = Client()
    asyncio.run(watched(monkeypatch, state, client).on_kill())
    assert client.stopped == stopped


def test_a_production_build_is_left_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    asyncio.run(watched(monkeypatch, "failed", client, cancel_on_kill=False).on_kill())
    assert client.stopped == []


def test_the_stop_goes_through_although_airflow_cancels_on_kill_after_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client(delay=0.05)

    async def cancelled() -> None:
        killing = asyncio.create_task(watched(monkeypatch, "failed", client).on_kill())
        await asyncio.sleep(0.02)
        killing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killing
        await asyncio.sleep(0.2)

    asyncio.run(cancelled())
    assert client.stopped == ["p:1"]


def test_it_survives_the_trip_to_the_triggerer() -> None:
    trigger = CodeBuildBuildTrigger(
        build_id="p:1",
        waiter_delay=7,
        waiter_max_attempts=3,
        cancel_on_kill=False,
        aws_conn_id="x",
        region_name="r",
    )
    path, arguments = trigger.serialize()
    assert path == "release_ops.triggers.codebuild.CodeBuildBuildTrigger"
    assert CodeBuildBuildTrigger(**arguments).serialize() == (path, arguments)
    assert arguments["cancel_on_kill"] is False


def test_it_first_looks_after_one_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def events(_: Any) -> AsyncIterator[str]:
        assert slept == [30]
        yield "over"

    async def first() -> list[Any]:
        return [event async for event in CodeBuildBuildTrigger(build_id="p:1").run()]

    monkeypatch.setattr("release_ops.triggers.codebuild.asyncio.sleep", sleep)
    monkeypatch.setattr(AwsBaseWaiterTrigger, "run", events)
    assert asyncio.run(first()) == ["over"]
