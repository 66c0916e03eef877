"""Reads what production is asked besides the proof: the catalog of now, and the stop switch."""

from __future__ import annotations

import logging
from pathlib import Path

from release_ops.config import CatalogError, load_catalog
from release_ops.config.hours import calendar_of
from release_ops.domain.calendar import Calendar
from release_ops.domain.departure import Departure
from release_ops.hooks.release import ServiceRelease
from release_ops.plan.steps import PRODUCTION

log = logging.getLogger(__name__)


def departure_of(release: ServiceRelease) -> Departure:
    """Return what decides, besides the proof, whether a service may go to production now.

    Windows and freezes are those of the running catalog, so that a freeze counts that somebody added while
    the release soaked; those frozen with the release, if it cannot be read (ADR 6)."""
    stops = release.records.stops.in_force(PRODUCTION, release.service.name)
    return Departure(_calendar(release), stops)


def _calendar(release: ServiceRelease) -> Calendar | None:
    service, place = release.service, release.environments[PRODUCTION]
    try:
        running = load_catalog(Path(release.catalog_file))
    except CatalogError as error:
        log.warning("Windows and freezes are asked of the release's frozen catalog: %s", error)
    else:
        service, place = running.services.get(service.name, service), running.environments[PRODUCTION]
    try:
        return calendar_of(place, service)
    except ValueError as error:
        log.warning("%s", error)
        return None
