"""A mark in Airflow's UI stops the build of a deferred task, though its trigger may never have run."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.listeners import cancel
from release_ops.triggers.codebuild import CodeBuildBuildTrigger


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which builds were stopped."""
    builds: list[str] = []
    monkeypatch.setattr(CodeBuildHook, "builds", SimpleNamespace(stop=builds.append))
    monkeypatch.setattr(cancel, "_who", lambda mark: "tester")
    return builds


def marked(trigger: Any) -> None:
    """A person marks a task that waits on this trigger; come back when all that follows is done."""
    before = set(threading.enumerate())
    task = SimpleNamespace(trigger=trigger, dag_id="d", run_id="r", note="Wrong week")
    cancel.on_task_instance_failed(None, task, "manually set to failed")
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


def stored(**options: Any) -> SimpleNamespace:
    classpath, kwargs = CodeBuildBuildTrigger(build_id="p:1", aws_conn_id=None, **options).serialize()
    return SimpleNamespace(classpath=classpath, kwargs=kwargs)


def test_the_build_of_a_deferred_task_that_is_marked_is_stopped(stopped: list[str]) -> None:
    marked(stored())
    assert stopped == ["p:1"]


def test_who_marked_it_and_their_note_are_on_record(
    stopped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    records: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(
        CodeBuildBuildTrigger, "record_stop", lambda self, reason, **told: records.append((reason, told))
    )
    marked(stored())
    assert records == [("its task was marked failed", {"by": "tester", "note": "Wrong week"})]


@pytest.mark.parametrize(
    "trigger",
    [
        pytest.param(stored(cancel_on_kill=False), id="a build that must end: production"),
        pytest.param(SimpleNamespace(classpath="airflow.x.DateTimeTrigger", kwargs={}), id="not ours"),
        pytest.param(None, id="not deferred"),
    ],
)
def test_nothing_else_is(stopped: list[str], trigger: Any) -> None:
    marked(trigger)
    assert stopped == []


def test_the_end_of_a_task_in_its_own_process_is_no_mark(stopped: list[str]) -> None:
    cancel.on_task_instance_success("running", SimpleNamespace(task_id="build"))
    assert stopped == []


def test_what_aws_refuses_is_in_the_log_and_nobodys_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(build_id: str) -> None:
        raise ConnectionError("no route")

    monkeypatch.setattr(CodeBuildHook, "builds", SimpleNamespace(stop=refuse))
    marked(stored())
    assert "Build p:1 was not stopped from here; its trigger will try" in caplog.text
