"""Which commit a release is about: frozen once, and only a person's clear of `cut` takes another."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import timezone
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.utils.types import DagRunType
from fake_ledger import FakeLedger

from release_ops.clients.codecommit import BranchUnresolvedError
from release_ops.clients.release_records import ReleaseRecords
from release_ops.config import load_catalog
from release_ops.domain.build import BuildRequest
from release_ops.domain.errors import ErroredError
from release_ops.domain.intent import BuildIntent
from release_ops.hooks import accounts
from release_ops.hooks.release import LedgerAddress
from release_ops.operators.release_cut import CutReleaseOperator, CutServiceOperator
from release_ops.plan.service import plan_service

CATALOG = load_catalog(Path(__file__).parents[3] / "config" / "services.yaml")
ADDRESS = LedgerAddress("aws_release_dev", "eu-west-1", "ledger")
RUN = "manual__1"


@dataclass
class Bench:
    """Branches, a ledger, and the two operators that cut."""

    ledger: FakeLedger = field(default_factory=FakeLedger)
    heads: dict[str, str] = field(default_factory=lambda: dict.fromkeys(CATALOG.services, "a" * 40))
    params: dict[str, Any] = field(default_factory=dict)
    run_type: DagRunType = DagRunType.MANUAL
    due: datetime = field(default_factory=timezone.utcnow)

    def head(self, repository: str, branch: str) -> str:
        service = next(s for s in CATALOG.services.values() if s.repository == repository)
        if service.name not in self.heads:
            raise BranchUnresolvedError(f"branch {branch} does not exist in repository {repository}")
        return self.heads[service.name]

    @property
    def records(self) -> ReleaseRecords:
        return ReleaseRecords(self.ledger, RUN)

    def context(self, clears: int) -> dict[str, Any]:
        run = SimpleNamespace(run_id=RUN, run_type=self.run_type, run_after=self.due)
        return {
            "run_id": RUN,
            "dag_run": run,
            "params": self.params,
            "ti": SimpleNamespace(max_tries=clears),
        }

    def cut_release(self, clears: int = 3) -> dict[str, Any]:
        operator = CutReleaseOperator(task_id="cut_release", catalog=CATALOG, ledger=ADDRESS, retries=3)
        return operator.execute(self.context(clears))

    def cut(self, service: str = "orders", clears: int = 3) -> str:
        step = plan_service(CATALOG.services[service]).step("cut")
        operator = CutServiceOperator(task_id="cut", step=step, ledger=ADDRESS, retries=3)
        return str(operator.execute(self.context(clears))["commit"])


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    monkeypatch.setattr(accounts, "ledger", lambda *_: bench.ledger)
    monkeypatch.setattr(accounts, "codecommit", lambda *_: bench)
    for environment in CATALOG.environments.values():
        monkeypatch.setenv(f"AIRFLOW_CONN_{environment.aws_connection.upper()}", "aws://")
    return bench


def test_without_an_accounts_connection_nothing_is_cut(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The amazon provider would go on with the worker's own rights."""
    monkeypatch.delenv("AIRFLOW_CONN_AWS_RELEASE_PRODUCTION")
    with pytest.raises(ErroredError, match="Airflow has no connection aws_release_production, or cannot"):
        bench.cut_release()
    assert bench.records.manifest() is None


def test_every_service_is_cut_at_its_branch(bench: Bench) -> None:
    assert set(bench.cut_release()["commits"]) == set(CATALOG.services)
    assert bench.cut() == "a" * 40


def test_a_clear_of_the_release_returns_the_same_manifest(bench: Bench) -> None:
    bench.cut_release()
    bench.heads["orders"] = "b" * 40
    assert bench.cut_release(clears=5)["commits"]["orders"] == "a" * 40


def test_a_commit_after_the_cut_is_not_taken_by_a_retry(bench: Bench) -> None:
    bench.cut_release()
    bench.heads["orders"] = "b" * 40
    assert bench.cut() == "a" * 40
    assert bench.cut() == "a" * 40


def test_a_clear_of_cut_takes_the_fix_once(bench: Bench) -> None:
    bench.cut_release()
    bench.cut()
    bench.heads["orders"] = "b" * 40
    assert bench.cut(clears=5) == "b" * 40
    bench.heads["orders"] = "c" * 40
    assert bench.cut(clears=5) == "b" * 40, "a retry of that clear takes nothing newer"
    assert bench.cut("payments") == "a" * 40


def test_a_clear_of_the_whole_release_keeps_every_commit(bench: Bench) -> None:
    bench.cut_release()
    bench.cut()
    bench.heads["orders"] = "b" * 40
    bench.cut_release(clears=5)
    assert bench.cut(clears=5) == "a" * 40
    assert bench.cut(clears=7) == "b" * 40, "a clear of this cut alone, later, takes the fix"


def test_a_branch_that_is_missing_holds_its_service_and_a_clear_looks_again(bench: Bench) -> None:
    del bench.heads["orders"]
    assert set(bench.cut_release()["held"]) == {"orders"}
    assert bench.cut("payments") == "a" * 40
    with pytest.raises(AirflowFailException, match="branch release does not exist in repository orders"):
        bench.cut()
    bench.heads["orders"] = "b" * 40
    assert bench.cut(clears=5) == "b" * 40


def test_no_fix_joins_once_production_has_begun(bench: Bench) -> None:
    bench.cut_release()
    bench.cut()
    request = BuildRequest("orders-production", "a" * 40)
    intent = BuildIntent("k", 1, 3, request, datetime(2026, 11, 23, tzinfo=UTC))
    bench.records.write_intent("orders", "production.eu-west-1.build", intent)
    bench.heads["orders"] = "b" * 40
    with pytest.raises(AirflowFailException, match=r"production\.eu-west-1\.build has begun with aaaa"):
        bench.cut(clears=5)
    assert bench.records.cut("orders").commit == "a" * 40  # type: ignore[union-attr]


def test_what_is_left_out_is_skipped(bench: Bench) -> None:
    bench.params = {"services": ["payments"]}
    assert bench.cut_release()["left_out"] == [name for name in CATALOG.services if name != "payments"]
    with pytest.raises(AirflowSkipException, match="was left out of this release"):
        bench.cut()


def test_an_unknown_service_is_named(bench: Bench) -> None:
    bench.params = {"services": ["ordres"]}
    with pytest.raises(
        AirflowFailException, match="asks for ordres, which the catalog does not have; choose"
    ):
        bench.cut_release()


@pytest.mark.parametrize(
    ("late", "run_type", "is_cut"),
    [
        (timedelta(minutes=59), DagRunType.SCHEDULED, True),
        (timedelta(hours=1, minutes=1), DagRunType.SCHEDULED, False),
        (timedelta(days=3), DagRunType.SCHEDULED, False),
        (timedelta(days=3), DagRunType.MANUAL, True),
    ],
)
def test_a_scheduled_cut_is_made_on_time_or_not_at_all(
    bench: Bench, late: timedelta, run_type: DagRunType, is_cut: bool
) -> None:
    bench.due, bench.run_type = timezone.utcnow() - late, run_type
    if is_cut:
        assert bench.cut_release()["commits"]
        return
    with pytest.raises(AirflowFailException, match="late, so nothing is cut"):
        bench.cut_release()
    assert bench.records.manifest() is None


def test_without_a_manifest_a_service_says_which_clear_to_make(bench: Bench) -> None:
    with pytest.raises(AirflowFailException, match="no manifest; clear cut_release with downstream"):
        bench.cut()
