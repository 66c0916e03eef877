"""What is missing holds its service, and says so; what is left out holds nobody."""

from __future__ import annotations

import pytest
from releases import Platform, Release

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def release(platform: Platform) -> Release:
    dev = platform.catalog.environments["dev"]
    codecommit = platform.aws.client("codecommit", dev.account, dev.home_region)
    codebuild = platform.aws.client("codebuild", dev.account, dev.home_region)
    courier = platform.catalog.services["courier"].build_projects["staging"]
    project = codebuild.batch_get_projects(names=[courier])["projects"][0]
    backoffice = platform.catalog.services["backoffice"].repository
    codebuild.delete_project(name=courier)
    codecommit.delete_repository(repositoryName=backoffice)
    release = platform.trigger("backoffice", "courier", "storefront")
    release.end()
    codebuild.create_project(
        **{
            key: project[key]
            for key in ("name", "source", "artifacts", "environment", "serviceRole", "timeoutInMinutes")
            if key in project
        }
    )
    return release


def test_a_repository_that_does_not_exist_holds_its_service(release: Release) -> None:
    reason = release.verdict()["held"]["backoffice"][0]
    assert "repository backoffice-web does not exist in CodeCommit; create it" in reason


def test_a_project_that_does_not_exist_holds_its_service(release: Release) -> None:
    reason = release.verdict()["held"]["courier"][0]
    assert "project courier-staging does not exist in this account and region" in reason


def test_what_was_left_out_holds_nobody(release: Release) -> None:
    verdict = release.verdict()
    assert "storefront" in verdict["promoted"], "although orders, which it depends on, was left out"
    assert set(verdict["left_out"]) == {"orders", "payments", "invoices"}


def test_an_unknown_service_is_refused_in_a_sentence(platform: Platform) -> None:
    release = platform.trigger("ordres")
    assert release.end() == "failed"
    assert "this release asks for ordres, which the catalog does not have" in release.verdict()["problem"]
