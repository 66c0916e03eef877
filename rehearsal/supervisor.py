"""The process that owns every process of a rehearsal: `python -m rehearsal.supervisor`.

It reads orders from standard input, one JSON object a line, and reports on standard output the same way.
It is a process of its own, and a subreaper, because only so is "everything" a set that the kernel keeps: a
task that outlived its worker, a build that outlived the sandbox, all become its children and end with it.
End of input means that whoever gave the orders is gone (however it died): everything is stopped.

Orders:   {"start": {"name", "argv", "environment", "directory", "log", "restarts"}}
Reports:  {"event": "started" | "restarting" | "gave_up", "name": ..., ...}
"""

import ctypes
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# What is well stops in five; the rest waits for somebody who is gone already.
GRACE_SECONDS = 6.0
RESTART_DELAY_SECONDS = 1.0
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Order:
    """One process to keep alive."""

    name: str
    argv: list[str]
    environment: dict[str, str]
    directory: str
    log: str
    restarts: int


@dataclass
class Component:
    order: Order
    pid: int | None = None
    restarts_used: int = 0
    restart_at: float | None = None


class Supervisor:
    """Starts what it is told, restarts what dies, and leaves nothing behind."""

    def __init__(self) -> None:
        self._components: dict[str, Component] = {}
        self._stopping = False
        self._wakeup_read, self._wakeup_write = socket.socketpair()
        self._input = b""

    def run(self) -> None:
        become_subreaper()
        self._listen_to_signals()
        try:
            self._supervise()
        finally:
            self._stop_everything()

    def _supervise(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(sys.stdin.fileno(), selectors.EVENT_READ)
            selector.register(self._wakeup_read, selectors.EVENT_READ)
            while not self._stopping:
                for key, _ in selector.select(self._seconds_to_next_restart()):
                    if key.fileobj is self._wakeup_read:
                        self._drain_signals()
                    else:
                        self._read_orders()
                self._reap()
                self._restart_what_is_due()

    def _listen_to_signals(self) -> None:
        self._wakeup_read.setblocking(False)
        self._wakeup_write.setblocking(False)
        signal.set_wakeup_fd(self._wakeup_write.fileno(), warn_on_full_buffer=False)
        # A Python handler must exist, or the signal would not reach the wake-up descriptor.
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, lambda *_: None)

    def _drain_signals(self) -> None:
        with suppress(BlockingIOError):
            received = self._wakeup_read.recv(4096)
            self._stopping = self._stopping or any(number in STOP_SIGNALS for number in received)

    def _read_orders(self) -> None:
        chunk = os.read(sys.stdin.fileno(), 65536)
        if not chunk:
            self._stopping = True
            return
        *lines, self._input = (self._input + chunk).split(b"\n")
        for line in lines:
            order = Order(**json.loads(line)["start"])
            self._components[order.name] = component = Component(order)
            self._start(component)

    def _start(self, component: Component) -> None:
        order = component.order
        component.restart_at = None
        with Path(order.log).open("ab") as log:
            process = subprocess.Popen(
                order.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=order.environment,
                cwd=order.directory,
                start_new_session=True,
            )
        component.pid = process.pid
        # _reap collects every child, adopted ones too, so Popen must not wait for this one as well.
        process.returncode = 0
        report("started", order.name, pid=process.pid)

    def _reap(self) -> None:
        for pid, status in collect_dead_children():
            component = next((each for each in self._components.values() if each.pid == pid), None)
            if component is not None:
                self._ended(component, os.waitstatus_to_exitcode(status))

    def _ended(self, component: Component, exit_status: int) -> None:
        session, component.pid = component.pid, None
        # What it leaves (idle executor workers, log servers) would hold the ports of the next one.
        kill(survivors_of_session(session))
        order = component.order
        if component.restarts_used >= order.restarts:
            report("gave_up", order.name, exit_status=exit_status, log=order.log)
            return
        component.restarts_used += 1
        component.restart_at = time.monotonic() + RESTART_DELAY_SECONDS
        report(
            "restarting",
            order.name,
            exit_status=exit_status,
            log=order.log,
            attempt=component.restarts_used,
            of=order.restarts,
        )

    def _seconds_to_next_restart(self) -> float | None:
        due = [each.restart_at for each in self._components.values() if each.restart_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _restart_what_is_due(self) -> None:
        for component in self._components.values():
            if component.restart_at is not None and time.monotonic() >= component.restart_at:
                self._start(component)

    def _stop_everything(self) -> None:
        for component in self._components.values():
            if component.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(component.pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        while psutil.Process().children() and time.monotonic() < deadline:
            collect_dead_children()
            self._forget_workers_without_a_scheduler()
            time.sleep(0.05)
        for killed in kill_all_descendants():
            print(f"killed {killed}, which had not stopped by itself", file=sys.stderr)

    def _forget_workers_without_a_scheduler(self) -> None:
        """Kill what was orphaned by a component that has ended: nobody is left who would stop it."""
        living = {each.pid for each in self._components.values()}
        kill([child for child in psutil.Process().children() if child.pid not in living])


def become_subreaper() -> None:
    """Make orphans of our descendants our children instead of init's (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def collect_dead_children() -> list[tuple[int, int]]:
    collected = []
    with suppress(ChildProcessError):
        while (dead := os.waitpid(-1, os.WNOHANG))[0]:
            collected.append(dead)
    return collected


def survivors_of_session(session: int | None) -> list[psutil.Process]:
    survivors = []
    for process in psutil.Process().children(recursive=True):
        with suppress(ProcessLookupError):
            if os.getsid(process.pid) == session:
                survivors.append(process)
    return survivors


def kill(processes: list[psutil.Process]) -> list[str]:
    names = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE:
                names.append(f"{process.pid} {process.name()}")
                process.kill()
    return names


def kill_all_descendants() -> list[str]:
    """Kill until nobody is left: a process may fork between the look and the kill."""
    killed: list[str] = []
    while descendants := psutil.Process().children(recursive=True):
        killed += kill(descendants)
        collect_dead_children()
        time.sleep(0.02)
    return killed


def report(event: str, name: str, **details: Any) -> None:
    # Nobody may be listening any more; the work of stopping goes on all the same.
    with suppress(OSError, ValueError):
        print(json.dumps({"event": event, "name": name, **details}), flush=True)


if __name__ == "__main__":
    Supervisor().run()
