"""Where the web apps live: a bucket, a CloudFront distribution, and the parameters that say which."""

import json
from collections.abc import Iterator
from typing import Any

from rehearsal.platform.aws import Aws
from rehearsal.platform.buckets import make_bucket
from rehearsal.platform.names import Target, targets
from release_ops.config import Catalog, Kind, Service

# AWS's managed cache policy "CachingOptimized" and its id, the same in every account.
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def sites(catalog: Catalog) -> Iterator[tuple[Target, Service, str]]:
    for target in targets(catalog):
        for service in catalog.services.values():
            if service.kind is Kind.WEB:
                for region in service.regions[target.name]:
                    yield target, service, region


def make_site(aws: Aws, account: str, service: str, region: str) -> None:
    ssm = aws.client("ssm", account, region)
    prefix = f"/release/{service}"
    # Written last, so it tells that the site is complete.
    if ssm.get_parameters(Names=[f"{prefix}/url"])["Parameters"]:
        return
    bucket = f"{service}-site-{account}-{region}"
    make_bucket(aws, account, region, bucket)
    origin = f"{bucket}.s3.{region}.amazonaws.com"
    distribution = _make_distribution(aws, account, f"{service} in {region}", origin)
    _let_read(aws, account, region, bucket, distribution["ARN"])
    parameters = {
        "site-bucket": bucket,
        "distribution-id": distribution["Id"],
        "url": f"https://{distribution['DomainName']}",
    }
    for name, value in parameters.items():
        ssm.put_parameter(Name=f"{prefix}/{name}", Value=value, Type="String", Overwrite=True)


def _make_distribution(aws: Aws, account: str, name: str, origin: str) -> dict[str, Any]:
    cloudfront = aws.client("cloudfront", account, "us-east-1")
    access = cloudfront.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": name.replace(" ", "-"),
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    bucket = {
        "Id": "site",
        "DomainName": origin,
        "OriginAccessControlId": access,
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": name,
            "Comment": name,
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": {"Quantity": 1, "Items": [bucket]},
            "DefaultCacheBehavior": {
                "TargetOriginId": "site",
                "ViewerProtocolPolicy": "redirect-to-https",
                "CachePolicyId": CACHING_OPTIMIZED,
            },
        }
    )
    distribution: dict[str, Any] = made["Distribution"]
    return distribution


def _let_read(aws: Aws, account: str, region: str, bucket: str, distribution_arn: str) -> None:
    """Let CloudFront read the bucket, and nobody without it."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("s3", account, region).put_bucket_policy(Bucket=bucket, Policy=policy)
