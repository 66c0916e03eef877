"""The rehearsal's side of the supervisor: give it processes to keep alive, hear what became of them."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import psutil

from rehearsal.errors import RehearsalError

STOP_SECONDS = 30.0
CHECKOUT = Path(__file__).resolve().parent.parent


class ComponentDiedError(RehearsalError):
    """A component that a rehearsal cannot do without ended, more often than it is started again."""


@dataclass(frozen=True)
class Component:
    """A process to keep alive, and how often it may be started again when it ends by itself."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    directory: Path = CHECKOUT
    restarts: int = 3


class Supervision:
    """Context manager around one supervisor; everything that it started is gone when it closes.

    `tell` hears one sentence for each unexpected death that is mended, from another thread; `check` raises
    for one that is not."""

    def __init__(self, *, logs: Path, tell: Callable[[str], None]) -> None:
        # Each component leads a session of its own, and what it starts stays in it.
        self.sessions: dict[int, str] = {}
        self._logs = logs
        self._tell = tell
        self._given_up: list[str] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / "supervisor.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "rehearsal.supervisor"],
                cwd=CHECKOUT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # Ctrl-C reaches a terminal's whole foreground group; who started us decides what it means.
                start_new_session=True,
            )
        # Pipes, as asked for above; Popen's type cannot know.
        self._orders = cast("IO[bytes]", self._process.stdin)
        self._reports = cast("IO[bytes]", self._process.stdout)
        self._reader = threading.Thread(target=self._read_reports, name="supervision", daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, component: Component) -> None:
        order = {
            "name": component.name,
            "argv": list(component.argv),
            "environment": dict(component.environment),
            "directory": str(component.directory),
            "log": str(self.log(component.name)),
            "restarts": component.restarts,
        }
        self._orders.write(json.dumps({"start": order}).encode() + b"\n")
        self._orders.flush()

    def process(self, name: str) -> psutil.Process | None:
        """Return a component's process, if it runs now."""
        pids = [pid for pid, started in self.sessions.items() if started == name]
        try:
            process = psutil.Process(pids[-1]) if pids else None
        except psutil.NoSuchProcess:
            return None
        return process if process and is_alive(process) else None

    def log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def check(self) -> None:
        """Raise if a component is gone for good."""
        if self._given_up:
            raise ComponentDiedError(self._given_up[0])
        if self._process.poll() is not None:
            raise ComponentDiedError(f"the supervisor ended; see {self._logs / 'supervisor.log'}")

    def stop(self) -> None:
        with suppress(OSError):
            self._orders.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        # Only if the supervisor itself was killed is there anything left to find.
        kill_sessions(self.sessions)
        self._reports.close()

    def _read_reports(self) -> None:
        for line in self._reports:
            message = json.loads(line)
            if message["event"] == "started":
                self.sessions[message["pid"]] = message["name"]
            sentence = sentence_for(message)
            if sentence is None:
                continue
            if sentence.is_final:
                # Said by whoever checks: it ends the rehearsal.
                self._given_up.append(sentence.text)
            else:
                self._tell(sentence.text)


@dataclass(frozen=True)
class Sentence:
    text: str
    is_final: bool


def sentence_for(report: Mapping[str, Any]) -> Sentence | None:
    """Return what a person should hear of a supervisor's report, if anything."""
    name, event = report["name"], report["event"]
    if event == "restarting":
        return Sentence(
            f"{name} ended unexpectedly ({how(report['exit_status'])}); "
            f"starting it again ({report['attempt']} of {report['of']}). Its log: {report['log']}",
            is_final=False,
        )
    if event == "gave_up":
        return Sentence(
            f"{name} ended unexpectedly ({how(report['exit_status'])}) and is not started again. "
            f"Its log says why: {report['log']}",
            is_final=True,
        )
    return None


def how(exit_status: int) -> str:
    return f"signal {-exit_status}" if exit_status < 0 else f"exit status {exit_status}"


def cpu_seconds(sessions: Mapping[int, str]) -> dict[str, float]:
    """Return the processor time of each component so far, its children's included."""
    spent = dict.fromkeys(sessions.values(), 0.0)
    for process in in_sessions(sessions):
        with suppress(psutil.Error, ProcessLookupError):
            times = process.cpu_times()
            name = sessions[os.getsid(process.pid)]
            # A child counts for itself while it lives, and in its parent's times afterwards.
            spent[name] += times.user + times.system + times.children_user + times.children_system
    return spent


def in_sessions(sessions: Collection[int]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(process.pid) in sessions:
                found.append(process)
    return found


def kill_sessions(sessions: Collection[int]) -> None:
    while processes := [each for each in in_sessions(sessions) if is_alive(each)]:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=1)


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
