"""Runs a build's commands in bash, with process groups that can be killed and state that survives."""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from sandbox.codebuild.phases import Status

_RUN_COMMAND = Path(__file__).with_name("run_command.bash")
Sink = Callable[[str], None]


class Cancellation:
    """Ends a build from outside: StopBuild, a timeout, the sandbox's own end.

    The first reason stands. What the build runs, now or by a race a moment later, is killed by group."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._groups: set[int] = set()
        self.requested = threading.Event()
        self.reason: Status | None = None

    def cancel(self, reason: Status) -> None:
        with self._lock:
            if self.reason is None:
                self.reason = reason
            self.requested.set()
            for group in self._groups:
                kill_group(group)

    def start(
        self, command: list[str], cwd: Path, environment: Mapping[str, str]
    ) -> "subprocess.Popen[bytes] | None":
        """Start a process in a group of its own, unless the build is over."""
        with self._lock:
            if self.reason is not None:
                return None
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._groups.add(process.pid)
            return process

    def ended(self, group: int) -> None:
        """Forget a group that is empty; what a command left running in the background stays known."""
        with self._lock:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                self._groups.discard(group)
            except PermissionError:
                pass  # what is left runs as somebody else

    def kill_leftovers(self) -> None:
        with self._lock:
            for group in self._groups:
                kill_group(group)
            self._groups.clear()


def kill_group(group: int) -> None:
    # It may have ended by itself in the meantime.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


class Shell:
    """Where one build's commands run."""

    def __init__(
        self, work: Path, source: Path, environment: Mapping[str, str], cancellation: Cancellation
    ) -> None:
        self._work = work
        self._source = source
        self._environment = dict(environment)
        self._cancellation = cancellation
        self._count = 0
        self.keeps_state = True
        self.succeeding = True

    @property
    def _state(self) -> Path:
        return self._work / "shell-state"

    def run(self, command: str, sink: Sink) -> int:
        """Run a command and return its exit status; its output goes to the sink, line by line."""
        self._count += 1
        script = self._work / f"command-{self._count}.bash"
        script.write_text(command + "\n")
        if not self.keeps_state:
            self._state.unlink(missing_ok=True)
        # Later commands take everything from the state, or a variable that was unset would come back.
        environment = {} if self._state.exists() else self._environment
        environment = {**environment, "CODEBUILD_BUILD_SUCCEEDING": "1" if self.succeeding else "0"}
        arguments = ["/bin/bash", str(_RUN_COMMAND), str(self._state), str(script)]
        process = self._cancellation.start(arguments, self._source, environment)
        if process is None:
            return 128 + signal.SIGKILL
        status = _wait(process, sink)
        self._cancellation.ended(process.pid)
        return status

    def expand(self, text: str) -> str:
        """A text with the variables and commands in it expanded, as an artifact's name may have them."""
        printed = self._work / "expanded"
        self.run(f"printf %s \"{text}\" > '{printed}'", lambda line: None)
        return printed.read_text() if printed.exists() else text

    def exported(self) -> dict[str, str]:
        """The environment that a next command would see."""
        printed = self._work / "environment"
        self.run(f"env -0 > '{printed}'", lambda line: None)
        if not printed.exists():
            return {}
        pairs = printed.read_bytes().decode(errors="replace").split("\0")
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


def _wait(process: "subprocess.Popen[bytes]", sink: Sink) -> int:
    """Wait for the command itself: what it left in the background may hold its output open for ever."""
    assert process.stdout is not None  # noqa: S101 - it was asked for with PIPE
    reader = threading.Thread(target=_pump, args=(process.stdout, sink), daemon=True)
    reader.start()
    status = process.wait()
    reader.join(timeout=0.5)
    return status


def _pump(stream: IO[bytes], sink: Sink) -> None:
    with stream:
        for line in stream:
            sink(line.decode(errors="replace").rstrip("\r\n"))
