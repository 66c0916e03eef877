"""What seeding leaves in the accounts, and what keeps a bad build from getting further."""

import json
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError

from rehearsal.platform import commit, seed
from rehearsal.platform.history import history

SAMPLES = Path(__file__).parents[3] / "samples"
SERVICES = ("backoffice", "courier", "invoices", "orders", "payments", "storefront")
DEV, STAGING, PRODUCTION = "111111111111", "222222222222", "333333333333"
Platform = Any


@pytest.mark.parametrize("service", SERVICES)
def test_every_file_of_a_sample_came_with_one_commit(service: str) -> None:
    chapters = list(history(SAMPLES, service))
    told = [file.path for chapter in chapters for file in chapter.files]
    listed = subprocess.check_output(["git", "-C", SAMPLES / service, "ls-files"], text=True)
    assert sorted(told) == sorted(listed.split())
    assert all(chapter.files for chapter in chapters)


def test_seeding_twice_changes_nothing(platform: Platform) -> None:
    before = {service: platform.tip(service) for service in SERVICES}
    again = seed(platform.seeded.endpoint, platform.seeded.catalog, SAMPLES)
    assert {service: platform.tip(service) for service in SERVICES} == before
    assert again.connections == platform.seeded.connections


def test_every_connection_of_the_catalog_leads_to_the_sandbox(platform: Platform) -> None:
    found = platform.seeded.connections
    assert set(found) == set(platform.seeded.catalog.connection_ids)
    assert all("127.0.0.1" in connection for connection in found.values())


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_the_orchestrator_takes_its_role_with_the_external_id_only(
    platform: Platform, environment: str
) -> None:
    entry = platform.seeded.catalog.environments[environment]
    connection = json.loads(platform.seeded.connections[entry.aws_connection])
    sts = botocore.session.Session().create_client(
        "sts",
        region_name=connection["extra"]["region_name"],
        endpoint_url=connection["extra"]["service_config"]["sts"]["endpoint_url"],
        aws_access_key_id=connection["login"],
        aws_secret_access_key=connection["password"],
    )
    role = {"RoleArn": connection["extra"]["role_arn"], "RoleSessionName": "test"}
    taken = sts.assume_role(**role, **connection["extra"]["assume_role_kwargs"])
    assert taken["AssumedRoleUser"]["Arn"].split(":")[4] == entry.account
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(**role)


def test_production_has_the_same_commits_under_the_same_ids(platform: Platform) -> None:
    for service in SERVICES:
        assert platform.tip(service, PRODUCTION) == platform.tip(service)


@pytest.mark.parametrize("account", [DEV, STAGING, PRODUCTION])
@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_deploy_role_refuses_whoever_is_not_its_build(
    platform: Platform, account: str, environment: str
) -> None:
    """Not even an administrator: the role trusts one build role. That it lets that one in, builds show."""
    sts = platform.aws.client("sts", account, "eu-west-1")
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(
            RoleArn=platform.targets[environment].deploy_role_arn("orders"),
            RoleSessionName="test",
            ExternalId="release-ops-deploy",
        )


def test_projects_are_in_the_account_that_builds(platform: Platform) -> None:
    def projects(account: str) -> set[str]:
        return set(platform.aws.client("codebuild", account, "eu-west-1").list_projects()["projects"])

    assert projects(DEV) == {f"{service}-staging" for service in SERVICES}
    assert projects(STAGING) == set()
    assert projects(PRODUCTION) == {f"{service}-production" for service in SERVICES}


def test_a_new_commit_is_a_higher_version_of_the_app(platform: Platform) -> None:
    before = platform.tip("courier")
    made = commit(
        platform.seeded.endpoint,
        platform.seeded.catalog,
        "courier",
        "Say where the depots come from",
        {"app/src/main/assets/source.txt": "The planning department's list.\n"},
    )
    assert made == platform.tip("courier") == platform.tip("courier", PRODUCTION)
    codes = [
        int(platform.build("courier", "staging", "global", one).exports["RELEASE_VERSION_CODE"])
        for one in (before, made)
    ]
    assert codes[1] == codes[0] + 1


def test_another_bundle_than_the_proved_one_is_not_archived(platform: Platform) -> None:
    head = platform.tip("courier")
    proved = platform.build("courier", "staging", "global", head).exports
    told = {"RELEASE_BUNDLE": proved["RELEASE_BUNDLE"], "RELEASE_BUNDLE_SHA256": "0" * 64}
    build = platform.build("courier", "production", "global", head, told)
    assert build.status == "FAILED"
    assert "did NOT match" in build.log


def test_a_build_whose_tests_fail_deploys_nothing(platform: Platform) -> None:
    broken = commit(
        platform.seeded.endpoint,
        platform.seeded.catalog,
        "backoffice",
        "Forget to close the page",
        {"site/index.html": "<p>Version @commit"},
    )
    build = platform.build("backoffice", "staging", "eu-west-1", broken)
    assert build.status == "FAILED"
    assert "Entering phase BUILD" not in build.log
