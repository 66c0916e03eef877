"""Every sample built and deployed to every target by the real buildspecs: a minute or two on two cores."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rehearsal.platform.history import history

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[3]
DEV, STAGING, PRODUCTION = ACCOUNTS = ("111111111111", "222222222222", "333333333333")
ENVIRONMENTS = {"staging": STAGING, "production": PRODUCTION}
BACKENDS = ("orders", "payments", "invoices")
SITES = ("storefront", "backoffice")
PLACES = [
    *((service, environment, "eu-west-1") for service in BACKENDS + SITES for environment in ENVIRONMENTS),
    ("payments", "production", "us-east-1"),
    *(("courier", environment, "global") for environment in ENVIRONMENTS),
]
FOREVER = "public, max-age=31536000, immutable"
ACCESS_KEY = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b")

Platform = Any
Released = Mapping[tuple[str, str, str], Any]


def those_of(services: tuple[str, ...]) -> list[Any]:
    return [pytest.param(place, id="-".join(place)) for place in PLACES if place[0] in services]


@pytest.fixture(scope="module")
def released(platform: Platform) -> Released:
    """Staging's builds all at once and then production's, as in a release."""
    if not (ROOT / "node_modules/.bin/osls").exists():
        pytest.skip("osls is not installed; run make install")
    builds: dict[tuple[str, str, str], Any] = {}
    for wanted in ENVIRONMENTS:
        ids = {
            (service, environment, region): platform.start(
                service, environment, region, platform.tip(service), proved(builds, service)
            )
            for service, environment, region in PLACES
            if environment == wanted
        }
        builds |= {place: platform.ended(wanted, build_id) for place, build_id in ids.items()}
    return builds


def proved(builds: Released, service: str) -> Mapping[str, str]:
    """What production is told of the bundle that staging proved."""
    staging = builds.get((service, "staging", "global"))
    names = ("RELEASE_BUNDLE", "RELEASE_BUNDLE_SHA256")
    return {name: staging.exports[name] for name in names} if staging else {}


@pytest.mark.parametrize("place", those_of((*BACKENDS, *SITES, "courier")))
def test_it_is_built_from_the_commit_of_the_release(
    released: Released, platform: Platform, place: tuple[str, str, str]
) -> None:
    build = released[place]
    assert build.status == "SUCCEEDED", build.log
    assert build.commit == build.exports["RELEASE_COMMIT"] == platform.tip(place[0])
    assert all(build.exports.values()), build.exports
    assert not ACCESS_KEY.search(build.log)


@pytest.mark.parametrize("place", those_of(BACKENDS))
def test_a_backend_answers_with_its_commit(
    released: Released, platform: Platform, place: tuple[str, str, str]
) -> None:
    service, environment, region = place
    exports = released[place].exports
    assert platform.ask(f"{exports['RELEASE_URL']}/health") == {
        "status": "ok",
        "service": service,
        "commit": exports["RELEASE_COMMIT"],
        "stage": environment,
    }
    invoked = platform.aws.client("lambda", ENVIRONMENTS[environment], region).invoke(
        FunctionName=f"{service}-{environment}-api", Payload=json.dumps({"routeKey": "GET /health"})
    )
    assert exports["RELEASE_COMMIT"] in json.loads(invoked["Payload"].read())["body"]


@pytest.mark.parametrize("place", those_of(SITES))
def test_a_site_shows_its_commit_and_lets_assets_be_kept(
    released: Released, platform: Platform, place: tuple[str, str, str]
) -> None:
    service, environment, region = place
    exports = released[place].exports
    version = platform.ask(f"{exports['RELEASE_URL']}/version.json")
    assert version == {"service": service, "commit": exports["RELEASE_COMMIT"]}
    s3 = platform.aws.client("s3", ENVIRONMENTS[environment], region)
    bucket = f"{service}-site-{ENVIRONMENTS[environment]}-{region}"
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    kept = {key: s3.head_object(Bucket=bucket, Key=key)["CacheControl"] for key in keys}
    assert kept["index.html"] == kept["version.json"] == "no-cache"
    assert {value for key, value in kept.items() if key.startswith("assets/")} == {FOREVER}


def test_stacks_are_in_the_target_accounts_and_none_in_dev(released: Released, platform: Platform) -> None:
    def stacks(account: str, region: str) -> set[str]:
        listed = platform.aws.client("cloudformation", account, region).list_stacks()["StackSummaries"]
        return {stack["StackName"] for stack in listed}

    assert stacks(DEV, "eu-west-1") == set()
    assert stacks(STAGING, "eu-west-1") == {f"{service}-staging" for service in BACKENDS}
    assert stacks(PRODUCTION, "eu-west-1") == {f"{service}-production" for service in BACKENDS}
    assert stacks(PRODUCTION, "us-east-1") == {"payments-production"}


def test_production_archives_the_very_bundle_of_staging(released: Released, platform: Platform) -> None:
    staging, production = (released["courier", environment, "global"].exports for environment in ENVIRONMENTS)
    assert staging["RELEASE_BUNDLE"].startswith(f"s3://release-ops-artifacts-{DEV}/courier/")
    assert production["RELEASE_BUNDLE"].startswith(f"s3://release-ops-artifacts-{PRODUCTION}/courier/")
    bundle = stored(platform, DEV, staging["RELEASE_BUNDLE"])
    assert bundle == stored(platform, PRODUCTION, production["RELEASE_BUNDLE"])
    assert hashlib.sha256(bundle).hexdigest() == staging["RELEASE_BUNDLE_SHA256"]
    assert "base/manifest/AndroidManifest.xml" in zipfile.ZipFile(io.BytesIO(bundle)).namelist()
    commits = len(list(history(ROOT / "samples", "courier")))
    assert staging["RELEASE_VERSION_CODE"] == str(100 + commits)


def test_orders_and_invoices_work_together(released: Released, platform: Platform) -> None:
    orders, invoices = (
        released[service, "staging", "eu-west-1"].exports["RELEASE_URL"] for service in ("orders", "invoices")
    )
    lines = [{"sku": "mug", "quantity": 2, "unit_price": "9.50"}]
    order = platform.ask(f"{orders}/orders", {"customer": "c-17", "lines": lines})
    invoice = platform.ask(f"{invoices}/invoices/{order['id']}")
    assert (order["total"], invoice["gross_cents"]) == ("19.00", 2299)


def stored(platform: Platform, account: str, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: bytes = (
        platform.aws.client("s3", account, "eu-west-1").get_object(Bucket=bucket, Key=key)["Body"].read()
    )
    return content
