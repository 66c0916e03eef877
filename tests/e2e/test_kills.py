"""Parts of Airflow die at random during a release, on PostgreSQL: it ends as it would have.

The moments follow from a seed, which the tests' last lines tell; with TORTURE_SEED they are the same again
(what runs at such a moment, the machine's load decides)."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from faults import KINDS, NOTICED_SOON, Faults
from releases import Platform, Release, postgres_or_skip, running_platform, variables
from standstill import HELD, hold, stand_still
from torture_form import IS_LONG, ROW, SEED

pytestmark = pytest.mark.e2e

TIME_SCALE = 17280
"""Two days of soak are ten seconds: nobody vetoes here."""
RELEASES = 10 if IS_LONG else 1
STRIKES_WITHIN = 45.0
"""Seconds in which one of each kind dies: while a release builds, soaks, and goes to production."""
Row = Callable[[str, object], None]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    directory = tmp_path_factory.mktemp("kills")
    database = postgres_or_skip(directory / "logs")
    with running_platform(
        directory, time_scale=TIME_SCALE, database=database, environment=NOTICED_SOON, restarts=4 * RELEASES
    ) as running:
        yield running


@dataclass(frozen=True)
class Ordeal:
    """A release, what died meanwhile, and what became of both."""

    release: Release
    deaths: list[str]
    state: str
    seconds: float
    held: tuple[str, ...] = ()
    """What CodeBuild said of the held build when the triggerer that had stood still went on."""

    def row(self) -> list[object]:
        wrong = "nothing" if self.state == "success" else self.state
        return [", ".join(KINDS), "a release", len(self.deaths), wrong, round(self.seconds)]


@pytest.fixture(scope="module")
def ordeal(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Ordeal:
    """One of each dies; then the triggerer that waits for a build stands still, and another takes over."""
    go = tmp_path_factory.mktemp("held") / "go"
    hold(platform, go)
    began = time.monotonic()
    faults = struck(platform, SEED)
    try:
        stand_still(faults.release)
        held = tuple(build["buildStatus"] for build in faults.release.builds("staging", HELD))
    finally:
        go.touch()
    state = faults.end(seconds=600)
    return Ordeal(faults.release, faults.done, state, time.monotonic() - began, held)


def struck(platform: Platform, seed: int) -> Faults:
    """Trigger a release and kill one of each kind while it goes on."""
    faults = Faults(platform, platform.trigger(), random.Random(seed))  # noqa: S311 - repeatable, not secret
    faults.strike(KINDS, within=STRIKES_WITHIN)
    return faults


if IS_LONG:

    @pytest.mark.parametrize("seed", range(SEED + 1, SEED + RELEASES))
    def test_nine_more_end_as_they_would_have_whatever_dies(
        platform: Platform, seed: int, record_property: Row
    ) -> None:
        began = time.monotonic()
        faults = struck(platform, seed)
        state = faults.end(seconds=600)
        one = Ordeal(faults.release, faults.done, state, time.monotonic() - began)
        record_property(ROW, one.row())
        assert_ended_as_it_would_have(platform, one)


def test_a_release_ends_as_it_would_have_whatever_dies(
    platform: Platform, ordeal: Ordeal, record_property: Row
) -> None:
    record_property(ROW, ordeal.row())
    assert len(ordeal.deaths) == len(KINDS)
    assert_ended_as_it_would_have(platform, ordeal)


def test_a_triggerer_that_stands_still_stops_no_build(ordeal: Ordeal) -> None:
    """When it goes on, Airflow tells it that its triggers were killed: they are another's meanwhile."""
    assert ordeal.held == ("IN_PROGRESS",)


def assert_ended_as_it_would_have(platform: Platform, ordeal: Ordeal) -> None:
    """Everything is out, by exactly one build per step, under one key each; nobody stopped one."""
    verdict = ordeal.release.verdict()
    assert ordeal.state == "success", (ordeal.deaths, verdict)
    assert verdict["held"] == {}
    assert verdict["promoted"] == dict(platform.sources.look().heads)
    planned = {
        (name, environment, region)
        for name, service in platform.catalog.services.items()
        for environment, regions in service.regions.items()
        for region in regions
    }
    builds = [
        build
        for name in platform.catalog.services
        for environment in ("staging", "production")
        for build in ordeal.release.builds(environment, name)
    ]
    told = [variables(build) for build in builds]
    steps = [(each["RELEASE_SERVICE"], each["RELEASE_ENVIRONMENT"], each["RELEASE_REGION"]) for each in told]
    assert Counter(steps) == Counter(planned), ordeal.deaths
    assert len({each["RELEASE_KEY"] for each in told}) == len(builds)
    assert {build["buildStatus"] for build in builds} == {"SUCCEEDED"}
