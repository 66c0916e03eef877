"""Build records in Airflow's task state store: for the CodeBuild operator outside of a release.

The store survives a clear and is private to its task, but is forgotten after 30 days and can be written
by whoever may edit the task instance. A release keeps its records in the ledger instead.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

from pydantic import TypeAdapter

from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import BuildResult, BuildStop

RecordT = TypeVar("RecordT")


class StateStoreBuildRecords:
    """BuildRecords over ``context["task_state_store"]``."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def intent(self) -> BuildIntent | None:
        return self._read("intent", BuildIntent)

    def write_intent(self, intent: BuildIntent) -> BuildIntent:
        return self._write("intent", intent)

    def build_id(self, intent: BuildIntent) -> str | None:
        return self._read(f"build-{intent.generation}", str)

    def write_build_id(self, intent: BuildIntent, build_id: str) -> str:
        return self.build_id(intent) or self._write(f"build-{intent.generation}", build_id)

    def result(self, intent: BuildIntent) -> BuildResult | None:
        return self._read(f"result-{intent.generation}", BuildResult)

    def write_result(self, intent: BuildIntent, result: BuildResult) -> BuildResult:
        return self.result(intent) or self._write(f"result-{intent.generation}", result)

    def write_stop(self, intent: BuildIntent, stop: BuildStop) -> BuildStop:
        return self._read(f"stop-{intent.generation}", BuildStop) or self._write(
            f"stop-{intent.generation}", stop
        )

    def clears_while_running(self) -> int:
        return len(self._cleared_tries())

    def write_clear_while_running(self, try_number: int) -> None:
        self._store.set("codebuild-clears", json.dumps(sorted({*self._cleared_tries(), try_number})))

    def _cleared_tries(self) -> list[int]:
        tries: list[int] = json.loads(self._store.get("codebuild-clears") or "[]")
        return tries

    def _read(self, name: str, kind: type[RecordT]) -> RecordT | None:
        text = self._store.get(f"codebuild-{name}")
        return None if text is None else TypeAdapter(kind).validate_json(text)

    def _write(self, name: str, record: RecordT) -> RecordT:
        self._store.set(f"codebuild-{name}", TypeAdapter(type(record)).dump_json(record).decode())
        return record
