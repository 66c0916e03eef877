"""The catalog's windows and freezes, as the calendar that production is asked with."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from release_ops.config import Catalog, Environment, Service, read_catalog
from release_ops.config.hours import calendar_of

HOURS = """    play_connection: play_release_production
    windows: [Tue-Thu 09:00-16:00, "Mon, Fri 22:00-04:00"]
    freezes:
      - {from: 2026-12-18, until: 2027-01-03, why: end of the year}
      - {from: 2026-11-24 12:00, until: 2026-11-24 14:00, why: the sale}
"""
WithChange = Callable[[str, str], str]


@pytest.fixture
def catalog(with_change: WithChange) -> Callable[..., Catalog]:
    def read(more: str = "", service: str = "") -> Catalog:
        text = with_change("    play_connection: play_release_production\n", HOURS + more)
        text = text.replace("    kind: web\n", f"    kind: web\n{service}")
        return read_catalog(text.encode(), Path("services.yaml"))

    return read


def answer(catalog: Catalog, service: str, at: str) -> tuple[bool, str]:
    calendar = calendar_of(catalog.environments["production"], catalog.services[service])
    asked = calendar.opens(datetime.fromisoformat(at).replace(tzinfo=UTC))
    return asked.is_open, f"{asked.until:%Y-%m-%d %H:%M %Z}"


def test_the_zone_is_the_trains_unless_it_has_its_own(catalog: Callable[..., Catalog]) -> None:
    assert answer(catalog(), "orders", "2026-11-25 08:00") == (True, "2026-11-25 16:00 CET")
    abroad = catalog("    zone: America/New_York\n")
    assert answer(abroad, "orders", "2026-11-25 08:00") == (False, "2026-11-25 09:00 EST")


def test_a_service_may_have_windows_of_its_own_and_no_way_around_a_freeze(
    catalog: Callable[..., Catalog],
) -> None:
    own = catalog(service="    windows: [Sat 10:00-12:00]\n")
    assert answer(own, "storefront", "2026-11-25 08:00") == (False, "2026-11-28 10:00 CET")
    assert answer(own, "orders", "2026-11-25 08:00") == (True, "2026-11-25 16:00 CET")
    assert answer(own, "storefront", "2026-12-19 09:30") == (False, "2027-01-09 10:00 CET")


def test_they_are_the_same_after_they_were_frozen_into_a_manifest(catalog: Callable[..., Catalog]) -> None:
    frozen = catalog(service="    windows: [Sat 10:00-12:00]\n").model_dump(mode="json")
    place = Environment.model_validate(frozen["environments"]["production"])
    service = Service.model_validate(frozen["services"]["storefront"])
    at = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
    assert calendar_of(place, service).opens(at).why == "frozen until Tue 2026-11-24 14:00 CET: the sale"


def test_a_manifest_from_before_there_were_windows_is_always_open(catalog: Callable[..., Catalog]) -> None:
    frozen = catalog().model_dump(mode="json")
    old = {
        key: value
        for key, value in frozen["environments"]["production"].items()
        if key not in ("windows", "freezes", "zone")
    }
    service = Service.model_validate(frozen["services"]["orders"])
    assert calendar_of(Environment.model_validate(old), service).opens(datetime.now(UTC)).is_open
