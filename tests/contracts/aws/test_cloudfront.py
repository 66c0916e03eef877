"""CloudFront: an invalidation completes.

A distribution takes a real account half an hour to make and to take down: there, name one of your own in
RELEASE_OPS_CONTRACT_DISTRIBUTION; one path of it is invalidated."""

import os
from typing import Any

import pytest

from tests.contracts.aws.account import Account


@pytest.fixture(scope="module")
def distribution(account: Account) -> str:
    named = os.environ.get("RELEASE_OPS_CONTRACT_DISTRIBUTION")
    if named:
        return named
    if account.is_real:
        pytest.skip("RELEASE_OPS_CONTRACT_DISTRIBUTION names no distribution")
    origin = {
        "Id": "site",
        "DomainName": "site.s3.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    made = account.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": account.name("distribution"),
            "Comment": "of the contract suite",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [origin]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "site",
                "ViewerProtocolPolicy": "redirect-to-https",
                "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
            },
        }
    )
    found: str = made["Distribution"]["Id"]
    return found


def test_an_invalidation_completes(account: Account, distribution: str) -> None:
    cloudfront = account.client("cloudfront")
    batch = {
        "CallerReference": account.name("invalidation"),
        "Paths": {"Quantity": 1, "Items": ["/release-ops-contract"]},
    }
    made = cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)[
        "Invalidation"
    ]
    assert made["Status"] in ("InProgress", "Completed")
    place: dict[str, Any] = {"DistributionId": distribution, "Id": made["Id"]}
    cloudfront.get_waiter("invalidation_completed").wait(**place, WaiterConfig={"Delay": 2})
    found = cloudfront.get_invalidation(**place)["Invalidation"]
    assert (found["Status"], found["InvalidationBatch"]["Paths"]) == ("Completed", batch["Paths"])
    arguments = ("--distribution-id", distribution, "--id", made["Id"])
    assert account.cli("cloudfront", "GetInvalidation", *arguments)["Invalidation"]["Status"] == "Completed"
    with pytest.raises(cloudfront.exceptions.NoSuchInvalidation):
        cloudfront.get_invalidation(DistributionId=distribution, Id="I0000000000000")


def test_a_distribution_that_is_not_there(account: Account) -> None:
    cloudfront = account.client("cloudfront")
    with pytest.raises(cloudfront.exceptions.NoSuchDistribution):
        cloudfront.get_distribution(Id="E0000000000000")
