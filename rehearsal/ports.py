"""Where a rehearsal listens, chosen and checked before anything is started.

A component that finds its port taken dies late and in the middle of its log, and the rehearsal would then
speak to whatever else listens there."""

import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

from rehearsal.errors import RehearsalError

LOOPBACK = "127.0.0.1"
UI = 8080
SANDBOX = 5100
# Below the range from which kernels take the local port of an outgoing connection: a port found free here
# is not gone again a moment later.
UNCLAIMED = range(20_000, 32_000)


class PortInUseError(RehearsalError):
    """Somebody else listens where the rehearsal was told to."""


@dataclass(frozen=True)
class Ports:
    """Every port that a rehearsal listens on."""

    api: int
    sandbox: int
    worker_logs: int
    trigger_logs: int
    scheduler_health: int

    @classmethod
    def choose(cls, *, api: int | None = None, sandbox: int | None = None) -> Self:
        """Return free ports, and the ones asked for if they are free; raise PortInUseError if not."""
        asked_for = {"api": api, "sandbox": sandbox}
        check_free({port: name for name, port in asked_for.items() if port is not None})
        fixed = {name: port for name, port in asked_for.items() if port is not None}
        missing = [field.name for field in fields(cls) if field.name not in fixed]
        free = free_ports(len(missing), taken=fixed.values())
        return cls(**fixed, **dict(zip(missing, free, strict=True)))


HOW_TO_MOVE = {
    "api": "make demo PORT=8081 (or PORT=auto)",
    "sandbox": "make demo SANDBOX_PORT=5101 (or SANDBOX_PORT=auto)",
}
WHAT_LISTENS = {"api": "Airflow's UI", "sandbox": "the sandbox"}


def check_free(names_by_port: dict[int, str]) -> None:
    for port, name in names_by_port.items():
        if not is_free(port):
            raise PortInUseError(
                f"Port {port}, where {WHAT_LISTENS[name]} should listen, is in use by another program; "
                f"stop that one, or choose another port: {HOW_TO_MOVE[name]}"
            )


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do it: a connection of ours that is still in TIME_WAIT makes no port busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            # Every address: some of Airflow's servers cannot be told to listen on one only.
            probe.bind(("", port))
        except OSError:
            return False
    return True


def free_ports(count: int, *, taken: Iterable[int] = ()) -> list[int]:
    candidates = [port for port in UNCLAIMED if port not in set(taken)]
    random.shuffle(candidates)
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            return found
        if is_free(port):
            found.append(port)
    raise PortInUseError(
        f"There are no {count} free ports between {UNCLAIMED.start} and {UNCLAIMED.stop}; "
        "stop some of the programs that listen there"
    )
