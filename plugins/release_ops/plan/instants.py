"""When the next release is cut, and when each service may leave staging at the earliest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from graphlib import TopologicalSorter
from zoneinfo import ZoneInfo

from croniter import croniter  # type: ignore[import-untyped]  # ships no types

from release_ops.config.hours import calendar_of
from release_ops.config.models import Catalog, Train
from release_ops.plan.steps import PRODUCTION

_LARGEST_CHANGE_OF_CLOCKS = timedelta(hours=3)


@dataclass(frozen=True)
class Instants:
    """When, in the train's zone, and what each service waits for last."""

    cut: datetime
    departures: dict[str, datetime]
    waits_for: dict[str, str]


def instants_of(catalog: Catalog, *, now: datetime) -> Instants:
    """Return the next release's instants, as if building and testing took no time.

    A service departs a soak after the cut, not before a service that it depends on, and while production is
    open. Nobody knows yet who will press the stop switch."""
    zone = ZoneInfo(catalog.train.timezone)
    cut = next_cut(catalog.train, now=now)
    # In UTC: two days over a change of the clocks are 48 hours all the same.
    earliest = {name: cut.astimezone(UTC) + service.soak for name, service in catalog.services.items()}
    last = dict.fromkeys(earliest, "its soak")
    before = {name: service.depends_on for name, service in catalog.services.items()}
    for name in TopologicalSorter(before).static_order():
        latest = max((name, *before[name]), key=earliest.__getitem__)
        if latest != name:
            earliest[name], last[name] = earliest[latest], latest
        answer = calendar_of(catalog.environments[PRODUCTION], catalog.services[name]).opens(earliest[name])
        if answer.until is not None and not answer.is_open:
            earliest[name], last[name] = answer.until, f"production to open ({answer.why})"
    departures = {name: earliest[name].astimezone(zone) for name in catalog.services}
    return Instants(cut, departures, {name: last[name] for name in catalog.services})


def next_cut(train: Train, *, now: datetime) -> datetime:
    """Return the next cut after an instant, in the train's zone.

    By the wall clock, as Airflow counts: one in the hour that summer time skips is an hour later, one in the
    hour that is twice comes the first time. So the search begins earlier, and passes by what is over."""
    zone = ZoneInfo(train.timezone)
    wall_clock = (now - _LARGEST_CHANGE_OF_CLOCKS).astimezone(zone).replace(tzinfo=None)
    cuts = croniter(train.schedule, wall_clock, ret_type=datetime)
    instants: Iterator[datetime] = (cut.replace(tzinfo=zone).astimezone(UTC) for cut in cuts)
    return next(instant for instant in instants if instant > now).astimezone(zone)
