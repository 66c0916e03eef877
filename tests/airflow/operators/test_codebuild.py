"""The CodeBuild operator outside of a release: starts once, waits in the triggerer, says why it failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from fake_codebuild import FakeCodeBuild, error

from release_ops.clients.codebuild import CodeBuildClient, CodeBuildErroredError
from release_ops.domain.errors import ErroredError
from release_ops.links.codebuild import CodeBuildBuildLink, CodeBuildLogLink
from release_ops.operators.codebuild import CodeBuildStartBuildOperator
from release_ops.triggers.codebuild import CodeBuildBuildTrigger

COMMIT = "c0ffee" + "0" * 34


@dataclass
class Bench:
    """An operator with a CodeBuild in memory, and the context that Airflow would give it."""

    monkeypatch: pytest.MonkeyPatch
    aws: FakeCodeBuild = field(default_factory=FakeCodeBuild)
    store: dict[str, str] = field(default_factory=dict)
    max_tries: int = 2
    xcom: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    endpoint_url: str = "https://codebuild.eu-west-1.amazonaws.com"

    def operator(self) -> CodeBuildStartBuildOperator:
        """Another try: a new process would make a new operator."""
        operator = CodeBuildStartBuildOperator(
            task_id="build",
            project_name="orders-staging",
            source_version=COMMIT,
            environment_variables={"STAGE": "staging"},
            retries=2,
            **self.options,
        )
        hook = SimpleNamespace(
            builds=CodeBuildClient(self.aws),
            logs=None,
            conn_region_name="eu-west-1",
            conn_partition="aws",
            endpoint_url=self.endpoint_url,
        )
        self.monkeypatch.setitem(operator.__dict__, "hook", hook)
        return operator

    @property
    def context(self) -> dict[str, Any]:
        ti = SimpleNamespace(
            dag_id="d",
            run_id="r",
            task_id="build",
            map_index=-1,
            max_tries=self.max_tries,
            try_number=1,
            xcom_push=self._push,
        )
        store = SimpleNamespace(get=self.store.get, set=self.store.__setitem__)
        return {"ti": ti, "task_state_store": store, "run_id": "r"}

    def _push(self, key: str, value: Any) -> None:
        self.xcom[key] = value

    def kill(self, operator: CodeBuildStartBuildOperator, state: str | None) -> None:
        """End the task's process, while Airflow holds `state` of the task."""
        answer = {"r": {"build": state}}
        self.monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", lambda **_: answer)
        operator.on_kill()

    def ended(self, state: str | None) -> None:
        """A try whose process is ended just after it started its build."""
        operator = self.operator()
        with pytest.raises(TaskDeferred):
            operator.execute(self.context)
        self.kill(operator, state)

    def deferred(self) -> TaskDeferred:
        with pytest.raises(TaskDeferred) as deferral:
            self.operator().execute(self.context)
        return deferral.value


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


def test_it_waits_in_the_triggerer_and_outlives_codebuilds_own_time_outs(bench: Bench) -> None:
    deferral = bench.deferred()
    assert isinstance(deferral.trigger, CodeBuildBuildTrigger)
    assert deferral.trigger.build_id == "orders-staging:1"
    assert deferral.method_name == "execute_complete"
    assert deferral.timeout > timedelta(hours=2)


def test_a_build_that_succeeds_leaves_its_facts(bench: Bench) -> None:
    bench.deferred()
    bench.aws.end("orders-staging:1", "SUCCEEDED")
    result = bench.operator().execute_complete(bench.context, {"status": "success"})
    assert result["build_id"] == "orders-staging:1"
    assert result["commit"] == COMMIT
    assert result["status"] == "SUCCEEDED"


@pytest.mark.parametrize("status", ["FAILED", "STOPPED", "TIMED_OUT"])
def test_a_bad_end_fails_without_retries_whatever_the_event_says(bench: Bench, status: str) -> None:
    bench.deferred()
    bench.aws.end("orders-staging:1", status)
    with pytest.raises(AirflowFailException, match=f"orders-staging:1 is {status}"):
        bench.operator().execute_complete(bench.context, {"status": "success"})


@pytest.mark.parametrize("status", ["FAULT", "BRAND_NEW"])
def test_a_fault_of_the_machinery_is_retried(bench: Bench, status: str) -> None:
    bench.deferred()
    bench.aws.end("orders-staging:1", status)
    with pytest.raises(ErroredError):
        bench.operator().execute_complete(bench.context, {"status": "error"})


