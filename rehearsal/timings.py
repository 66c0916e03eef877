"""Where the seconds of a rehearsal go."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    name: str
    began: float
    seconds: float


class Timings:
    """Steps, some of them beside each other, measured from one start."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._steps: list[Step] = []
        self._lock = threading.Lock()

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._start

    @property
    def steps(self) -> list[Step]:
        return sorted(self._steps, key=lambda step: step.began)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = self.elapsed
        try:
            yield
        finally:
            with self._lock:
                self._steps.append(Step(name, began, self.elapsed - began))
