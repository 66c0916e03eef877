"""From the catalog's windows and freezes to a calendar that can be asked."""

from __future__ import annotations

from release_ops.config.models import Environment, Service
from release_ops.domain.calendar import Calendar
from release_ops.domain.calendar_words import parse_freeze, parse_window


def calendar_of(environment: Environment, service: Service) -> Calendar:
    """Return when a service may go to an environment: its own windows or all services', and all freezes.

    What cannot be read any more is an error: left out, it would open what it was written to close."""
    windows = [parse_window(text) for text in service.windows or environment.windows or ()]
    freezes = [parse_freeze(each.begins, each.until, each.why) for each in environment.freezes]
    read_windows = tuple(window for window in windows if window)
    read_freezes = tuple(freeze for freeze in freezes if freeze)
    if len(read_windows) < len(windows) or len(read_freezes) < len(freezes):
        raise ValueError(f"the windows and freezes of {service.name} are not as the catalog writes them")
    return Calendar(environment.zone, read_windows, read_freezes)