def test_a_stale_event_passes_nothing(bench: Bench) -> None:
    bench.deferred()
    with pytest.raises(ErroredError, match="still runs"):
        bench.operator().execute_complete(bench.context, {"status": "success"})


def test_another_commit_than_the_one_asked_is_a_failure(bench: Bench) -> None:
    bench.deferred()
    bench.aws.build("orders-staging:1")["resolvedSourceVersion"] = "f" * 40
    bench.aws.end("orders-staging:1", "SUCCEEDED")
    with pytest.raises(AirflowFailException, match=f"asked was {COMMIT}"):
        bench.operator().execute_complete(bench.context)


def test_a_retry_waits_for_the_same_build_and_a_clear_starts_another(bench: Bench) -> None:
    bench.deferred()
    assert bench.deferred().trigger.build_id == "orders-staging:1"
    bench.max_tries = 5
    assert bench.deferred().trigger.build_id == "orders-staging:2"
    assert bench.aws.build("orders-staging:1")["buildStatus"] == "STOPPED"


def test_a_retry_after_the_build_ended_needs_no_second_wait(bench: Bench) -> None:
    bench.deferred()
    bench.aws.end("orders-staging:1", "SUCCEEDED")
    assert bench.operator().execute(bench.context)["build_id"] == "orders-staging:1"


def test_it_waits_behind_somebody_elses_build_and_never_stops_it(bench: Bench) -> None:
    bench.aws.start_build(
        projectName="orders-staging", sourceVersion="x", idempotencyToken="y", environmentVariablesOverride=[]
    )
    deferral = bench.deferred()
    assert deferral.method_name == "execute"
    assert deferral.trigger.cancel_on_kill is False
    assert len(bench.aws.builds) == 1


def test_a_full_account_is_waited_for_not_failed(bench: Bench) -> None:
    bench.aws.raises["StartBuild"] = error(
        "StartBuild", "AccountLimitExceededException", "Cannot have more than 1"
    )
    deferral = bench.deferred()
    assert isinstance(deferral.trigger, DateTimeTrigger)
    assert deferral.method_name == "execute"


def test_a_project_that_does_not_exist_fails_in_a_sentence(bench: Bench) -> None:
    bench.aws.projects = ()
    with pytest.raises(AirflowFailException, match="project orders-staging does not exist in this account"):
        bench.operator().execute(bench.context)


def test_throttling_is_retried(bench: Bench) -> None:
    bench.aws.raises["StartBuild"] = error("StartBuild", "ThrottlingException", "Rate exceeded")
    with pytest.raises(CodeBuildErroredError):
        bench.operator().execute(bench.context)


def test_no_commit_is_refused_before_aws_is_asked(bench: Bench) -> None:
    operator = bench.operator()
    operator.source_version = ""
    with pytest.raises(AirflowFailException, match="source_version is empty"):
        operator.execute(bench.context)
    assert "StartBuild" not in bench.aws.calls


CONSOLE = "https://console.aws.amazon.com/codesuite/codebuild/111111111111/projects/orders-staging/build"
LOG = "https://console.aws.amazon.com/cloudwatch/home#logEvent"


@pytest.mark.parametrize(
    ("endpoint_url", "build", "log"),
    [
        pytest.param(
            "https://codebuild.eu-west-1.amazonaws.com",
            f"{CONSOLE}/orders-staging%3A1/?region=eu-west-1",
            LOG,
            id="the console",
        ),
        pytest.param(
            "https://vpce-0a1b.codebuild.eu-west-1.vpce.amazonaws.com",
            f"{CONSOLE}/orders-staging%3A1/?region=eu-west-1",
            LOG,
            id="the console, though calls go to a private address",
        ),
        pytest.param(
            "http://127.0.0.1:5100",
            "http://127.0.0.1:5100/_sandbox/builds/orders-staging%3A1",
            "http://127.0.0.1:5100/_sandbox/builds/orders-staging%3A1",
            id="the sandbox's own page",
        ),
    ],
)
def test_the_links_lead_to_where_the_build_is(bench: Bench, endpoint_url: str, build: str, log: str) -> None:
    bench.endpoint_url = endpoint_url
    bench.deferred()
    for link, expected in ((CodeBuildBuildLink(), build), (CodeBuildLogLink(), log)):
        assert link.format_link(**{**bench.xcom[link.key], "log_link": LOG}) == expected


