"""The ledger, and where builds leave what they made."""

import json

from rehearsal.platform.aws import Aws, already_there
from rehearsal.platform.names import Target, targets
from release_ops.config import Catalog


def make_ledger(aws: Aws, catalog: Catalog) -> None:
    dev = catalog.environments["dev"]
    if dev.ledger_bucket:
        make_bucket(aws, dev.account, dev.home_region, dev.ledger_bucket)
        s3 = aws.client("s3", dev.account, dev.home_region)
        s3.put_bucket_versioning(Bucket=dev.ledger_bucket, VersioningConfiguration={"Status": "Enabled"})


def make_artifact_buckets(aws: Aws, catalog: Catalog) -> None:
    for target in targets(catalog):
        home = target.builds_in
        make_bucket(aws, home.account, home.home_region, target.artifact_bucket)
        others = [other for other in targets(catalog) if other.builds_in.account != home.account]
        if target.name == "staging" and others:
            policy = _readable_by(target, others)
            aws.client("s3", home.account, home.home_region).put_bucket_policy(
                Bucket=target.artifact_bucket, Policy=policy
            )


def make_bucket(aws: Aws, account: str, region: str, name: str) -> None:
    s3 = aws.client("s3", account, region)
    # us-east-1 is the only region that must not be named, and answers 200 to a bucket that is there.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with already_there("BucketAlreadyOwnedByYou"):
        s3.create_bucket(Bucket=name, **place)


def _readable_by(target: Target, others: list[Target]) -> str:
    """The bundle that staging proved is fetched by production's build, from production's account."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [other.build_role_arn for other in others]},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{target.artifact_bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
