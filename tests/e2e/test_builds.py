"""A build of the train that a person cancels, clears and deploys again, on real Airflow processes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from releases import Platform, Release, eventually

from release_ops.domain.records import release_prefix

pytestmark = pytest.mark.e2e

SERVICE = "backoffice"
STAGING = f"{SERVICE}.staging.eu-west-1.build"
PRODUCTION = f"{SERVICE}.production.eu-west-1.build"


def test_a_cancelled_build_is_on_record_and_redeploy_builds_what_is_live_again(platform: Platform) -> None:
    release = platform.trigger(SERVICE, redeploy=True)
    release.until(STAGING, {"deferred"})
    release.veto(STAGING, "Wrong week")
    eventually(lambda: statuses(release, "staging") == ["STOPPED"], what="the stop of the build")
    eventually(lambda: bool(stops(platform, release)), what="the record of the stop")
    assert stops(platform, release) == [("tester", "its task was marked failed", "Wrong week")]

    release.clear(STAGING)
    assert release.end() == "success"
    assert statuses(release, "staging") == ["STOPPED", "SUCCEEDED"]
    assert statuses(release, "production") == ["SUCCEEDED"]

    release.clear(PRODUCTION)
    assert release.end() == "success"
    assert statuses(release, "production") == ["SUCCEEDED", "SUCCEEDED"], "redeploy was asked for"
    commits = {build["resolvedSourceVersion"] for build in release.builds("production", SERVICE)}
    assert len(commits) == 1


def test_a_clear_of_what_is_live_deploys_nothing_again(platform: Platform) -> None:
    release = platform.trigger(SERVICE)
    assert release.end() == "success"
    release.clear(PRODUCTION)
    assert release.end() == "success"
    assert statuses(release, "production") == ["SUCCEEDED"]


def statuses(release: Release, environment: str) -> list[str]:
    return [build["buildStatus"] for build in release.builds(environment, SERVICE)]


def stops(platform: Platform, release: Release) -> list[tuple[str, str, str]]:
    """Who stopped builds of this release, why, and with what note, as the ledger has it."""
    dev = platform.catalog.environments["dev"]
    s3: Any = platform.aws.client("s3", dev.account, dev.home_region)
    prefix = f"{release_prefix(release.run_id)}{SERVICE}/"
    listed = s3.list_objects_v2(Bucket=dev.ledger_bucket, Prefix=prefix)
    keys = [item["Key"] for item in listed.get("Contents", ()) if item["Key"].endswith("/stop-by.json")]
    told = [json.loads(s3.get_object(Bucket=dev.ledger_bucket, Key=key)["Body"].read()) for key in keys]
    return [(stop["by"], stop["reason"], stop["note"]) for stop in told]