@pytest.mark.parametrize("state", ["running", None], ids=["outage", "nobody says"])
def test_a_worker_that_is_told_to_stop_leaves_the_build_alone(bench: Bench, state: str | None) -> None:
    bench.ended(state)
    assert "StopBuild" not in bench.aws.calls


@pytest.mark.parametrize("state", ["failed", "success"])
def test_the_build_of_a_running_task_that_is_marked_is_stopped(bench: Bench, state: str) -> None:
    bench.ended(state)
    assert bench.aws.build("orders-staging:1")["buildStatus"] == "STOPPED"
    assert f"its task was marked {state}" in bench.store["codebuild-stop-1"]


def test_a_build_that_may_not_be_cancelled_goes_on_whatever_is_marked(bench: Bench) -> None:
    bench.options = {"cancel_on_kill": False}
    bench.ended("failed")
    assert "StopBuild" not in bench.aws.calls


def test_a_mark_that_comes_in_the_middle_of_the_start_stops_what_was_started(bench: Bench) -> None:
    operator = bench.operator()
    started = bench.aws.start_build

    def interrupted(**request: Any) -> dict[str, Any]:
        answer = started(**request)
        bench.kill(operator, "failed")
        return answer

    bench.monkeypatch.setattr(bench.aws, "start_build", interrupted)
    with pytest.raises(TaskDeferred):
        operator.execute(bench.context)
    assert bench.aws.build("orders-staging:1")["buildStatus"] == "STOPPED"


def test_a_task_that_was_cleared_while_it_ran_builds_again_although_airflow_counts_no_clear(
    bench: Bench,
) -> None:
    bench.ended("restarting")
    assert "StopBuild" not in bench.aws.calls
    assert bench.deferred().trigger.build_id == "orders-staging:2"
    assert bench.aws.build("orders-staging:1")["buildStatus"] == "STOPPED"
    assert bench.deferred().trigger.build_id == "orders-staging:2", "a retry after it builds nothing"


def test_blocking_mode_waits_in_the_worker_and_shows_the_log(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.options = {"deferrable": False, "waiter_delay": 1}
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        bench.aws.raises.clear()
        if len(naps) == 1:
            bench.aws.raises["BatchGetBuilds"] = error(
                "BatchGetBuilds", "ThrottlingException", "Rate exceeded"
            )
        if len(naps) == 3:
            bench.aws.end("orders-staging:1", "SUCCEEDED")

    monkeypatch.setattr("release_ops.operators.blocking_wait.time.sleep", nap)
    assert bench.operator().execute(bench.context)["status"] == "SUCCEEDED"
    assert naps == [1, 2, 1], "while AWS throttles, looks come less often"
    assert "Rate exceeded). The build goes on" in capsys.readouterr().out


def test_blocking_mode_waits_for_room_without_spending_a_retry(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.options = {"deferrable": False}
    bench.aws.raises["StartBuild"] = error("StartBuild", "AccountLimitExceededException", "Cannot have more")

    def nap(seconds: float) -> None:
        bench.aws.raises.clear()
        for build in bench.aws.builds:
            bench.aws.end(build["id"], "SUCCEEDED")

    monkeypatch.setattr("time.sleep", nap)
    assert bench.operator().execute(bench.context)["status"] == "SUCCEEDED"


def test_what_a_build_made_and_how_long_it_took_is_left_for_the_tasks_after_it(bench: Bench) -> None:
    bench.deferred()
    bench.aws.build("orders-staging:1").update(
        artifacts={"location": "arn:aws:s3:::b/k.zip", "sha256sum": "5e1f"},
        phases=[{"phaseType": "BUILD", "phaseStatus": "SUCCEEDED", "durationInSeconds": 41}],
        exportedEnvironmentVariables=[{"name": "RELEASE_URL", "value": "https://x"}],
    )
    bench.aws.end("orders-staging:1", "SUCCEEDED")
    left = bench.operator().execute_complete(bench.context)
    assert left["artifact"] == "arn:aws:s3:::b/k.zip"
    assert left["artifact_sha256"] == "5e1f"
    assert left["phases"] == {"BUILD": 41.0}
    assert left["exported"] == {"RELEASE_URL": "https://x"}
