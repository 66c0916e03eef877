"""SIGKILL for the processes of a running Airflow: which there are, and one of them chosen by a seed."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import psutil
from releases import DAG, OVER, POLL, Platform, Release

from rehearsal.airflow_api import AirflowApiError

AnswerT = TypeVar("AnswerT")

KINDS = ("task", "worker", "scheduler", "triggerer", "api-server")
# An executor's worker carries the id of its task instance in its title; the task's own process is its child.
BUSY_WORKER = re.compile(r"airflow worker -- LocalExecutor: (?P<id>[0-9a-f-]{36})")
LIFE_OF_A_TASK = 4.0
"""Seconds that a task's process lives for; which of its instructions is hit, chance decides."""

# As in production, but that a death is noticed in half a minute rather than in five.
NOTICED_SOON = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "15",
}


@dataclass(frozen=True)
class Victim:
    process: psutil.Process
    instance: str = ""
    """The id of the task instance that it works on."""


@dataclass
class Faults:
    """Kills parts of the Airflow under one release, at moments and in an order that `chance` chooses."""

    platform: Platform
    release: Release
    chance: random.Random
    done: list[str] = field(default_factory=list)
    """What was killed, and when, for whoever has to understand a failure."""

    def strike(self, kinds: tuple[str, ...], *, within: float) -> None:
        """Kill one of each kind in the next `within` seconds, or as soon after its moment as there is one."""
        began = time.monotonic()
        moments = sorted(self.chance.uniform(0, within) for _ in kinds)
        for kind, moment in zip(self.chance.sample(kinds, len(kinds)), moments, strict=True):
            time.sleep(max(0.0, began + moment - time.monotonic()))
            what = self._kill(kind)
            self.done.append(f"{time.monotonic() - began:.1f} s: {what}")

    def _kill(self, kind: str) -> str:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            victim = self._choose(kind)
            if victim is None:
                assert self.release_state() not in OVER, f"the release was over before a {kind} was killed"
                time.sleep(0.1)
                continue
            if victim.instance:
                time.sleep(self.chance.uniform(0, LIFE_OF_A_TASK))
            with suppress(psutil.NoSuchProcess):
                victim.process.kill()
                return f"{kind} {self._task_id(victim)}".rstrip()
        raise AssertionError(f"there was no {kind} to kill in two minutes")

    def _choose(self, kind: str) -> Victim | None:
        if kind not in ("task", "worker"):
            process = self.platform.stack.component(kind)
            return Victim(process) if process else None
        workers = list(self._busy_workers())
        victims = workers if kind == "worker" else [task for worker in workers for task in tasks_of(worker)]
        return self.chance.choice(victims) if victims else None

    def _busy_workers(self) -> Iterator[Victim]:
        # Never an idle one: it waits with the lock of the executor's queue in its hands, and with it
        # LocalExecutor is dead for good, whatever DAG runs on it.
        scheduler = self.platform.stack.component("scheduler")
        with suppress(psutil.NoSuchProcess):
            for process in scheduler.children() if scheduler else ():
                with suppress(psutil.NoSuchProcess):
                    if title := BUSY_WORKER.match(" ".join(process.cmdline())):
                        yield Victim(process, title["id"])

    def _task_id(self, victim: Victim) -> str:
        found = patiently(lambda: self.platform.api.task_instances(DAG, self.release.run_id))
        return next((task["task_id"] for task in found if task["id"] == victim.instance), "")

    def release_state(self) -> str:
        run = patiently(lambda: self.platform.api.run(DAG, self.release.run_id))
        return str(run["state"])

    def end(self, *, seconds: float) -> str:
        """Wait for the release, across whatever was killed; return the state it ends in."""
        deadline = time.monotonic() + seconds
        while (state := self.release_state()) not in OVER:
            self.platform.stack.check()
            assert time.monotonic() < deadline, f"{state} after {seconds} s: {self.release.states()}"
            time.sleep(POLL)
        return state


def tasks_of(worker: Victim) -> Iterator[Victim]:
    with suppress(psutil.NoSuchProcess):
        for child in worker.process.children():
            yield Victim(child, worker.instance)


def patiently(ask: Callable[[], AnswerT], *, seconds: float = 120) -> AnswerT:
    """Return Airflow's answer, across the restart of a killed API server."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except (httpx.TransportError, AirflowApiError) as error:
            if (isinstance(error, AirflowApiError) and error.is_refusal) or time.monotonic() > deadline:
                raise
            time.sleep(POLL)
