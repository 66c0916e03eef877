"""The script of a running sandbox: asked for every build and every call, replaced at any time."""

import random
import threading
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sandbox.scripted.document import Answer, Outcome, ScriptDocument, ScriptedBuild, ScriptedCall


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """How a build ends, or hangs, when it enters a phase."""

    phase: str
    status: Outcome
    message: str


class Script:
    """What was asked for, and how often it was given. Safe to ask from any thread."""

    def __init__(self, document: ScriptDocument | None = None) -> None:
        self._lock = threading.Lock()
        self.replace(document or ScriptDocument())

    def replace(self, document: ScriptDocument) -> None:
        """Follow this document from now on, from its beginning."""
        with self._lock:
            self._document = document
            self._builds = [0] * len(document.builds)
            self._calls = [0] * len(document.calls)
            # One sequence per entry: what one of them draws does not move another one's calls.
            self._draws = [
                random.Random(f"{document.seed}:{index}")  # noqa: S311 - reproducible on purpose
                for index in range(len(document.calls))
            ]

    @property
    def document(self) -> ScriptDocument:
        return self._document

    def used(self) -> dict[str, list[int]]:
        """How often each entry has been given, in the document's order."""
        with self._lock:
            return {"builds": list(self._builds), "calls": list(self._calls)}

    def build_outcome(self, account: str, region: str, project: str) -> BuildOutcome | None:
        """How a build that starts now has to end, if the script says; counts as given."""
        with self._lock:
            for index, entry in enumerate(self._document.builds):
                if self._left(entry, self._builds[index], account) and fnmatchcase(project, entry.project):
                    self._builds[index] += 1
                    return BuildOutcome(entry.phase, entry.outcome, entry.message)
        return None

    def list_lag(self, account: str, region: str) -> float:
        """For how many seconds ListBuilds does not show a new build yet."""
        return self._document.list_lag

    def answer(self, account: str, service: str, operation: str) -> Answer | None:
        """How this call has to be answered, if the script says; counts as given."""
        with self._lock:
            for index, entry in enumerate(self._document.calls):
                matches = fnmatchcase(service, entry.service) and fnmatchcase(operation, entry.operation)
                if not matches or not self._left(entry, self._calls[index], account):
                    continue
                if self._draws[index].random() < entry.share:
                    self._calls[index] += 1
                    return entry.answer
        return None

    @staticmethod
    def _left(entry: ScriptedBuild | ScriptedCall, given: int, account: str) -> bool:
        return entry.account in (None, account) and (entry.times is None or given < entry.times)
