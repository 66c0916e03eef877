"""The ledger writes once, and never mistakes silence for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber
from moto import mock_aws

from release_ops.clients.ledger import Ledger, LedgerUnreadableError
from release_ops.clients.release_records import ReleaseRecords
from release_ops.domain.build import BuildRequest
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import Cut, StepResult

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BUCKET = "release-ops-ledger"
INTENT = BuildIntent("key", 1, 3, BuildRequest("p", "c", {"RELEASE_REGION": "eu-west-1"}), NOW)


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client = boto3.client("s3", region_name="eu-west-1")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def test_the_first_write_stays_and_the_second_learns_it(s3: Any) -> None:
    ledger = Ledger(s3, BUCKET)
    assert ledger.write_once("a", INTENT) == INTENT
    other = BuildIntent("other", 1, 3, BuildRequest("p", "d"), NOW)
    assert ledger.write_once("a", other) == INTENT
    assert ledger.read("a", BuildIntent) == INTENT


def test_nothing_there_is_none(s3: Any) -> None:
    ledger = Ledger(s3, BUCKET)
    assert ledger.read("a", BuildIntent) is None
    assert ledger.last("a/", BuildIntent) is None


def test_a_record_that_cannot_be_understood_is_errored_not_absent(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b'{"key": 1')
    with pytest.raises(LedgerUnreadableError, match="cannot read s3://release-ops-ledger/a"):
        Ledger(s3, BUCKET).read("a", BuildIntent)


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "SlowDown", "InternalError"])
def test_whatever_else_s3_says_is_errored(code: str) -> None:
    client = boto3.client(
        "s3",
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stub:
        for operation in ("get_object", "put_object", "list_objects_v2"):
            stub.add_client_error(operation, service_error_code=code)
        ledger = Ledger(client, BUCKET)
        with pytest.raises(LedgerUnreadableError, match="cannot read"):
            ledger.read("a", BuildIntent)
        with pytest.raises(LedgerUnreadableError, match="cannot write"):
            ledger.write_once("a", INTENT)
        with pytest.raises(LedgerUnreadableError, match="cannot list"):
            ledger.keys("a/")


class TestReleaseRecords:
    """One release's records, under a run id such as Airflow makes them."""

    @pytest.fixture
    def records(self, s3: Any) -> ReleaseRecords:
        return ReleaseRecords(Ledger(s3, BUCKET), "scheduled__2026-11-23T08:00:00+00:00")

    def test_run_ids_do_not_reach_into_each_other(self, s3: Any, records: ReleaseRecords) -> None:
        records.write_intent("orders", "staging.eu-west-1.build", INTENT)
        for run_id in ("scheduled__2026-11-23T08:00:00", "scheduled__2026-11-23T08:00:00+00:00/orders"):
            assert (
                ReleaseRecords(Ledger(s3, BUCKET), run_id).intent("orders", "staging.eu-west-1.build") is None
            )

    def test_the_newest_of_many_intents_is_found(self, records: ReleaseRecords) -> None:
        for generation in range(1, 12):
            intent = BuildIntent(f"key-{generation}", generation, 3, BuildRequest("p", "c"), NOW)
            records.write_intent("orders", "build", intent)
            records.write_build_id("orders", "build", intent, f"p:{generation}")
        latest = records.intent("orders", "build")
        assert latest is not None
        assert latest.generation == 11
        assert records.build_id("orders", "build", latest) == "p:11"

    def test_services_and_steps_whose_names_begin_alike_are_apart(self, records: ReleaseRecords) -> None:
        records.write_intent("orders", "staging.eu-west-1.build", INTENT)
        assert records.intent("orders-api", "staging.eu-west-1.build") is None
        assert records.intent("orders", "staging.eu-west-1.buil") is None

    def test_a_result_counts_for_its_build_only_and_the_newest_one_wins(
        self, records: ReleaseRecords
    ) -> None:
        def result(passed: bool, minute: int) -> StepResult:
            return StepResult("smoke", "p:1", passed, NOW.replace(minute=minute), "", {"status": 200})

        records.write_step_result("orders", result(False, 10))
        records.write_step_result("orders", result(True, 9))
        newest = records.step_result("orders", "smoke", "p:1")
        assert newest is not None
        assert newest.passed is False
        assert records.step_result("orders", "smoke", "p:2") is None

    def test_a_fix_is_another_revision(self, records: ReleaseRecords) -> None:
        for revision in (1, 2):
            records.write_cut(Cut("orders", revision, f"commit-{revision}", NOW, 3 * revision, {}, {}))
        cut = records.cut("orders")
        assert cut is not None
        assert cut.commit == "commit-2"
