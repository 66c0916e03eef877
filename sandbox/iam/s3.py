"""What a request to S3 needs: its operations share few actions, and each is asked of a bucket or of a key.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from sandbox.iam.patterns import Context
from sandbox.iam.reading import Reading, body_of
from sandbox.iam.statements import Asked

# Operations whose permission is called otherwise; what is not here is called as its operation.
_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectAttributes": "GetObject",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
# With a version, these are permissions of their own.
_OF_A_VERSION = ("GetObject", "DeleteObject", "GetObjectAcl", "GetObjectTagging", "DeleteObjectTagging")
_ALONG = {"x-amz-acl": "PutObjectAcl", "x-amz-tagging": "PutObjectTagging"}
_KEYS = re.compile(rb"<Object>(.*?)</Object>", re.DOTALL)


def bucket_of(reading: Reading) -> str:
    return str(reading.parameters.get("Bucket", ""))


def asked_of_s3(reading: Reading) -> Iterator[Asked]:
    bucket, key = bucket_of(reading), reading.parameters.get("Key")
    if reading.operation == "DeleteObjects":
        yield from _deletions(reading, bucket)
        return
    action = _ACTIONS.get(reading.operation, reading.operation)
    if reading.parameters.get("versionId") and action in _OF_A_VERSION:
        action = action.replace("Object", "ObjectVersion", 1)
    resource = f"arn:aws:s3:::{bucket}/{key}" if key else f"arn:aws:s3:::{bucket}"
    yield Asked(f"s3:{action}", resource if bucket else "*", _context(reading))
    if action == "PutObject":
        yield from _along(reading, resource)


def _along(reading: Reading, resource: str) -> Iterator[Asked]:
    """What writing an object needs besides: for its source, its ACL, its tags."""
    if reading.request is None:
        return
    headers = reading.request.headers
    source = headers.get("x-amz-copy-source")
    if source:
        copied = unquote(source).lstrip("/").partition("?versionId=")
        action = "GetObjectVersion" if copied[1] else "GetObject"
        yield Asked(f"s3:{action}", f"arn:aws:s3:::{copied[0]}")
    for header, action in _ALONG.items():
        if header in headers:
            yield Asked(f"s3:{action}", resource)


def _deletions(reading: Reading, bucket: str) -> Iterator[Asked]:
    body = body_of(reading.request) if reading.request else b""
    for item in _KEYS.findall(body):
        key = re.search(rb"<Key>(.*?)</Key>", item, re.DOTALL)
        action = "DeleteObjectVersion" if b"<VersionId>" in item else "DeleteObject"
        yield Asked(f"s3:{action}", f"arn:aws:s3:::{bucket}/{key[1].decode() if key else ''}")


def _context(reading: Reading) -> Context:
    names = ("prefix", "delimiter", "max-keys", "versionId")
    return {
        f"s3:{name.lower()}": str(reading.parameters[name]) for name in names if name in reading.parameters
    }
