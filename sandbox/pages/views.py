"""What the pages show of a build, in words. Pure: a record of BatchGetBuilds and a time go in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from sandbox.settings import ACCOUNTS

Wire = Mapping[str, Any]
_NAMES = {account: name for name, account in ACCOUNTS.items()}


@dataclass(frozen=True, slots=True)
class PhaseView:
    name: str
    status: str
    begins: float  # seconds into the build
    seconds: float
    message: str

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()

    @property
    def duration(self) -> str:
        return in_words(self.seconds)


@dataclass(frozen=True, slots=True)
class BuildView:
    """One build; ``record`` is what BatchGetBuilds says of it."""

    account: str
    region: str
    record: Wire
    phases: tuple[PhaseView, ...]
    seconds: float

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def url(self) -> str:
        return f"/_sandbox/builds/{quote(self.id, safe='')}"

    @property
    def status(self) -> str:
        return str(self.record["buildStatus"])

    @property
    def is_running(self) -> bool:
        return not self.record["buildComplete"]

    @property
    def owner(self) -> str:
        return name_of_account(self.account)

    @property
    def commit(self) -> str:
        """The commit that was built, or the version that was asked for."""
        return str(self.record.get("resolvedSourceVersion") or self.record.get("sourceVersion") or "")

    @property
    def short_commit(self) -> str:
        return self.commit[:8] if len(self.commit) == 40 else self.commit

    @property
    def started(self) -> datetime:
        return datetime.fromtimestamp(self.record["startTime"], UTC)

    @property
    def duration(self) -> str:
        return in_words(self.seconds)

    @property
    def current(self) -> str:
        return self.phases[-1].label if self.phases else ""

    @property
    def failures(self) -> list[PhaseView]:
        return [phase for phase in self.phases if phase.status not in ("SUCCEEDED", "IN_PROGRESS")]


def build_view(account: str, region: str, record: Wire, now: float) -> BuildView:
    phases = tuple(
        _phase(phase, record["startTime"], now)
        for phase in record["phases"]
        if phase["phaseType"] != "COMPLETED"
    )
    seconds = record.get("endTime", now) - record["startTime"]
    return BuildView(account, region, record, phases, max(0.0, seconds))


def _phase(phase: Wire, start: float, now: float) -> PhaseView:
    told = [context for context in phase.get("contexts", []) if context["message"] or context["statusCode"]]
    return PhaseView(
        phase["phaseType"],
        phase.get("phaseStatus", "IN_PROGRESS"),
        max(0.0, phase["startTime"] - start),
        max(0.0, phase.get("endTime", now) - phase["startTime"]),
        "; ".join(": ".join(filter(None, (one["statusCode"], one["message"]))) for one in told),
    )


def name_of_account(account: str) -> str:
    return _NAMES.get(account, account)


def in_words(seconds: float) -> str:
    """As exact as a reader cares: 0.4 s, 12 s, 2 min 5 s, 1 h 3 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
