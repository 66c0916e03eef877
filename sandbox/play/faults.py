"""Faults on demand: the answers that a network and a busy service give on a bad day."""

from dataclasses import dataclass
from typing import Literal

UPLOAD_PIECE = "upload.piece"  # a piece of a resumable upload is no method of the API; this is its name here


@dataclass
class Fault:
    """The next `times` calls of a method are answered with this status, before or after they took effect."""

    method: str
    status: int = 503
    when: Literal["before", "after"] = "before"
    times: int = 1


class Faults:
    def __init__(self) -> None:
        self._scripted: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._scripted.append(fault)

    def take(self, method: str, when: str) -> int | None:
        """The status that this call has to be answered with, if any; it counts as given."""
        for fault in self._scripted:
            if (fault.method, fault.when) == (method, when) and fault.times > 0:
                fault.times -= 1
                return fault.status
        return None
