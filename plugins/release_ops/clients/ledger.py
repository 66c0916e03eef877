"""The ledger: write-once JSON objects in one S3 bucket that only the orchestrator's role can write.

XCom is wiped by a clear and, like Airflow's state store, can be written by anybody who may edit a task
instance; a restored database forgets. The ledger does neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter, ValidationError

from release_ops.domain.errors import ErroredError

RecordT = TypeVar("RecordT")

_MISSING = ("NoSuchKey", "404")
_ALREADY_THERE = ("PreconditionFailed", "ConditionalRequestConflict")


class LedgerUnreadableError(ErroredError):
    """The ledger could not be read or written: nothing may be concluded from that."""


class Ledger:
    """Typed records in a bucket; every write is conditional and never replaces.

    Raises LedgerUnreadableError for whatever AWS or the network answers but "there is nothing".
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def write_once(self, key: str, record: RecordT) -> RecordT:
        """Write the record, or return the one that is already there.

        The condition is S3's own (`If-None-Match: *`), so of two writers one wins and both learn which:
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
        body = TypeAdapter(type(record)).dump_json(record)
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*"
            )
        except ClientError as error:
            if _code(error) in _ALREADY_THERE:
                stored = self.read(key, type(record))
                if stored is not None:
                    return stored
            raise self._unreadable("write", key, error) from error
        except BotoCoreError as error:
            raise self._unreadable("write", key, error) from error
        return record

    def read(self, key: str, kind: type[RecordT]) -> RecordT | None:
        """Return the record under this key; None only if S3 says that there is none."""
        try:
            body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            return TypeAdapter(kind).validate_json(body)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise self._unreadable("read", key, error) from error
        except (BotoCoreError, ValidationError) as error:
            raise self._unreadable("read", key, error) from error

    def keys(self, prefix: str) -> list[str]:
        """Return all keys under a prefix, in order."""
        return list(self._pages(prefix))

    def last(self, prefix: str, kind: type[RecordT]) -> RecordT | None:
        """Return the record with the greatest key under a prefix."""
        keys = self.keys(prefix)
        return self.read(keys[-1], kind) if keys else None

    def _pages(self, prefix: str) -> Iterator[str]:
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                for item in page.get("Contents", ()):
                    yield item["Key"]
        except (ClientError, BotoCoreError) as error:
            raise self._unreadable("list", prefix, error) from error

    def _unreadable(self, verb: str, key: str, error: Exception) -> LedgerUnreadableError:
        return LedgerUnreadableError(f"cannot {verb} s3://{self._bucket}/{key}: {error}")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
