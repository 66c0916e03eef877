"""What a task's process learns of the person who ended it."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswerError
from threading import Thread
from typing import Any

from release_ops.hooks.task_state import own_state

CLEARED_WHILE_RUNNING = "restarting"
"""Airflow's state of a task that was cleared while it ran. Its `max_tries` stays what it was, so nothing
tells the next try from a retry, unless this one leaves word."""

TIME_TO_ASK = 3.0
"""Seconds; five after SIGTERM, Airflow kills the process."""


def state_now(ti: Any, within: float = TIME_TO_ASK) -> str | None:
    """Return the state that Airflow holds of a task whose process is being ended; None if nobody says.

    Asked in a thread: a signal handler interrupts the main thread anywhere, also while that holds the lock
    of the very connection that is needed here."""
    answer: Future[str | None] = Future()
    Thread(target=_ask, args=(ti, answer), daemon=True).start()
    try:
        return answer.result(timeout=within)
    except NoAnswerError:
        return None


def _ask(ti: Any, answer: Future[str | None]) -> None:
    try:
        answer.set_result(own_state(ti))
    except Exception:  # noqa: BLE001 - an API server that is away is no reason to stop anything
        answer.set_result(None)
