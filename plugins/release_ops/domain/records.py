"""What a release remembers: typed records, their place in the ledger, and their JSON.

Every record is written once under a key that says what it is about; a change of mind is another record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True)
class ManifestEntry:
    """What the cut found for one service: a commit, or the sentence that says why there is none."""

    commit: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Manifest:
    """The frozen catalog and one commit per service: what this release is about."""

    run_id: str
    cut_at: datetime
    catalog: Mapping[str, Any]
    entries: Mapping[str, ManifestEntry]
    left_out: tuple[str, ...] = ()
    redeploy: bool = False


@dataclass(frozen=True)
class Cut:
    """One service's part of the manifest at one commit; revision 2 and up are fixes taken by a clear."""

    service: str
    revision: int
    commit: str
    cut_at: datetime
    clears: int
    spec: Mapping[str, Any]
    """The service's frozen catalog entry."""
    environments: Mapping[str, Any]
    redeploy: bool = False
    release_clears: int = 0
    """`clears` of cut_release when this was cut: if that rises, the whole release was cleared."""


@dataclass(frozen=True)
class BuildResult:
    """How a build ended, as AWS told it, and when what it made was deployed."""

    build_id: str
    key: str
    status: str
    commit: str
    ended_at: datetime | None
    exported: Mapping[str, str] = field(default_factory=dict)
    artifact: str = ""
    failure: str = ""
    artifact_sha256: str = ""


@dataclass(frozen=True)
class BuildStop:
    """A build that we stopped, and why."""

    build_id: str
    at: datetime
    reason: str
    by: str = ""
    """Who marked its task; empty where nobody could tell: triggers and workers learn the state alone."""
    note: str = ""


@dataclass(frozen=True)
class StepResult:
    """What a check (or an upload, or a promotion on a track) asked, and what came back.

    It counts for one build only: the one whose work it looked at."""

    step: str
    build_id: str
    passed: bool
    at: datetime
    summary: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """Why a step did not even begin: the sentence that its task failed with."""

    step: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class GateRecord:
    """An answer of the gate: open for this commit on this evidence, or closed for these reasons."""

    service: str
    commit: str
    at: datetime
    builds: tuple[str, ...]
    """The staging builds that the answer is about."""
    blockers: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        return not self.blockers


@dataclass(frozen=True)
class Pass:
    """Leave to start one production build: of this intent, and of no other."""

    service: str
    region: str
    commit: str
    key: str
    at: datetime
    builds: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a service in this release."""

    service: str
    result: str
    commit: str
    at: datetime
    reasons: tuple[str, ...] = ()

    @property
    def holds_dependents(self) -> bool:
        return self.result == HELD


PROMOTED, HELD, LEFT_OUT = "promoted", "held", "left out"


def release_prefix(run_id: str) -> str:
    """Return where a release's records live; a run id may hold `:`, `+` and `/`."""
    return f"releases/{quote(run_id, safe='')}/"


def numbered(number: int) -> str:
    """Return a number that sorts as text in the ledger's listing."""
    return f"{number:04d}"


def at_instant(moment: datetime) -> str:
    """Return an instant that sorts as text in the ledger's listing."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
