"""A triggerer that stands still for longer than Airflow waits for one, and then goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from faults import patiently
from releases import DAG, POLL, Platform, Release

from rehearsal.platform import commit
from rehearsal.ports import free_ports

HELD = "backoffice"
HELD_BUILD = f"{HELD}.staging.eu-west-1.build"
STANDSTILL = 45.0
"""Seconds: three times as long as a triggerer may be silent here before another takes its triggers."""
TWO_HEARTBEATS = 5.0
TIME_TO_STOP = 10.0
"""Seconds in which a build that was wrongly taken for cancelled would have been stopped."""


def hold(platform: Platform, go: Path) -> None:
    """Let builds of one service last until there is a file."""
    makefile = f"build:\n\tuntil [ -e {go} ]; do sleep 1; done\n\tsh build.sh dist\n\ntest:\n\ttrue\n"
    commit(platform.stack.sandbox_url, platform.catalog, HELD, "Take our time", {"Makefile": makefile})


def stand_still(release: Release) -> None:
    """Stop the triggerer that waits for the held build until another does, and let it go on.

    Returns when the first one has dealt with what it was told meanwhile."""
    stack = release.platform.stack
    until(lambda: _lives(release), seconds=180)
    first = _waits_with(release)["id"]
    process = stack.component("triggerer")
    assert process is not None
    processes = [process, *process.children(recursive=True)]
    port = str(free_ports(1)[0])
    stack.start_component(
        "triggerer",
        name="second triggerer",
        environment={"AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": port},
    )
    since = time.monotonic()
    _each(processes, psutil.Process.suspend)
    try:
        until(lambda: _waits_with(release).get("id", first) != first, seconds=120)
        time.sleep(max(0.0, since + STANDSTILL - time.monotonic()))
    finally:
        _each(processes, psutil.Process.resume)
    # Airflow cancels the trigger, calls its on_kill, and closes its log within a second.
    until(lambda: "trigger completed" in _log_of_the_held_build(release, first), seconds=60)
    time.sleep(TIME_TO_STOP)


def _log_of_the_held_build(release: Release, job: int) -> str:
    """Return what one triggerer wrote about it."""
    logs = release.platform.stack.settings.home / "logs"
    files = logs.glob(f"dag_id={DAG}/run_id={release.run_id}/task_id={HELD_BUILD}/*.trigger.{job}.log")
    return "".join(file.read_text() for file in files)


def until(is_it: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_it():
        assert time.monotonic() < deadline, f"it did not come in {seconds:.0f} s"
        time.sleep(POLL)


def _waits_with(release: Release) -> dict[str, Any]:
    """Return the triggerer's job with which the held build's task waits; empty as long as it does not."""
    tasks = patiently(lambda: release.platform.api.task_instances(DAG, release.run_id))
    held = next(task for task in tasks if task["task_id"] == HELD_BUILD)
    return (held["state"] == "deferred" and held["triggerer_job"]) or {}


def _lives(release: Release) -> bool:
    """Say whether the held build is waited for by a triggerer whose heart beats: another may have died."""
    before = _waits_with(release)
    time.sleep(TWO_HEARTBEATS)
    after = _waits_with(release)
    same = before.get("id") is not None and before["id"] == after.get("id")
    return bool(same and after["latest_heartbeat"] > before["latest_heartbeat"])


def _each(processes: list[psutil.Process], act: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        act(process)
