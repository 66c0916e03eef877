"""What a service gets that does not say otherwise, and what it gets if it does."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from release_ops.config import Catalog, HttpCheck, InvokeCheck, Kind, TrackCheck, load_catalog

SAMPLE = Path(__file__).parents[3] / "config" / "services.yaml"
VALID = (Path(__file__).parent / "valid.yaml").read_text()
EVERYTHING = """
  payments:
    kind: serverless
    repository: payments-api
    branch: main
    regions: {production: [us-east-1, eu-west-1]}
    checks:
      - http: {path: "/ready?deep=1", status: 204, contains: ready, shows_commit: false, name: ready}
      - invoke: {function: pay, payload: {amount: 1, list: [null, true, 1.5]}, contains: paid}
    depends_on: [orders]
    soak: 1 hour
    build_projects: {production: pay-live}
    buildspecs: {production: "repository:ci/live.yml"}
"""


@pytest.fixture
def catalog(load: Callable[[str], Catalog]) -> Catalog:
    return load(VALID + EVERYTHING)


def test_three_lines_are_a_service(catalog: Catalog) -> None:
    storefront = catalog.services["storefront"]
    assert storefront.model_dump() == {
        "name": "storefront",
        "kind": Kind.WEB,
        "repository": "storefront",
        "branch": "release",
        "regions": {"staging": ("eu-west-1",), "production": ("eu-west-1",)},
        "checks": (HttpCheck(path="/version.json").model_dump(),),
        "depends_on": ("orders",),
        "soak": timedelta(days=2),
        "build_projects": {"staging": "storefront-staging", "production": "storefront-production"},
        "buildspecs": {
            "staging": "buildspecs/web-staging.yml",
            "production": "buildspecs/web-production.yml",
        },
        "package_name": None,
        "windows": None,
    }


def test_a_service_may_decide_everything_itself(catalog: Catalog) -> None:
    payments = catalog.services["payments"]
    assert (payments.repository, payments.branch, payments.soak) == (
        "payments-api",
        "main",
        timedelta(hours=1),
    )
    assert payments.regions == {"staging": ("eu-west-1",), "production": ("us-east-1", "eu-west-1")}
    assert payments.build_projects == {"staging": "payments-staging", "production": "pay-live"}
    assert payments.buildspecs["staging"] == "buildspecs/serverless-staging.yml"
    assert payments.buildspecs["production"] == "repository:ci/live.yml"
    assert payments.checks == (
        HttpCheck(path="/ready?deep=1", status=204, contains="ready", shows_commit=False, name="ready"),
        InvokeCheck(function="pay", payload={"amount": 1, "list": [None, True, 1.5]}, contains="paid"),
    )


def test_an_android_app_has_one_target_and_no_region(catalog: Catalog) -> None:
    courier = catalog.services["courier"]
    assert courier.regions == {"staging": ("global",), "production": ("global",)}
    assert courier.checks == (TrackCheck(name="on_track"),)


def test_environments_know_where_they_are_built(catalog: Catalog) -> None:
    dev, staging, production = catalog.environments.values()
    assert (dev.builds_in, staging.builds_in, production.builds_in) == (None, "dev", "production")
    assert (dev.play_track, staging.play_track, production.play_track) == (None, "internal", "production")
    assert (dev.ledger_bucket, staging.ledger_bucket) == ("release-ledger", None)
    assert production.home_region == "eu-west-1"


def test_services_keep_the_order_of_the_file(catalog: Catalog) -> None:
    assert list(catalog.services) == ["orders", "storefront", "courier", "payments"]


def test_every_connection_is_known(catalog: Catalog) -> None:
    assert catalog.connection_ids == (
        "aws_release_dev",
        "aws_release_staging",
        "http_release_staging",
        "play_release_staging",
        "aws_release_production",
        "http_release_production",
        "play_release_production",
    )


def test_without_defaults_the_train_has_its_own(load: Callable[[str], Catalog]) -> None:
    catalog = load(VALID.replace("defaults:\n  branch: release\n  soak: 2 days\n", ""))
    orders = catalog.services["orders"]
    assert (orders.branch, orders.soak) == ("release", timedelta(days=2))
    assert orders.regions["production"] == ("eu-west-1",)


def test_default_regions_are_for_those_who_name_none(load: Callable[[str], Catalog]) -> None:
    named = "  soak: 2 days\n  regions: {production: [us-east-1]}\n"
    catalog = load(VALID.replace("  soak: 2 days\n", named))
    assert catalog.services["orders"].regions == {"staging": ("eu-west-1",), "production": ("us-east-1",)}
    assert catalog.services["courier"].regions["production"] == ("global",)


@pytest.mark.parametrize("text", [VALID + EVERYTHING, SAMPLE.read_text()], ids=["everything", "the sample"])
def test_a_manifest_gives_the_same_catalog_back(text: str, load: Callable[[str], Catalog]) -> None:
    catalog = load(text)
    stored = json.dumps(catalog.model_dump(mode="json"), allow_nan=False)
    assert Catalog.model_validate(json.loads(stored)) == catalog
    assert hash(Catalog.model_validate(json.loads(stored))) == hash(catalog)


def test_a_catalog_cannot_be_changed(catalog: Catalog) -> None:
    with pytest.raises(ValidationError):
        catalog.services["orders"].branch = "main"  # type: ignore[misc]


def test_the_sample_is_the_platform_of_the_readme() -> None:
    catalog = load_catalog(SAMPLE)
    assert {name: service.kind.value for name, service in catalog.services.items()} == {
        "orders": "serverless",
        "payments": "serverless",
        "invoices": "serverless",
        "storefront": "web",
        "backoffice": "web",
        "courier": "android",
    }
    assert catalog.services["payments"].regions["production"] == ("eu-west-1", "us-east-1")
