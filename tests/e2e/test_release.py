"""A weekly release on real Airflow processes, with real builds: what ships, what is held, and why."""

from __future__ import annotations

import pytest
from releases import SOAK, Platform, Release, instant, variables

from rehearsal.platform import commit

pytestmark = pytest.mark.e2e

VETOED = "orders.staging.eu-west-1.smoke"
DEPENDENTS = ("invoices", "storefront")


@pytest.fixture(scope="module")
def heads(platform: Platform) -> dict[str, str]:
    """The commits at the cut, before anybody pushes anything."""
    dev = platform.catalog.environments["dev"]
    client = platform.aws.client("codecommit", dev.account, dev.home_region)
    return {
        name: client.get_branch(repositoryName=service.repository, branchName=service.branch)["branch"][
            "commitId"
        ]
        for name, service in platform.catalog.services.items()
    }


@pytest.fixture(scope="module")
def release(platform: Platform, heads: dict[str, str]) -> Release:
    """A tester vetoes orders, a developer mends payments, and backoffice gets a commit after the cut."""
    release = platform.trigger()
    release.until("orders.soak", ["deferred"])
    release.veto(VETOED, "the totals are wrong")
    late = {"LATE.md": "pushed after the cut\n"}
    commit(platform.stack.sandbox_url, platform.catalog, "backoffice", "Too late for this train", late)
    release.until("payments.soak", ["deferred"])
    release.veto("payments.staging.eu-west-1.smoke", "rounds down")
    fixed = {"FIXED.md": "rounds to even\n"}
    commit(platform.stack.sandbox_url, platform.catalog, "payments", "Round to even", fixed)
    release.clear("payments.cut")
    assert release.end() == "failed"
    return release


def test_a_veto_holds_the_service_and_its_dependents_and_nobody_else(release: Release) -> None:
    verdict = release.verdict()
    assert verdict["state"] == "failed"
    assert set(verdict["held"]) == {"orders", *DEPENDENTS}
    assert set(verdict["promoted"]) == {"payments", "backoffice", "courier"}


def test_the_verdict_names_the_mark_and_the_clear_to_make(release: Release) -> None:
    held = release.verdict()["held"]
    assert held["orders"] == [
        f"{VETOED} was marked failed by a person; clear {VETOED} with downstream to try again"
    ]
    for name in DEPENDENTS:
        assert any("orders" in reason and "is held" in reason for reason in held[name])


def test_no_production_build_of_a_held_service_was_ever_started(platform: Platform, release: Release) -> None:
    for name in ("orders", *DEPENDENTS):
        assert release.builds("production", name) == []


def test_a_commit_that_came_after_the_cut_is_not_shipped(release: Release, heads: dict[str, str]) -> None:
    assert release.verdict()["promoted"]["backoffice"] == heads["backoffice"]
    assert {b["resolvedSourceVersion"] for b in release.builds("production", "backoffice")} == {
        heads["backoffice"]
    }


def test_a_fix_taken_by_clearing_cut_is_built_checked_soaked_and_shipped(
    release: Release, heads: dict[str, str]
) -> None:
    shipped = release.verdict()["promoted"]["payments"]
    assert shipped != heads["payments"]
    staged = release.builds("staging", "payments")
    assert [build["resolvedSourceVersion"] for build in staged] == [heads["payments"], shipped]
    assert {b["resolvedSourceVersion"] for b in release.builds("production", "payments")} == {shipped}


def test_the_fix_left_the_other_clocks_alone(release: Release) -> None:
    for name in ("backoffice", "courier"):
        soaked = release.result(f"{name}.soak")
        assert len(release.builds("staging", name)) == 1
        began = min(build["startTime"] for build in release.builds("production", name))
        assert instant(soaked["ends_at"]) - instant(soaked["deployed_at"]) == SOAK
        assert began >= instant(soaked["ends_at"])


def test_every_soak_is_whole_counted_from_what_was_shipped(release: Release) -> None:
    for name in release.verdict()["promoted"]:
        deployed = max(build["endTime"] for build in release.builds("staging", name))
        began = min(build["startTime"] for build in release.builds("production", name))
        assert began - deployed >= SOAK, name


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


def test_the_same_version_code_is_on_both_tracks(release: Release) -> None:
    staged = release.result("courier.staging.global.upload")
    assert release.result("courier.production.global.promote")["version_code"] == staged["version_code"]


@pytest.fixture(scope="module")
def cleared(release: Release) -> Release:
    """After the verdict the tester clears the veto, and what was held goes out."""
    release.clear(VETOED)
    assert release.end() == "success"
    return release


def test_everything_is_out_after_the_clear(cleared: Release, heads: dict[str, str]) -> None:
    verdict = cleared.verdict()
    assert verdict["held"] == {}
    assert set(verdict["promoted"]) == set(heads)
    assert verdict["promoted"]["orders"] == heads["orders"]


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
