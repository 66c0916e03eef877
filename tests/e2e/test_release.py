"""A weekly release on real Airflow processes, with real builds: what ships, what is held, and why."""

from __future__ import annotations

from functools import reduce

import httpx
import pytest
from releases import DAG, Platform, Release, variables

from rehearsal.demo import Ending
from rehearsal.expectations import Expected
from rehearsal.stories import STORIES, Story

pytestmark = pytest.mark.e2e

VETOED = "orders.staging.eu-west-1.smoke"
DEPENDENTS = ("invoices", "storefront")


def both(one: Story, other: Story) -> Story:
    """Two stories about different services, in one release: what either holds is held."""
    expected = Expected(
        promoted=one.expected.promoted & other.expected.promoted,
        held=one.expected.held | other.expected.held,
        reasons={**one.expected.reasons, **other.expected.reasons},
        ships={**one.expected.ships, **other.expected.ships},
        staging_builds={**one.expected.staging_builds, **other.expected.staging_builds},
    )
    return Story(f"{one.summary}; {other.summary}", "", expected, acts=[*one.acts, *other.acts])


@pytest.fixture(scope="module")
def ending(platform: Platform) -> Ending:
    """A tester vetoes orders, a developer mends payments, and backoffice gets a commit after the cut."""
    return platform.play(reduce(both, (STORIES[name] for name in ("veto", "late-commit", "fix"))))


@pytest.fixture(scope="module")
def release(platform: Platform, ending: Ending) -> Release:
    return Release(platform, ending.verdict.run_id)


def test_a_veto_a_fix_and_a_late_commit_come_as_told_in_one_release(ending: Ending) -> None:
    """The verdict, production's answers, the builds and every soak: see rehearsal/expectations.py."""
    assert ending.surprises == []
    assert ending.run_state == "failed"
    assert set(ending.verdict.held) == {"orders", *DEPENDENTS}
    assert len(ending.chronicle) == 5


def test_the_verdict_names_the_mark_and_the_clear_to_make(ending: Ending) -> None:
    held = ending.verdict.held
    assert held["orders"] == [
        f"{VETOED} was marked failed by a person; clear {VETOED} with downstream to try again"
    ]
    for name in DEPENDENTS:
        assert any("orders" in reason and "is held" in reason for reason in held[name])


def test_a_fix_is_built_after_what_it_mends_and_alone_goes_out(ending: Ending, release: Release) -> None:
    shipped = ending.verdict.promoted["payments"]
    cut, fix = (build["resolvedSourceVersion"] for build in release.builds("staging", "payments"))
    assert fix == shipped != cut
    assert {build["resolvedSourceVersion"] for build in release.builds("production", "payments")} == {shipped}


def test_regions_go_one_after_another(release: Release) -> None:
    first, second = sorted(release.builds("production", "payments"), key=lambda build: build["startTime"])
    assert variables(first)["RELEASE_REGION"] == "eu-west-1"
    assert variables(second)["RELEASE_REGION"] == "us-east-1"
    assert second["startTime"] >= first["endTime"]


def test_one_build_per_step_and_every_build_carries_its_own_key(platform: Platform, release: Release) -> None:
    builds = [
        build
        for name in platform.catalog.services
        for environment in ("staging", "production")
        for build in release.builds(environment, name)
    ]
    keys = [variables(build)["RELEASE_KEY"] for build in builds]
    # Six staging builds and the fix; production of payments twice, backoffice and courier.
    assert len(keys) == len(set(keys)) == 7 + 4


def test_a_tasks_links_lead_to_the_sandboxs_page_of_its_build(platform: Platform, release: Release) -> None:
    (build,) = release.builds("staging", "orders")
    links = platform.api.links(DAG, release.run_id, "orders.staging.eu-west-1.build")
    assert set(links) == {"CodeBuild build", "Build log"}
    for link in links.values():
        page = httpx.get(str(link), trust_env=False)
        assert page.is_success
        assert build["id"] in page.text
        assert build["resolvedSourceVersion"] in page.text


def test_the_same_version_code_is_on_both_tracks(release: Release) -> None:
    staged = release.result("courier.staging.global.upload")
    assert release.result("courier.production.global.promote")["version_code"] == staged["version_code"]


@pytest.fixture(scope="module")
def cleared(release: Release) -> Release:
    """After the verdict the tester clears the veto, and what was held goes out."""
    release.clear(VETOED)
    assert release.end() == "success"
    return release


def test_everything_is_out_after_the_clear(platform: Platform, cleared: Release) -> None:
    verdict = cleared.verdict()
    assert verdict["held"] == {}
    assert set(verdict["promoted"]) == set(platform.catalog.services)
    staged = cleared.builds("staging", "orders")
    assert [verdict["promoted"]["orders"]] == [build["resolvedSourceVersion"] for build in staged]


def test_staging_was_not_built_again_and_production_once(cleared: Release) -> None:
    for name in ("orders", *DEPENDENTS):
        assert len(cleared.builds("staging", name)) == 1
        assert len(cleared.builds("production", name)) == 1


def test_clearing_a_production_step_that_succeeded_deploys_nothing_again(cleared: Release) -> None:
    cleared.clear("orders.production.eu-west-1.build")
    assert cleared.end() == "success"
    assert len(cleared.builds("production", "orders")) == 1


def test_a_fix_is_refused_once_production_has_begun(cleared: Release) -> None:
    cleared.clear("backoffice.cut")
    assert cleared.end() == "failed"
    assert "has begun with" in cleared.verdict()["held"]["backoffice"][0]
