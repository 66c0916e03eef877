"""S3, as the ledger and the artifact buckets need it."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.exceptions
import pytest


@pytest.fixture
def bucket(sandbox: Any) -> str:
    name = f"ledger-{uuid.uuid4().hex[:8]}"
    location = {"LocationConstraint": "eu-west-1"}
    sandbox.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=location)
    return name


def test_an_object_is_written_once(sandbox: Any, bucket: str) -> None:
    s3 = sandbox.client("s3")
    s3.put_object(Bucket=bucket, Key="a/b", Body=b"first", IfNoneMatch="*")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="a/b", Body=b"second", IfNoneMatch="*")
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert s3.get_object(Bucket=bucket, Key="a/b")["Body"].read() == b"first"


def test_of_many_at_once_one_wins(sandbox: Any, bucket: str) -> None:
    clients = [sandbox.client("s3") for _ in range(8)]

    def write(number: int) -> bool:
        try:
            clients[number % 8].put_object(
                Bucket=bucket, Key=f"race-{number // 8}", Body=str(number).encode() * 20000, IfNoneMatch="*"
            )
        except botocore.exceptions.ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(write, range(80)))
    assert [sum(won[start : start + 8]) for start in range(0, 80, 8)] == [1] * 10


def test_an_object_is_replaced_only_by_who_knows_it(sandbox: Any, bucket: str) -> None:
    s3 = sandbox.client("s3")
    tag = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["ETag"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfMatch=tag)
    with pytest.raises(botocore.exceptions.ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=tag)


def test_a_bucket_s_name_is_global(sandbox: Any, bucket: str) -> None:
    location = {"LocationConstraint": "eu-west-1"}
    with pytest.raises(botocore.exceptions.ClientError, match="BucketAlreadyExists"):
        sandbox.client("s3", "staging").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)


def test_the_usual_tls_policy_denies_nobody_here(sandbox: Any, bucket: str) -> None:
    s3 = sandbox.client("s3")
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    s3.put_object(Bucket=bucket, Key="k", Body=b"1")
