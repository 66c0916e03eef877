"""Production's windows, freezes and stops, as its gate and its starts meet them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import timezone
from airflow.sdk.exceptions import TaskDeferred
from release_bench import COMMIT, NOW, RUN, Bench

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.domain.departure import Stop
from release_ops.domain.records import Cut
from release_ops.operators.promotion import ASK_AGAIN, PromotionRefusedError
from release_ops.operators.release_build import ReleaseBuildOperator
from release_ops.triggers.release_build import ReleaseBuildTrigger

SAMPLE = (Path(__file__).parents[3] / "config" / "services.yaml").read_text()
FOR_YEARS = "    freezes: [{from: 2020-01-01, until: 2090-01-01, why: the sale}]\n"
Edit = Callable[[str], None]


@pytest.fixture
def edit(bench: Bench, tmp_path: Path) -> Edit:
    """Change the running catalog; the release's frozen one stays as it was."""
    file = tmp_path / "services.yaml"
    bench.catalog_file = str(file)

    def write(hours: str) -> None:
        after = "    http_connection: http_release_production\n"
        assert after in SAMPLE
        file.write_text(SAMPLE.replace(after, after + hours))

    write("")
    return write


def stop(bench: Bench, service: str = "", *, stops: bool = True) -> None:
    bench.records.stops.say(Stop("production", service, stops, "mira", timezone.utcnow(), "orders are lost"))


def waits(asked: Callable[[], object], then: str = "execute") -> TaskDeferred:
    with pytest.raises(TaskDeferred) as deferral:
        asked()
    assert deferral.value.method_name == then
    return deferral.value


def blockers(bench: Bench) -> tuple[str, ...]:
    said = bench.records.gate(bench.service)
    return said.blockers if said else ()


def test_a_freeze_added_while_it_soaks_is_waited_for_and_goes_when_it_is_lifted(
    bench: Bench, edit: Edit
) -> None:
    edit(FOR_YEARS)
    waits(bench.gate)
    (said,) = blockers(bench)
    assert said.startswith(
        "production is closed until Mon 2090-01-02 00:00 CET (Europe/Berlin): frozen until"
    )
    assert said.endswith(": the sale")
    edit("")
    assert bench.gate()["commit"] == COMMIT


def test_a_freeze_added_after_the_gate_holds_the_start_and_each_region_asks_again(
    bench: Bench, edit: Edit
) -> None:
    bench.gate()
    assert bench.ask().region == "eu-west-1"
    build_id = bench.build("production.eu-west-1.build", "production", "eu-west-1", NOW)
    bench.check("production.eu-west-1.smoke", build_id)
    edit(FOR_YEARS)
    waits(lambda: bench.ask("us-east-1"))
    edit("")
    assert bench.ask("us-east-1").region == "us-east-1"


def test_a_wait_is_asked_again_soon_and_is_recorded_once(bench: Bench, edit: Edit) -> None:
    edit(FOR_YEARS)
    moment = waits(bench.gate).trigger.moment
    assert moment <= timezone.utcnow() + ASK_AGAIN
    waits(bench.gate)
    assert len(bench.ledger.keys(f"releases/manual__1/{bench.service}/gate/")) == 1


def test_a_production_build_waits_before_anything_is_written_and_then_starts(
    bench: Bench, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.gate()
    edit(FOR_YEARS)
    hook = SimpleNamespace(builds=CodeBuildClient(bench.aws))
    monkeypatch.setattr(ReleaseBuildOperator, "hook", hook)
    monkeypatch.setattr(ReleaseBuildOperator, "_persist_links", lambda *_: None)
    step = bench.plan.step("production.eu-west-1.build")
    ti = SimpleNamespace(
        dag_id="d", run_id=RUN, task_id=step.task_id, map_index=-1, max_tries=3, try_number=1
    )
    context = {**bench.context, "ti": ti}

    def execute() -> None:
        build = ReleaseBuildOperator(task_id="build", step=step, ledger=bench.address)
        build.execute(context, {"moment": "now"})

    assert isinstance(waits(execute).trigger, DateTimeTrigger)
    assert bench.records.intent(bench.service, step.path) is None
    edit("")
    assert isinstance(waits(execute, "execute_complete").trigger, ReleaseBuildTrigger)
    assert bench.records.intent(bench.service, step.path) is not None


def test_a_veto_given_while_production_is_closed_still_counts(bench: Bench, edit: Edit) -> None:
    bench.gate()
    edit(FOR_YEARS)
    bench.states["payments.soak"] = "failed"
    with pytest.raises(PromotionRefusedError, match=r"payments\.soak is failed"):
        bench.ask()


@pytest.mark.parametrize("content", ["train: [", None], ids=["broken", "gone"])
def test_without_a_catalog_of_now_the_frozen_one_counts(
    bench: Bench, edit: Edit, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(content) if content else file.unlink()
    assert bench.gate()["commit"] == COMMIT
    cut = bench.records.cut(bench.service)
    assert cut is not None
    freeze = {"begins": "2020-01-01", "until": "2090-01-01", "why": "frozen with the release"}
    production = {**cut.environments["production"], "freezes": [freeze]}
    environments = {**cut.environments, "production": production}
    bench.records.write_cut(Cut(cut.service, 2, COMMIT, NOW, 3, cut.spec, environments))
    waits(bench.gate)
    assert "frozen with the release" in blockers(bench)[0]


def test_a_service_that_left_the_catalog_keeps_its_windows_and_meets_new_freezes(
    bench: Bench, edit: Edit, tmp_path: Path
) -> None:
    edit(FOR_YEARS)
    file = tmp_path / "services.yaml"
    head, _, rest = file.read_text().partition("  payments:")
    file.write_text(head + "  invoices:" + rest.partition("  invoices:")[2])
    waits(bench.gate)
    assert "the sale" in blockers(bench)[0]


@pytest.mark.parametrize("service", ["", "payments"])
def test_a_stop_holds_every_start_until_it_ends(bench: Bench, edit: Edit, service: str) -> None:
    bench.gate()
    stop(bench, service)
    waits(bench.ask)
    waits(bench.gate)
    assert "is stopped by mira since" in blockers(bench)[0]
    assert "orders are lost" in blockers(bench)[0]
    stop(bench, service, stops=False)
    assert bench.gate()["commit"] == COMMIT
    assert bench.ask().commit == COMMIT


def test_a_stop_of_another_service_holds_nobody_else(bench: Bench, edit: Edit) -> None:
    stop(bench, "orders")
    assert bench.gate()["commit"] == COMMIT


def test_the_end_of_a_services_stop_does_not_end_that_of_all(bench: Bench, edit: Edit) -> None:
    stop(bench)
    stop(bench, "payments")
    stop(bench, "payments", stops=False)
    waits(bench.gate)
    assert blockers(bench)[0].startswith("every start in production is stopped")


def test_it_waits_for_what_ends_first_if_that_is_sooner(bench: Bench, edit: Edit) -> None:
    # Not from NOW: that is when the tests were collected, which may be minutes ago.
    soaked = datetime.now(UTC) + timedelta(minutes=3)
    bench.aws.build("payments-staging:1")["endTime"] = soaked - timedelta(days=2)
    assert waits(bench.gate).trigger.moment == soaked
