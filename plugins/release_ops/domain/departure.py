"""Whether production may be changed at all, whatever is proved: windows, freezes and the stop switch.

All of it is asked when production would start, never when a release is cut: that is days before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from release_ops.domain.calendar import Calendar


@dataclass(frozen=True)
class Stop:
    """Somebody's word on new production starts: they stop, or they go on."""

    environment: str
    service: str
    """Empty for every service."""
    stops: bool
    by: str
    at: datetime
    why: str

    @property
    def whom(self) -> str:
        return self.service or f"every start in {self.environment}"


class Closed(NamedTuple):
    """Why production waits, and until when if that is known."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True)
class Departure:
    """What is asked besides the proof; a calendar that is not known is closed."""

    calendar: Calendar | None
    stops: tuple[Stop, ...] = ()
    """Those in force for the service: its own, and that of its environment."""


def closed(departure: Departure, *, now: datetime) -> Iterator[Closed]:
    """Yield what keeps production closed. It is never a "no": each of these ends without anybody's clear."""
    for stop in departure.stops:
        since = f"{stop.at:%Y-%m-%d %H:%M %Z}"
        resume = "release-ops resume" + (f" --service {stop.service}" if stop.service else "")
        yield Closed(f"{stop.whom} is stopped by {stop.by} since {since}: {stop.why}; {resume} ends that")
    if departure.calendar is None:
        yield Closed("it is not known whether production is open: no catalog could be read; mend the catalog")
        return
    answer = departure.calendar.opens(now)
    if not answer.is_open:
        when = f"{answer.until:%a %Y-%m-%d %H:%M %Z}" if answer.until else "a time that is not known"
        reason = f"production is closed until {when} ({departure.calendar.zone}): {answer.why}"
        yield Closed(reason, answer.until)
