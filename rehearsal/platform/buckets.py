"""The ledger, and where builds leave what they made."""

from rehearsal.platform.aws import Aws, already_there
from rehearsal.platform.names import targets
from rehearsal.platform.policies import artifacts_policy, document, ledger_policy
from release_ops.config import Catalog


def make_ledger(aws: Aws, catalog: Catalog) -> None:
    dev = catalog.environments["dev"]
    if dev.ledger_bucket:
        make_bucket(aws, dev.account, dev.home_region, dev.ledger_bucket)
        s3 = aws.client("s3", dev.account, dev.home_region)
        s3.put_bucket_versioning(Bucket=dev.ledger_bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_policy(Bucket=dev.ledger_bucket, Policy=document(ledger_policy(catalog)))


def make_artifact_buckets(aws: Aws, catalog: Catalog) -> None:
    for target in targets(catalog):
        home = target.builds_in
        make_bucket(aws, home.account, home.home_region, target.artifact_bucket)
        policy = artifacts_policy(target, catalog)
        if policy:
            s3 = aws.client("s3", home.account, home.home_region)
            s3.put_bucket_policy(Bucket=target.artifact_bucket, Policy=document(policy))


def make_bucket(aws: Aws, account: str, region: str, name: str) -> None:
    s3 = aws.client("s3", account, region)
    # us-east-1 is the only region that must not be named, and answers 200 to a bucket that is there.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    with already_there("BucketAlreadyOwnedByYou"):
        s3.create_bucket(Bucket=name, **place)
