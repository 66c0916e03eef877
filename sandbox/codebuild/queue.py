"""How many builds run at once: an account's limit per region, and a project's own."""

import threading
import time
from collections import Counter
from collections.abc import Callable

Place = tuple[str, str]


class Queue:
    """First come, first served. Beyond five times the limit nothing more is taken, as on AWS."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._waiting: dict[Place, list[str]] = {}
        self._running: Counter[Place] = Counter()

    def is_full(self, place: Place) -> bool:
        with self._changed:
            return len(self._waiting.get(place, [])) >= 5 * self._limit

    @property
    def capacity(self) -> int:
        return 5 * self._limit

    def join(self, place: Place, build_id: str) -> None:
        with self._changed:
            self._waiting.setdefault(place, []).append(build_id)

    def leave(self, place: Place, build_id: str) -> None:
        """Wait no longer."""
        with self._changed:
            self._waiting[place].remove(build_id)
            self._changed.notify_all()

    def take(self, place: Place, build_id: str, deadline: float, is_over: Callable[[], bool]) -> bool:
        """Wait for a slot; False when the deadline (monotonic) passed or the build ended meanwhile."""
        with self._changed:
            while not self._is_next(place, build_id):
                if is_over() or time.monotonic() >= deadline:
                    self._waiting[place].remove(build_id)
                    self._changed.notify_all()
                    return False
                self._changed.wait(timeout=0.2)
            self._waiting[place].remove(build_id)
            self._running[place] += 1
            return True

    def release(self, place: Place) -> None:
        with self._changed:
            self._running[place] -= 1
            self._changed.notify_all()

    def _is_next(self, place: Place, build_id: str) -> bool:
        return self._running[place] < self._limit and self._waiting[place][0] == build_id
