"""The trigger that waits for a build, and what a person's click does to it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow._shared.module_loading import import_string
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from fake_codebuild import FakeCodeBuild, error

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.domain.records import BuildStop
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.release import LedgerAddress
from release_ops.triggers.codebuild import CodeBuildBuildTrigger
from release_ops.triggers.release_build import ReleaseBuildTrigger

GOLDEN = Path(__file__).parent / "golden"
LEDGER = {"aws_conn_id": "aws_release_dev", "region": "eu-west-1", "bucket": "b"}


class Logs:
    """Stands for CloudWatch Logs: a page of one line, then nothing new."""

    def get_log_events(self, **request: Any) -> dict[str, Any]:
        seen = int(request.get("nextToken", 0))
        events = [] if seen else [{"timestamp": 1, "message": "npm ci\n"}]
        return {"events": events, "nextForwardToken": "1"}


@dataclass
class Aws:
    """A CodeBuild in memory behind the hook, and what the trigger is told by Airflow."""

    monkeypatch: pytest.MonkeyPatch
    builds: FakeCodeBuild = field(default_factory=FakeCodeBuild)
    state: str | None = "deferred"
    made: int = 0

    def __post_init__(self) -> None:
        bench = self

        class Hook(CodeBuildHook):
            @property
            def builds(self) -> CodeBuildClient:  # type: ignore[override]
                bench.made += 1
                return CodeBuildClient(bench.builds)

            @property
            def logs(self) -> Logs:  # type: ignore[override]
                return Logs()

        self.monkeypatch.setattr("release_ops.triggers.codebuild.CodeBuildHook", Hook)
        self.monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", lambda **_: {"r": {"t": self.state}})

    def start(self) -> str:
        answer = self.builds.start_build(
            projectName="orders-staging",
            sourceVersion="c",
            idempotencyToken=str(len(self.builds.builds)),
            environmentVariablesOverride=[],
        )
        build_id: str = answer["build"]["id"]
        self.builds.build(build_id)["logs"] = {"groupName": "g", "streamName": "s"}
        return build_id

    def trigger(self, build_id: str, kind: type = CodeBuildBuildTrigger, **options: Any) -> Any:
        trigger = kind(
            build_id=build_id, aws_conn_id=None, region_name="eu-west-1", **{"waiter_delay": 0.05, **options}
        )
        trigger._task_instance = SimpleNamespace(dag_id="d", task_id="t", run_id="r", map_index=-1)
        return trigger

    def counted(self, operation: str) -> int:
        return self.builds.calls.count(operation)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    return Aws(monkeypatch)


async def event_of(trigger: CodeBuildBuildTrigger) -> dict[str, Any]:
    async for event in trigger.run():
        return dict(event.payload)
    raise AssertionError("no event")


def run(work: Awaitable[Any]) -> Any:
    return asyncio.run(asyncio.wait_for(work, 20))  # type: ignore[arg-type]


def after(seconds: float, deed: Callable[[], None]) -> None:
    threading.Timer(seconds, deed).start()


def test_it_fires_when_the_build_is_over(aws: Aws) -> None:
    build_id = aws.start()
    after(0.2, lambda: aws.builds.end(build_id, "FAILED"))
    assert run(event_of(aws.trigger(build_id)))["message"] == "FAILED"
    assert aws.counted("BatchGetBuilds") > 1


def test_a_status_that_nobody_knows_ends_the_wait(aws: Aws) -> None:
    build_id = aws.start()
    aws.builds.end(build_id, "HIBERNATED")
    assert run(event_of(aws.trigger(build_id)))["message"] == "UNKNOWN"


def test_it_first_looks_after_one_delay(aws: Aws) -> None:
    build_id = aws.start()
    aws.builds.end(build_id, "SUCCEEDED")

    async def early() -> int:
        waiting = asyncio.create_task(event_of(aws.trigger(build_id, waiter_delay=0.4)))
        await asyncio.sleep(0.2)
        looks = aws.counted("BatchGetBuilds")
        await waiting
        return looks

    assert run(early()) == 0


def test_two_hundred_and_fifty_builds_share_their_calls(aws: Aws) -> None:
    ids = [aws.start() for _ in range(250)]
    for build_id in ids:
        aws.builds.end(build_id, "SUCCEEDED")

    async def wait_for_all() -> list[Any]:
        return await asyncio.gather(*(event_of(aws.trigger(one, waiter_delay=1)) for one in ids))

    assert len(run(wait_for_all())) == 250
    # Three calls are enough; on a busy machine the triggers come in several waves.
    assert aws.counted("BatchGetBuilds") <= 25, "each build asked for itself"
    assert aws.made == 1, "a client was made for more than one trigger"


def test_the_log_of_the_build_appears_in_the_log_of_the_task(
    aws: Aws, capsys: pytest.CaptureFixture[str]
) -> None:
    build_id = aws.start()
    after(0.3, lambda: aws.builds.end(build_id, "SUCCEEDED"))
    run(event_of(aws.trigger(build_id)))
    assert capsys.readouterr().out.count("npm ci") == 1


def test_throttling_and_an_outage_are_waited_out(aws: Aws, capsys: pytest.CaptureFixture[str]) -> None:
    build_id = aws.start()
    aws.builds.end(build_id, "SUCCEEDED")
    aws.builds.raises["BatchGetBuilds"] = error("BatchGetBuilds", "ThrottlingException", "Rate exceeded")
    after(0.3, lambda: aws.builds.raises.update(BatchGetBuilds=error("x", "ExpiredTokenException", "old")))
    after(0.6, aws.builds.raises.clear)
    assert run(event_of(aws.trigger(build_id)))["message"] == "SUCCEEDED"
    assert capsys.readouterr().out.count("The build goes on") == 2, "each trouble is told once"
    assert aws.made >= 2, "credentials that expired were never read again"


def test_while_aws_throttles_it_looks_less_often(aws: Aws) -> None:
    build_id = aws.start()
    aws.builds.raises["BatchGetBuilds"] = error("BatchGetBuilds", "ThrottlingException", "Rate exceeded")
    after(2, aws.builds.raises.clear)
    aws.builds.end(build_id, "SUCCEEDED")
    run(event_of(aws.trigger(build_id)))
    assert aws.counted("BatchGetBuilds") < 2 / 0.05 / 3


def test_a_right_that_is_missing_is_told_at_once(aws: Aws) -> None:
    build_id = aws.start()
    aws.builds.raises["BatchGetBuilds"] = error("BatchGetBuilds", "AccessDeniedException", "no")
    assert "give its role that right" in run(event_of(aws.trigger(build_id)))["message"]


def test_a_build_that_aws_does_not_know_is_given_up_after_three_looks(aws: Aws) -> None:
    message = run(event_of(aws.trigger("orders-staging:gone")))["message"]
    assert message == "CodeBuild does not know build orders-staging:gone"
    assert aws.counted("BatchGetBuilds") == 3


def test_its_own_deadline_ends_the_wait(aws: Aws) -> None:
    build_id = aws.start()
    assert "still runs" in run(event_of(aws.trigger(build_id, waiter_max_attempts=4)))["message"]


@pytest.mark.parametrize(
    ("state", "stopped"),
    [
        pytest.param("failed", True, id="marked failed"),
        pytest.param("success", True, id="marked success"),
        pytest.param("deferred", False, id="moved to another triggerer"),
        pytest.param("removed", False, id="the configuration was edited"),
        pytest.param("running", False, id="cleared: the next try stops it"),
        pytest.param("scheduled", False, id="cleared, not started yet"),
        pytest.param(None, False, id="unknown"),
    ],
)
def test_only_a_mark_stops_the_build(aws: Aws, state: str | None, stopped: bool) -> None:
    build_id = aws.start()
    aws.state = state
    run(aws.trigger(build_id).on_kill())
    assert aws.builds.build(build_id)["buildStatus"] == ("STOPPED" if stopped else "IN_PROGRESS")


def test_a_production_build_is_left_to_end(aws: Aws) -> None:
    build_id = aws.start()
    aws.state = "failed"
    run(aws.trigger(build_id, cancel_on_kill=False).on_kill())
    assert aws.counted("StopBuild") == 0


def test_the_stop_goes_through_although_airflow_cancels_on_kill_after_a_second(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_id = aws.start()
    asked = threading.Event()

    def slowly(**_: Any) -> dict[str, Any]:
        asked.set()
        threading.Event().wait(0.2)
        return {"r": {"t": "failed"}}

    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", slowly)

    async def cancelled() -> None:
        killing = asyncio.create_task(aws.trigger(build_id).on_kill())
        await asyncio.to_thread(asked.wait, 5)
        killing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await killing
        await asyncio.sleep(0.6)

    run(cancelled())
    assert aws.builds.build(build_id)["buildStatus"] == "STOPPED"


def test_what_a_release_stops_is_in_its_ledger(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[Any, ...]] = []
    records = SimpleNamespace(write_build_stop=lambda *record: written.append(record))
    monkeypatch.setattr(LedgerAddress, "records", lambda address, run_id: records)
    build_id = aws.start()
    aws.state = "failed"
    place = {"ledger": LEDGER, "run_id": "r", "step": ("orders", "staging.eu-west-1.build"), "generation": 2}
    run(aws.trigger(build_id, ReleaseBuildTrigger, **place).on_kill())
    service, path, generation, stop = written[0]
    assert (service, path, generation) == ("orders", "staging.eu-west-1.build", 2)
    assert isinstance(stop, BuildStop)
    assert (stop.build_id, stop.reason) == (build_id, "its task was marked failed")
    assert stop.at <= datetime.now(UTC)


@pytest.mark.parametrize("golden", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_a_build_that_began_under_an_older_release_is_waited_for_by_this_one(aws: Aws, golden: Path) -> None:
    """Triggers outlive an upgrade in Airflow's database: what was written then must start now."""
    stored = json.loads(golden.read_text())
    build_id = aws.start()
    aws.builds.end(build_id, "SUCCEEDED")
    arguments = {**stored["kwargs"], "build_id": build_id, "waiter_delay": 0.05}
    trigger = import_string(stored["classpath"])(**arguments)
    assert run(event_of(trigger))["message"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "trigger",
    [
        pytest.param(
            CodeBuildBuildTrigger(
                build_id="p:1",
                waiter_delay=7,
                waiter_max_attempts=3,
                cancel_on_kill=False,
                aws_conn_id="x",
                region_name="r",
            ),
            id="build",
        ),
        pytest.param(
            ReleaseBuildTrigger(
                build_id="p:1", ledger=LEDGER, run_id="r", step=("orders", "staging.x.build"), generation=3
            ),
            id="release build",
        ),
    ],
)
def test_it_survives_the_trip_to_the_triggerer(trigger: CodeBuildBuildTrigger) -> None:
    path, arguments = trigger.serialize()
    again = import_string(path)(**json.loads(json.dumps(arguments)))
    assert again.serialize() == (path, arguments)
