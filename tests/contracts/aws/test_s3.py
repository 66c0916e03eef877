"""S3 as the ledger needs it: what is written once stays, and what changed is not overwritten unseen."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contracts.aws.account import Account


def refused_with(code: str, status: int, call: Any, **request: Any) -> None:
    with pytest.raises(ClientError) as refused:
        call(**request)
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_object_is_written_once(account: Account, bucket: str) -> None:
    s3 = account.client("s3")
    once = {"Bucket": bucket, "Key": "once/a", "IfNoneMatch": "*"}
    s3.put_object(**once, Body=b"first")
    refused_with("PreconditionFailed", 412, s3.put_object, **once, Body=b"second")
    found = s3.get_object(Bucket=bucket, Key="once/a")
    assert (found["Body"].read(), found["ContentLength"]) == (b"first", 5)
    s3.delete_object(Bucket=bucket, Key="once/a")
    s3.put_object(**once, Body=b"third")


def test_an_object_is_replaced_only_by_who_knows_it(account: Account, bucket: str) -> None:
    s3 = account.client("s3")
    known = {"Bucket": bucket, "Key": "known"}
    first = s3.put_object(**known, Body=b"1")["ETag"]
    second = s3.put_object(**known, Body=b"2", IfMatch=first)["ETag"]
    assert first != second
    refused_with("PreconditionFailed", 412, s3.put_object, **known, Body=b"3", IfMatch=first)
    refused_with("NoSuchKey", 404, s3.put_object, Bucket=bucket, Key="unknown", Body=b"3", IfMatch=first)
    refused_with("304", 304, s3.get_object, **known, IfNoneMatch=second)


def test_listing_and_what_is_not_there(account: Account, bucket: str) -> None:
    s3 = account.client("s3")
    keys = [f"list/{number}" for number in range(5)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = list(
        s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix="list/", PaginationConfig={"PageSize": 2}
        )
    )
    assert [[one["Key"] for one in page["Contents"]] for page in pages] == [keys[:2], keys[2:4], keys[4:]]
    assert s3.list_objects_v2(Bucket=bucket, Prefix="nothing")["KeyCount"] == 0
    told = account.cli("s3api", "ListObjectsV2", "--bucket", bucket, "--prefix", "list/")
    assert [one["Key"] for one in told["Contents"]] == keys
    refused_with("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key="nothing")
    refused_with("404", 404, s3.head_object, Bucket=bucket, Key="nothing")
    refused_with("NoSuchBucket", 404, s3.list_objects_v2, Bucket=account.name("nowhere"))
    s3.delete_object(Bucket=bucket, Key="nothing")
