"""The stack itself, without a sandbox: supervised while it runs, and gone however its owner ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

pytestmark = pytest.mark.e2e

CHECKOUT = Path(__file__).resolve().parents[2]
# Stops as `make demo` does; says, a line each, where it is and what a person would be told.
OWNER = """
import json, pathlib, sys, time
from rehearsal.interruption import Interrupted, raise_when_asked_to_stop
from rehearsal.stack import Stack

def say(what, **details):
    print(json.dumps({"what": what, **details}), flush=True)

raise_when_asked_to_stop()
directory = pathlib.Path(sys.argv[1])
stack = Stack(directory, dags_folder=directory, tell=lambda sentence: say("told", sentence=sentence))
try:
    say("starting")
    with stack:
        say("up", url=stack.url)
        while True:
            stack.check()
            time.sleep(0.2)
except Interrupted:
    say("stopped", seconds=stack.timings.steps[-1].seconds)
"""


class Owner:
    """A process with a stack in it, as a test follows it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def hear(self, what: str) -> dict[str, Any]:
        """Return the next thing of that name that it says."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            said: dict[str, Any] = json.loads(line)
            if said["what"] == what:
                return said
        raise AssertionError(f"ended without saying {what!r}")

    def everything(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def component(self, name: str) -> psutil.Process | None:
        for process in self.everything():
            with suppress(psutil.Error):  # it may have ended since it was listed
                if process.cmdline()[-1:] == [name]:
                    return process
        return None


@contextmanager
def owner_of_a_stack(directory: Path) -> Iterator[Owner]:
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(directory)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    ) as process:
        try:
            yield Owner(process)
        finally:
            process.kill()


def until(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if _is_alive(each)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_killed_component_comes_back_and_a_stop_leaves_nothing(tmp_path: Path) -> None:
    with owner_of_a_stack(tmp_path) as owner:
        url = owner.hear("up")["url"]
        triggerer = owner.component("triggerer")
        assert triggerer is not None
        triggerer.kill()
        assert "triggerer ended unexpectedly (signal 9); starting it again" in owner.hear("told")["sentence"]
        until(lambda: owner.component("triggerer") is not None, seconds=10)

        everything = owner.everything()
        assert len(everything) > 6
        owner.process.send_signal(signal.SIGTERM)
        assert owner.hear("stopped")["seconds"] < 20
        owner.process.wait(timeout=10)
        assert alive(everything) == []
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


def test_nothing_outlives_an_owner_that_was_killed_while_it_started(tmp_path: Path) -> None:
    with owner_of_a_stack(tmp_path) as owner:
        owner.hear("starting")
        until(lambda: len(owner.everything()) >= 5, seconds=60)
        everything = owner.everything()
        owner.process.kill()
        until(lambda: alive(everything) == [], seconds=30)
