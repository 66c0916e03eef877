"""Stops the build of a deferred task that a person marked, from the API server where the mark is made.

The trigger does that, too. But a mark that comes in the second between a task's deferral and its trigger's
start finds no trigger to tell: Airflow throws it away before it ran (seen with Airflow 3.3.2, for half a
minute where the triggerer was busy). Whoever comes second finds the build stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
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
    # In a thread: the person who clicked does not wait for AWS, and AWS's refusal is not their error.
    Thread(target=_stop, args=(trigger.classpath, dict(trigger.kwargs), state), daemon=True).start()


def _stop(classpath: str, arguments: Mapping[str, Any], state: str) -> None:
    from importlib import import_module

    module, _, name = classpath.rpartition(".")
    waiting = getattr(import_module(module), name)(**arguments)
    try:
        waiting.hook().builds.stop(waiting.build_id)
        waiting.record_stop(f"its task was marked {state}")
    except Exception:  # noqa: BLE001 - whatever keeps AWS from being asked, the trigger asks again
        _log.exception("Build %s was not stopped from here; its trigger will try", waiting.build_id)
    else:
        _log.warning("Stopped build %s: its task was marked %s", waiting.build_id, state)
