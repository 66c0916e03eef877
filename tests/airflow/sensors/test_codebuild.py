"""The sensor for a build that somebody else started."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from fake_codebuild import FakeCodeBuild, error

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.domain.errors import ErroredError
from release_ops.sensors.codebuild import CodeBuildBuildSensor


@pytest.fixture
def aws() -> FakeCodeBuild:
    fake = FakeCodeBuild()
    fake.start_build(
        projectName="orders-staging", sourceVersion="c", idempotencyToken="t", environmentVariablesOverride=[]
    )
    return fake


def sensor(aws: FakeCodeBuild, build_id: str = "orders-staging:1", **options: Any) -> CodeBuildBuildSensor:
    made = CodeBuildBuildSensor(task_id="wait", build_id=build_id, **options)
    made.__dict__["hook"] = SimpleNamespace(builds=CodeBuildClient(aws), logs=None)
    return made


def test_it_waits_in_the_triggerer_and_stops_nothing(aws: FakeCodeBuild) -> None:
    with pytest.raises(TaskDeferred) as deferral:
        sensor(aws, poke_interval=60).execute({})
    assert deferral.value.trigger.build_id == "orders-staging:1"
    assert deferral.value.trigger.cancel_on_kill is False
    assert deferral.value.trigger.waiter_delay == 60


def test_a_build_that_is_over_is_not_waited_for(aws: FakeCodeBuild) -> None:
    aws.end("orders-staging:1", "SUCCEEDED")
    facts = sensor(aws).execute({})
    assert facts is not None
    assert facts["build_id"] == "orders-staging:1"


def test_it_waits_in_the_worker_if_told_to(aws: FakeCodeBuild, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: aws.end("orders-staging:1", "SUCCEEDED"))
    facts = sensor(aws, deferrable=False).execute({})
    assert facts is not None
    assert facts["status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        ("FAILED", AirflowFailException),
        ("STOPPED", AirflowFailException),
        ("TIMED_OUT", AirflowFailException),
        ("FAULT", ErroredError),
        ("NEW_AT_AWS", ErroredError),
    ],
)
def test_only_success_passes(aws: FakeCodeBuild, status: str, raised: type[Exception]) -> None:
    aws.end("orders-staging:1", status)
    with pytest.raises(raised, match="build orders-staging:1 is"):
        sensor(aws).execute_complete({}, {"status": "over"})


def test_an_event_that_comes_too_early_passes_nothing(aws: FakeCodeBuild) -> None:
    with pytest.raises(ErroredError, match="still runs"):
        sensor(aws).execute_complete({}, {"status": "over"})


def test_a_build_that_aws_does_not_know_fails_in_a_sentence(aws: FakeCodeBuild) -> None:
    with pytest.raises(AirflowFailException, match="is this the connection of its account"):
        sensor(aws, "orders-staging:x").execute({})


def test_an_outage_is_waited_out_with_the_connections_new_credentials(
    aws: FakeCodeBuild, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.raises["BatchGetBuilds"] = error("BatchGetBuilds", "ExpiredTokenException", "expired")
    hooks: list[Any] = []

    def new_hook(**_: Any) -> Any:
        hooks.append(SimpleNamespace(builds=CodeBuildClient(aws), logs=None))
        return hooks[-1]

    def nap(seconds: float) -> None:
        if len(hooks) == 2:
            aws.raises.clear()
            aws.end("orders-staging:1", "SUCCEEDED")

    waiting = CodeBuildBuildSensor(task_id="wait", build_id="orders-staging:1", deferrable=False)
    monkeypatch.setattr(CodeBuildBuildSensor, "aws_hook_class", staticmethod(new_hook))
    monkeypatch.setattr("time.sleep", nap)
    facts = waiting.execute({})
    assert facts is not None
    assert facts["status"] == "SUCCEEDED"
    assert len(hooks) == 3, "each refused look is followed by one with the connection as it is then"
    assert capsys.readouterr().out.count("credentials had expired") == 1, "a trouble is told once"


def test_a_missing_right_spends_no_retry(aws: FakeCodeBuild) -> None:
    aws.raises["BatchGetBuilds"] = error("BatchGetBuilds", "AccessDeniedException", "no")
    with pytest.raises(AirflowFailException, match="give its role that right"):
        sensor(aws).execute({})
