"""Time runs faster in a rehearsal, and nowhere else."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from release_ops.domain.errors import FailedError


class TimeScaleRefusedError(FailedError):
    """Somebody asked for faster time where a real account could be reached."""


@dataclass(frozen=True)
class TimeScale:
    """How many seconds of the catalog pass in one second of the clock; 1 outside a rehearsal."""

    factor: float = 1.0

    def real(self, duration: timedelta) -> timedelta:
        """Return how long a duration of the catalog takes on the clock."""
        return duration / self.factor


def rehearsal_time_scale(text: str, endpoints: Mapping[str, tuple[str, ...]]) -> TimeScale:
    """Return the time scale that `text` asks for, or refuse it.

    `endpoints` holds, for every connection of the catalog, the addresses that it talks to. Only if each
    connection has one and all of them are loopback may time be scaled: two days of soak must never
    pass in seconds in front of a real account."""
    if not text.strip() or text.strip() == "1":
        return TimeScale()
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1 <= factor < 1e9:
        raise TimeScaleRefusedError(
            f"RELEASE_OPS_TIME_SCALE is {text!r}; write a number from 1 (real time) up, such as 8640, "
            "or unset it"
        )
    elsewhere = sorted(
        name for name, urls in endpoints.items() if not urls or not all(map(is_loopback, urls))
    )
    if elsewhere:
        raise TimeScaleRefusedError(
            f"RELEASE_OPS_TIME_SCALE={text} is for rehearsals, but {', '.join(elsewhere)} "
            "can reach beyond this machine; unset it, or point every connection at loopback"
        )
    return TimeScale(factor)


def is_loopback(url: str) -> bool:
    """Whether a URL (or bare host) names this machine for certain; a name that DNS answers does not count."""
    host = urlsplit(url if "//" in url else f"//{url}").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
