"""Stops the build of a deferred task that a person marked, from the API server where the mark is made.

The trigger does that, too. But a mark that comes in the second between a task's deferral and its trigger's
start finds no trigger to tell: Airflow throws it away before it ran (seen with Airflow 3.3.2, for half a
minute where the triggerer was busy). Whoever comes second finds the build stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Thread
from typing import Any

from airflow.listeners import hookimpl

# Every task's process loads this file, so what it needs elsewhere is imported where it is used.
_log = logging.getLogger(__name__)

OURS = ("release_ops.triggers.codebuild.", "release_ops.triggers.release_build.")


@hookimpl
def on_task_instance_failed(previous_state: object, task_instance: Any, error: object) -> None:
    """Airflow calls this for a person's mark with its own record of the task, in the API server."""
    _stop_build_of(task_instance, "failed")


@hookimpl
def on_task_instance_success(previous_state: object, task_instance: Any) -> None:
    """As above: a build whose task is marked successful is not waited for, and proves nothing."""
    _stop_build_of(task_instance, "success")


def _stop_build_of(task_instance: Any, state: str) -> None:
    # A task's own process calls these hooks as well when the task ends; what it has there knows no trigger.
    trigger = getattr(task_instance, "trigger", None)
    if trigger is None or not trigger.classpath.startswith(OURS) or not trigger.kwargs["cancel_on_kill"]:
        return
    marked = _Mark(task_instance.dag_id, task_instance.run_id, state, task_instance.note or "")
    # In a thread: the person who clicked does not wait for AWS, and AWS's refusal is not their error.
    Thread(target=_stop, args=(trigger.classpath, dict(trigger.kwargs), marked), daemon=True).start()


@dataclass(frozen=True)
class _Mark:
    dag_id: str
    run_id: str
    state: str
    note: str


def _stop(classpath: str, arguments: Mapping[str, Any], marked: _Mark) -> None:
    from importlib import import_module

    module, _, name = classpath.rpartition(".")
    waiting = getattr(import_module(module), name)(**arguments)
    try:
        waiting.hook().builds.stop(waiting.build_id)
        by = _who(marked)
        waiting.record_stop(f"its task was marked {marked.state}", by=by, note=marked.note)
    except Exception:  # noqa: BLE001 - whatever keeps AWS from being asked, the trigger asks again
        _log.exception("Build %s was not stopped from here; its trigger will try", waiting.build_id)
    else:
        _log.warning("Stopped build %s: its task was marked %s by %s", waiting.build_id, marked.state, by)


def _who(marked: _Mark) -> str:
    """Return who made the newest mark in this run: Airflow's audit log has it before the mark is made."""
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import or_, select

    marks = or_(Log.event.like("patch%"), Log.event.like("bulk%"))
    newest = (
        select(Log.owner)
        .where(Log.dag_id == marked.dag_id, Log.run_id == marked.run_id, marks)
        .order_by(Log.id.desc())
        .limit(1)
    )
    with create_session() as session:
        return session.scalar(newest) or "unknown"
