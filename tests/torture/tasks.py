"""A build task's process that dies, or stands still, at an instruction told beforehand."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import wire as wire_module
from wire import RemoteCodeBuild, RemoteS3, Wire

import release_ops
from release_ops.clients.build_starter import Behind, BuildRecords, BuildStarter, Step
from release_ops.clients.codebuild import CodeBuildClient
from release_ops.clients.ledger import Ledger
from release_ops.clients.release_records import ReleaseRecords
from release_ops.domain.build import BuildRequest, build_key
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import BuildResult

PROJECT = "orders-staging"
COMMIT = "c0ffee" + "0" * 34
STEP = ("orders", "staging.eu-west-1.build")
OURS = (str(Path(release_ops.__file__).parent), wire_module.__file__)
"""Where an instruction counts: in the package, and in what stands for boto3."""


class End(IntEnum):
    """How a task's process ended."""

    FINISHED = 0
    DEFERRED = 10
    WAITS = 11
    RAISED = 12
    KILLED = 13
    STANDS_STILL = 14


@dataclass(frozen=True)
class Blow:
    """What befalls a process: a signal that it sends itself at its n-th instruction; 0: none."""

    at: int = 0
    signal: signal.Signals = signal.SIGKILL


@dataclass(frozen=True)
class Place:
    """Which AWS a task's process finds, and which half of the protocol it leaves out."""

    address: str
    world: str
    without: str = ""

    def wire(self) -> Wire:
        return Wire(self.address, self.world)


class Records:
    """BuildRecords of the one step of a run, in the ledger."""

    NAMES = {"result": "build_result", "write_result": "write_build_result"}  # noqa: RUF012 - never changed

    def __init__(self, wire: Wire, run: str) -> None:
        self._release = ReleaseRecords(Ledger(RemoteS3(wire), "ledger"), run)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return partial(getattr(self._release, self.NAMES.get(name, name)), *STEP)


class NoWriteAhead(Records):
    """Writes the intent only when there is a build to save with it."""

    def write_intent(self, intent: BuildIntent) -> BuildIntent:
        return intent

    def write_build_id(self, intent: BuildIntent, build_id: str) -> str:
        self._release.write_intent(*STEP, intent)
        return self._release.write_build_id(*STEP, intent, build_id)


class NoLookUp(CodeBuildClient):
    """Never finds a build by its marker."""

    def since(self, project: str, moment: datetime) -> Iterator[Any]:
        return iter(())


def start(place: Place, run: str, blow: Blow) -> int:
    """Start one try of the run's task in a process of its own; return its pid."""
    pid = os.fork()
    if pid:
        return pid
    end = End.RAISED
    try:
        end = _carry_out(place, run, blow)
    except BaseException:  # noqa: BLE001 - the process ends here: said, and counted by its parent
        traceback.print_exc()
    finally:
        os._exit(end)


def wait_for(pid: int) -> End:
    """Return how a process ended, or that it stands still."""
    _, status = os.waitpid(pid, os.WUNTRACED)
    if os.WIFSTOPPED(status):
        return End.STANDS_STILL
    if os.WIFSIGNALED(status):
        return End.KILLED
    return End(os.WEXITSTATUS(status))


def _carry_out(place: Place, run: str, blow: Blow) -> End:
    wire = place.wire()
    client = (NoLookUp if place.without == "marker" else CodeBuildClient)(RemoteCodeBuild(wire))
    records: Any = (NoWriteAhead if place.without == "intent" else Records)(wire, run)
    tracer = Tracer(blow)
    sys.settrace(tracer.call)
    try:
        return _try(BuildStarter(client, records, wire.now), records, run)
    finally:
        sys.settrace(None)
        wire.world("note", instructions=tracer.instructions, requests=tracer.requests)


def _try(starter: BuildStarter, records: BuildRecords, run: str) -> End:
    """Do what the operator does: begin, then wait in the triggerer; or say how it ended."""
    progress = starter.ensure(step_of(run))
    if isinstance(progress, Behind):
        return End.WAITS
    intent, build = progress.intent, progress.build
    if build.status.is_running:
        return End.DEFERRED
    records.write_result(
        intent, BuildResult(build.id, intent.key, str(build.status), build.commit, build.ended_at)
    )
    return End.FINISHED


def step_of(run: str) -> Step:
    return Step(
        key=lambda generation: build_key(
            dag_id="d", run_id=run, task_id="build", map_index=-1, generation=generation
        ),
        request=lambda: BuildRequest(PROJECT, COMMIT, {"RELEASE_REGION": "eu-west-1"}),
        clears=0,
        keeps_success=False,
        before_start=lambda intent: None,
    )


class Tracer:
    """Counts the instructions of our code, and strikes at one of them."""

    def __init__(self, blow: Blow) -> None:
        self.instructions = 0
        self.requests: list[int] = []
        """At which instruction each request to AWS began."""
        self._blow = blow

    def call(self, frame: FrameType, event: str, argument: Any) -> Any:
        if not frame.f_code.co_filename.startswith(OURS):
            return None
        if frame.f_code is Wire.call.__code__:
            self.requests.append(self.instructions)
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._instruction

    def _instruction(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "opcode":
            self.instructions += 1
            if self.instructions == self._blow.at:
                os.kill(os.getpid(), self._blow.signal)
        return self._instruction
