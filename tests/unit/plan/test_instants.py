"""When the next release is cut and departs, in the train's zone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from release_ops.config import Catalog, Train, load_catalog
from release_ops.config.models import FreezePeriod
from release_ops.plan.instants import instants_of, next_cut

SAMPLE = load_catalog(Path(__file__).parents[3] / "config" / "services.yaml")
MONDAYS = Train(schedule="0 9 * * 1", timezone="Europe/Berlin")
AT_HALF_PAST_TWO = Train(schedule="30 2 * * *", timezone="Europe/Berlin")


@pytest.mark.parametrize(
    ("train", "now", "cut"),
    [
        pytest.param(MONDAYS, "2026-11-25T12:00Z", "2026-11-30T09:00+01:00", id="the next Monday"),
        pytest.param(MONDAYS, "2026-07-06T06:59Z", "2026-07-06T09:00+02:00", id="a minute from now"),
        pytest.param(
            MONDAYS, "2026-07-06T07:00Z", "2026-07-13T09:00+02:00", id="one that is now is no next one"
        ),
        pytest.param(AT_HALF_PAST_TWO, "2026-03-28T12:00Z", "2026-03-29T03:30+02:00", id="the skipped hour"),
        pytest.param(
            AT_HALF_PAST_TWO, "2026-10-24T12:00Z", "2026-10-25T02:30+02:00", id="the hour that is twice"
        ),
        pytest.param(
            AT_HALF_PAST_TWO,
            "2026-10-25T01:15Z",
            "2026-10-26T02:30+01:00",
            id="it was there the first time, and is over the second",
        ),
        pytest.param(
            AT_HALF_PAST_TWO,
            "2026-03-29T01:10Z",
            "2026-03-29T03:30+02:00",
            id="it has been skipped and is still to come",
        ),
    ],
)
def test_the_next_cut(train: Train, now: str, cut: str) -> None:
    found = next_cut(train, now=datetime.fromisoformat(now))
    assert found.isoformat(timespec="minutes") == cut


def with_soaks(**days: int) -> Catalog:
    services = {
        name: each.model_copy(update={"soak": timedelta(days=days.get(name, 2))})
        for name, each in SAMPLE.services.items()
    }
    return SAMPLE.model_copy(update={"services": services})


def test_a_service_departs_a_soak_after_the_cut() -> None:
    instants = instants_of(with_soaks(payments=3), now=datetime(2026, 11, 25, tzinfo=UTC))
    assert instants.departures["orders"].isoformat() == "2026-12-02T09:00:00+01:00"
    assert instants.departures["payments"].isoformat() == "2026-12-03T09:00:00+01:00"


def test_and_not_before_what_it_depends_on() -> None:
    instants = instants_of(with_soaks(orders=4), now=datetime(2026, 11, 25, tzinfo=UTC))
    assert instants.departures["storefront"] == instants.departures["orders"]
    assert instants.departures["backoffice"] < instants.departures["orders"]


def test_two_days_are_48_hours_when_the_clocks_change() -> None:
    train = Train(schedule="0 9 * * 6", timezone="Europe/Berlin")  # Saturday, the clocks change on Sunday
    instants = instants_of(SAMPLE.model_copy(update={"train": train}), now=datetime(2026, 10, 22, tzinfo=UTC))
    assert instants.cut.isoformat() == "2026-10-24T09:00:00+02:00"
    assert instants.departures["orders"].isoformat() == "2026-10-26T08:00:00+01:00"


def with_hours(*windows: str, soak: int = 2, **of_services: str) -> Catalog:
    """The sample, where production has these windows and some services have their own."""
    catalog = with_soaks(orders=soak)
    production = catalog.environments["production"]
    freeze = FreezePeriod(begins="2026-12-18", until="2027-01-03", why="end of the year")
    production = production.model_copy(
        update={"windows": windows, "freezes": (freeze,), "zone": "Europe/Berlin"}
    )
    services = {
        name: service.model_copy(update={"windows": (of_services[name],) if name in of_services else None})
        for name, service in catalog.services.items()
    }
    environments = {**catalog.environments, "production": production}
    return catalog.model_copy(update={"environments": environments, "services": services})


@pytest.mark.parametrize(
    ("catalog", "service", "departs", "waits_for"),
    [
        pytest.param(with_hours(), "orders", "12-02T09:00", "its soak", id="no windows"),
        pytest.param(with_hours("Wed 08:00-10:00"), "orders", "12-02T09:00", "its soak", id="open by then"),
        pytest.param(
            with_hours("Tue-Thu 10:00-16:00"),
            "orders",
            "12-02T10:00",
            "production to open (outside of Tue-Thu 10:00-16:00)",
            id="the window opens later",
        ),
        pytest.param(
            with_hours("Wed 08:00-10:00", soak=4), "invoices", "12-09T08:00", "orders", id="with it"
        ),
        pytest.param(
            with_hours(orders="Thu 10:00-12:00"), "invoices", "12-03T10:00", "orders", id="its dependency's"
        ),
        pytest.param(
            with_hours(orders="Thu 10:00-12:00"), "payments", "12-02T09:00", "its soak", id="nobody else's"
        ),
        pytest.param(
            with_hours(orders="Thu 10:00-12:00", invoices="Thu 11:00-12:00"),
            "invoices",
            "12-03T11:00",
            "production to open (outside of Thu 11:00-12:00)",
            id="its own after that",
        ),
    ],
)
def test_a_closed_production_is_waited_for(
    catalog: Catalog, service: str, departs: str, waits_for: str
) -> None:
    instants = instants_of(catalog, now=datetime(2026, 11, 25, tzinfo=UTC))
    assert instants.departures[service].isoformat(timespec="minutes") == f"2026-{departs}+01:00"
    assert instants.waits_for[service] == waits_for


def test_a_freeze_holds_the_whole_release() -> None:
    instants = instants_of(with_hours("Tue-Thu 09:00-16:00"), now=datetime(2026, 12, 15, tzinfo=UTC))
    assert {f"{instant:%Y-%m-%d %H:%M}" for instant in instants.departures.values()} == {"2027-01-05 09:00"}
    assert "frozen until Mon 2027-01-04 00:00 CET: end of the year" in instants.waits_for["orders"]
