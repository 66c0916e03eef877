"""A tester's veto, in Airflow's own UI: what the tester clicks, and what the tester sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from releases import DAG, Platform, Release

from rehearsal.airflow_ui import NO_CHROMIUM, AirflowUi, browser_page, chromium_path

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.browser,
    pytest.mark.skipif(chromium_path() is None, reason=NO_CHROMIUM),
]

SERVICE = "invoices"
VETOED = f"{SERVICE}.staging.eu-west-1.smoke"
GATE = f"{SERVICE}.promotion_gate"
PRODUCTION = f"{SERVICE}.production.eu-west-1.build"
OUTCOME = f"{SERVICE}.outcome"
NOTE = "The totals are wrong"
SECONDS_OF_A_BUILD = 240


@pytest.fixture(scope="module")
def ui(platform: Platform) -> Iterator[AirflowUi]:
    with browser_page() as page:
        ui = AirflowUi(page, platform.stack.url, DAG)
        ui.log_in(platform.stack.users["tester"])
        yield ui


@pytest.fixture(scope="module")
def vetoed(platform: Platform, ui: AirflowUi) -> Release:
    """A release whose smoke test a tester marks failed during the soak."""
    release = platform.trigger(SERVICE)
    ui.open_task(release.run_id, VETOED)
    ui.expect_state(VETOED, "Success", seconds=SECONDS_OF_A_BUILD)
    ui.fill_in_mark_failed(NOTE)
    release.until(f"{SERVICE}.soak", ["deferred"])
    ui.confirm()
    ui.expect_state(VETOED, "Failed")
    return release


def test_a_mark_during_the_soak_keeps_production_from_starting(
    platform: Platform, ui: AirflowUi, vetoed: Release
) -> None:
    # Opened again: the page shows a note that came with a mark only when it is loaded.
    ui.open_task(vetoed.run_id, VETOED)
    ui.expect_note(NOTE)
    ui.open_service(vetoed.run_id, SERVICE)
    for task_id in (GATE, PRODUCTION):
        ui.expect_row(task_id, "Upstream Failed")
    assert vetoed.end() == "failed"
    assert vetoed.builds("production", SERVICE) == []


def test_a_clear_with_downstream_lets_it_out(ui: AirflowUi, vetoed: Release) -> None:
    vetoed.end()
    ui.open_task(vetoed.run_id, VETOED)
    ui.fill_in_clear()
    ui.confirm()
    ui.open_service(vetoed.run_id, SERVICE)
    for task_id in (VETOED, GATE, PRODUCTION, OUTCOME):
        ui.expect_row(task_id, "Success", seconds=SECONDS_OF_A_BUILD)
    assert vetoed.end() == "success"
    assert SERVICE in vetoed.verdict()["promoted"]
    assert len(vetoed.builds("staging", SERVICE)) == 1
    assert len(vetoed.builds("production", SERVICE)) == 1
