"""The stop switch: records in the ledger that hold every new production start, and nothing else.

A halt or a rollback never asks it: what makes production safer must not wait."""

from __future__ import annotations

from release_ops.clients.ledger import Ledger
from release_ops.domain.departure import Stop
from release_ops.domain.records import at_instant

_ROOT = "stops/"


class StopSwitch:
    """Stops of a whole environment, and of single services in it; the newest word on each counts."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def say(self, word: Stop) -> Stop:
        """Record a stop, or its end."""
        place = _place(word.environment, word.service)
        return self._ledger.write_once(f"{place}{at_instant(word.at)}.json", word)

    def in_force(self, environment: str, service: str) -> tuple[Stop, ...]:
        """Return what stops a service now. Raises LedgerUnreadableError: not to know is not to be free."""
        words = (self.last(environment, ""), self.last(environment, service))
        return tuple(word for word in words if word is not None and word.stops)

    def last(self, environment: str, service: str) -> Stop | None:
        """Return the newest word on a service, or on every one (``""``)."""
        return self._ledger.last(_place(environment, service), Stop)


def _place(environment: str, service: str) -> str:
    return f"{_ROOT}{environment}/services/{service}/" if service else f"{_ROOT}{environment}/everything/"
