"""A ledger in memory, for operators: records make the trip through JSON, as in S3."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter


class FakeLedger:
    """Stands for clients.ledger.Ledger."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def write_once(self, key: str, record: Any) -> Any:
        self.objects.setdefault(key, TypeAdapter(type(record)).dump_json(record))
        return self.read(key, type(record))

    def read(self, key: str, kind: type) -> Any:
        body = self.objects.get(key)
        return None if body is None else TypeAdapter(kind).validate_json(body)

    def keys(self, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    def last(self, prefix: str, kind: type) -> Any:
        keys = self.keys(prefix)
        return self.read(keys[-1], kind) if keys else None
