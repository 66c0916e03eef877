"""What dies is started again, what is stopped leaves nothing behind: with small processes for Airflow's."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from rehearsal.supervision import Component, ComponentDiedError, Supervision

# Prints its pid; the rest is what the test is about.
SLEEPER = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
# A daemon's double fork: session of its own, parent gone. And it does not listen to SIGTERM.
RUNAWAY = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(os.getpid(), flush=True)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print(os.getpid(), flush=True)
        time.sleep(60)
    os._exit(0)
time.sleep(60)
"""
DIES = "import sys; sys.exit(7)"


def until(condition: Callable[[], bool], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def check_until_it_raises(running: Supervision) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        running.check()
        time.sleep(0.02)


def pids_in(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def component(name: str, program: str, *, restarts: int = 0) -> Component:
    return Component(name, [sys.executable, "-c", program], dict(os.environ), restarts=restarts)


@contextmanager
def supervision(tmp_path: Path) -> Iterator[tuple[Supervision, list[str]]]:
    told: list[str] = []
    with Supervision(logs=tmp_path, tell=told.append) as running:
        yield running, told


def test_a_runaway_that_ignores_signals_ends_with_the_rest(tmp_path: Path) -> None:
    with supervision(tmp_path) as (running, _):
        running.start(component("runaway", RUNAWAY))
        log = running.log("runaway")
        until(lambda: len(pids_in(log)) == 2)
        leader, daemon = pids_in(log)
        assert os.getsid(daemon) != os.getsid(leader)
    assert not is_running(leader)
    assert not is_running(daemon)


def test_an_unexpected_end_is_said_and_mended_until_it_is_too_often(tmp_path: Path) -> None:
    with supervision(tmp_path) as (running, told):
        running.start(component("scheduler", SLEEPER, restarts=1))
        log = running.log("scheduler")
        until(lambda: len(pids_in(log)) == 1)
        os.kill(pids_in(log)[0], signal.SIGKILL)
        until(lambda: len(pids_in(log)) == 2)
        assert told == [
            f"scheduler ended unexpectedly (signal 9); starting it again (1 of 1). Its log: {log}"
        ]
        running.check()
        os.kill(pids_in(log)[1], signal.SIGKILL)
        with pytest.raises(ComponentDiedError, match=r"scheduler ended .* is not started again"):
            check_until_it_raises(running)
        assert len(told) == 1


def test_one_that_cannot_be_started_again_is_final_at_once(tmp_path: Path) -> None:
    with supervision(tmp_path) as (running, told):
        running.start(component("sandbox", DIES))
        with pytest.raises(ComponentDiedError, match=r"sandbox ended unexpectedly \(exit status 7\)"):
            check_until_it_raises(running)
        assert told == []


def test_whoever_gave_the_orders_may_be_killed(tmp_path: Path) -> None:
    """The end of its input tells the supervisor; nobody has to say anything."""
    program = (
        "import pathlib, sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from rehearsal.supervision import Component, Supervision\n"
        "with Supervision(logs=pathlib.Path(sys.argv[2]), tell=print) as running:\n"
        f"    running.start(Component('sleeper', [sys.executable, '-c', {SLEEPER!r}], {{}}))\n"
        "    time.sleep(60)\n"
    )
    checkout = Path(__file__).resolve().parents[3]
    log = tmp_path / "sleeper.log"
    with subprocess.Popen([sys.executable, "-c", program, str(checkout), str(tmp_path)]) as owner:
        until(lambda: len(pids_in(log)) == 1)
        supervisor = psutil.Process(owner.pid).children()[0].pid
        owner.kill()
    until(lambda: not is_running(pids_in(log)[0]) and not is_running(supervisor))


def test_a_killed_supervisor_leaves_nothing_either(tmp_path: Path) -> None:
    before = threading.active_count()  # other tests of this run may have threads of their own
    with supervision(tmp_path) as (running, _):
        running.start(component("sleeper", SLEEPER))
        until(lambda: len(pids_in(running.log("sleeper"))) == 1)
        until(lambda: bool(running.sessions))
        running._process.kill()
    assert not is_running(pids_in(running.log("sleeper"))[0])
    assert threading.active_count() <= before
