"""How long a release must stay in staging, and from when it counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta


def soak_ends_at(deployed_at: datetime, required_soak: timedelta) -> datetime:
    """Return when a release may leave staging.

    It counts from the instant that the version now in staging was deployed, not from a task's start: a
    retried sensor must not start again, and another build must."""
    return deployed_at + required_soak


def last_deployed_at(instants: Iterable[datetime | None]) -> datetime | None:
    """Return when the last of the service's staging targets was deployed; None while one is not.

    A missing fact is not a date long ago: whoever asks must not go on."""
    known = list(instants)
    if not known or any(moment is None for moment in known):
        return None
    return max(moment for moment in known if moment is not None)
