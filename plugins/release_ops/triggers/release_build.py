"""Waits for a build of the train, and writes into the release's ledger what it stopped."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from airflow.sdk import timezone

from release_ops.domain.records import BuildStop
from release_ops.hooks.release import LedgerAddress
from release_ops.triggers.codebuild import CodeBuildBuildTrigger


class ReleaseBuildTrigger(CodeBuildBuildTrigger):
    """
    Trigger for a build of the train.

    :param ledger: Where the release's records are: the fields of a LedgerAddress.
    :param run_id: The release.
    :param step: The service and the path of the build step.
    :param generation: Which of the step's builds this is.
    """

    def __init__(
        self, *, ledger: dict[str, str], run_id: str, step: tuple[str, str], generation: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.ledger = LedgerAddress(**ledger)
        self.run_id = run_id
        self.step = tuple(step)
        self.generation = generation
        self.serialized_fields |= {
            "ledger": asdict(self.ledger),
            "run_id": run_id,
            "step": list(self.step),
            "generation": generation,
        }

    def record_stop(self, reason: str, *, by: str = "", note: str = "") -> None:
        service, path = self.step
        stop = BuildStop(self.build_id, timezone.utcnow(), reason, by, note)
        self.ledger.records(self.run_id).write_build_stop(service, path, self.generation, stop)
