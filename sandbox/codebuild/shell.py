"""Runs a build's commands, with process groups that can be killed and state that survives."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import IO

from sandbox.codebuild.phases import Status

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
    """Where one build's commands run: each in a script, in the environment that the one before it left.

    AWS does it this way, and it shows. Variables survive, exported or not, because `set -a` exports them all.
    Functions, arrays (https://github.com/aws/aws-cdk/issues/26694) and options such as `set -e` are lost, and
    so is what a command changed that ends by `exit`. Its script is not public, but a command is on its
    line 4, as in AWS's runner for CodeCatalyst: command-runner/pkg/runner/container_executor.go in
    https://github.com/aws/codecatalyst-runner-cli."""

    def __init__(
        self, work: Path, source: Path, environment: Mapping[str, str], cancellation: Cancellation
    ) -> None:
        self._work = work
        self._source = source
        self._environment = dict(environment)
        self._cancellation = cancellation
        self.interpreter: Sequence[str] = interpreter(None, "")
        self.keeps_state = True
        self.succeeding = True

    def run(self, command: str, sink: Sink) -> int:
        """Run a command and return its exit status; its output goes to the sink, line by line."""
        script = self._work / "script.sh"
        # A new file: what the command before it left in the background may still read the old one.
        script.unlink(missing_ok=True)
        script.write_text(self._script(command))
        # Later commands take everything from the state, or a variable that was unset would come back.
        environment = {} if self._state.exists() else self._environment
        process = self._cancellation.start([*self.interpreter, str(script)], self._source, environment)
        if process is None:
            return 128 + signal.SIGKILL
        status = _wait(process, sink)
        self._cancellation.ended(process.pid)
        return status

    def expand(self, text: str) -> str:
        """A text with the variables and commands in it expanded, as an artifact's name may have them."""
        printed = self._work / "expanded"
        self.run(f'printf %s "{text}" > {quote(str(printed))}', lambda line: None)
        return printed.read_text() if printed.exists() else text

    def exported(self) -> dict[str, str]:
        """The environment that a next command would see."""
        printed = self._work / "environment"
        # By its path: the build may have set a PATH that leads nowhere.
        self.run(f"/usr/bin/env -0 > {quote(str(printed))}", lambda line: None)
        if not printed.exists():
            return {}
        pairs = printed.read_bytes().decode(errors="replace").split("\0")
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    @property
    def _state(self) -> Path:
        return self._work / "env.sh"

    @property
    def _folder(self) -> Path:
        return self._work / "dir.txt"

    def _script(self, command: str) -> str:
        succeeding = f"CODEBUILD_BUILD_SUCCEEDING={int(self.succeeding)}"
        state, folder = quote(str(self._state)), quote(str(self._folder))
        here = self._folder.read_text().removesuffix("\n") if self._folder.exists() else str(self._source)
        restore = f". {state}; " if self._state.exists() else ""
        keep = [f"export -p > {state}", f"pwd > {folder}"] if self.keeps_state else []
        lines = [f"cd {quote(here)}", "set -a", restore + succeeding, command]
        lines += ["CODEBUILD_LAST_EXIT=$?", *keep, "exit $CODEBUILD_LAST_EXIT"]
        return "\n".join(lines) + "\n"


def interpreter(tag: str | None, image: str) -> tuple[str, ...]:
    """The shell that runs a build's commands: what the buildspec asks for, or the image's /bin/sh.

    In Amazon Linux that is bash, which keeps to POSIX then but knows arrays and `[[`. In Ubuntu it is dash,
    and for an image that nobody knows, too: it is the strictest, and what passes here must pass there."""
    if tag == "bash":
        return ("/bin/bash",)
    if image.startswith(("aws/codebuild/amazonlinux", "aws/codebuild/lambda")):
        return "/bin/bash", "--posix"
    return (shutil.which("dash", path="/bin:/usr/bin:/usr/local/bin") or "/bin/sh",)


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
