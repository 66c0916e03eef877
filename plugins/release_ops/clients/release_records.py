"""One release's records: where each stands in the ledger, and how it is found again."""

from __future__ import annotations

from datetime import datetime

from release_ops.clients.ledger import Ledger
from release_ops.clients.stop_switch import StopSwitch
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import (
    BuildResult,
    BuildStop,
    Cut,
    GateRecord,
    Manifest,
    Outcome,
    Pass,
    Refusal,
    StepResult,
    at_instant,
    numbered,
    release_prefix,
)


class ReleaseRecords:
    """The ledger, seen by one release. Steps are named by their path, such as `staging.eu-west-1.build`."""

    def __init__(self, ledger: Ledger, run_id: str) -> None:
        self._ledger = ledger
        self.run_id = run_id
        self._root = release_prefix(run_id)

    @property
    def stops(self) -> StopSwitch:
        """The stop switch, which outlives a release and is about all of them."""
        return StopSwitch(self._ledger)

    def manifest(self) -> Manifest | None:
        return self._ledger.read(f"{self._root}manifest.json", Manifest)

    def write_manifest(self, manifest: Manifest) -> Manifest:
        """Freeze the manifest; a second one is not written, the first is returned."""
        return self._ledger.write_once(f"{self._root}manifest.json", manifest)

    def release_clears(self) -> int:
        """Return Airflow's `max_tries` of cut_release when it last ran: it rises with each clear."""
        return self._ledger.last(f"{self._root}cut_release/clears/", int) or 0

    def write_release_clears(self, clears: int) -> int:
        return self._ledger.write_once(f"{self._root}cut_release/clears/{numbered(clears)}.json", clears)

    def cut(self, service: str) -> Cut | None:
        """Return the service's newest revision: the commit that this release is about."""
        return self._ledger.last(f"{self._root}{service}/cut/", Cut)

    def write_cut(self, cut: Cut) -> Cut:
        return self._ledger.write_once(f"{self._root}{cut.service}/cut/{numbered(cut.revision)}.json", cut)

    def intent(self, service: str, step: str) -> BuildIntent | None:
        """Return the newest build intent of a step."""
        keys = [key for key in self._ledger.keys(self._step(service, step)) if key.endswith("/intent.json")]
        return self._ledger.read(keys[-1], BuildIntent) if keys else None

    def write_intent(self, service: str, step: str, intent: BuildIntent) -> BuildIntent:
        return self._ledger.write_once(self._of(service, step, intent.generation, "intent"), intent)

    def build_id(self, service: str, step: str, intent: BuildIntent) -> str | None:
        return self._ledger.read(self._of(service, step, intent.generation, "build"), str)

    def write_build_id(self, service: str, step: str, intent: BuildIntent, build_id: str) -> str:
        """Save the build of an intent; return the id that is saved, which is another if one was there."""
        return self._ledger.write_once(self._of(service, step, intent.generation, "build"), build_id)

    def build_result(self, service: str, step: str, intent: BuildIntent) -> BuildResult | None:
        return self._ledger.read(self._of(service, step, intent.generation, "result"), BuildResult)

    def write_build_result(
        self, service: str, step: str, intent: BuildIntent, result: BuildResult
    ) -> BuildResult:
        return self._ledger.write_once(self._of(service, step, intent.generation, "result"), result)

    def build_stop(self, service: str, step: str, generation: int) -> BuildStop | None:
        """Return when, why and if possible by whom a generation's build was stopped; None if it was not."""
        told, seen = (self._of(service, step, generation, name) for name in ("stop-by", "stop"))
        return self._ledger.read(told, BuildStop) or self._ledger.read(seen, BuildStop)

    def write_build_stop(self, service: str, step: str, generation: int, stop: BuildStop) -> BuildStop:
        # Several places stop a build (ADR 7), in any order; only one of them knows who asked for it.
        name = "stop-by" if stop.by else "stop"
        return self._ledger.write_once(self._of(service, step, generation, name), stop)

    def clears_while_running(self, service: str, step: str) -> int:
        """Return how often a build step was cleared while its task ran: Airflow does not count those."""
        return len(self._ledger.keys(self._clears(service, step)))

    def write_clear_while_running(self, service: str, step: str, try_number: int) -> int:
        return self._ledger.write_once(
            f"{self._clears(service, step)}{numbered(try_number)}.json", try_number
        )

    def step_result(self, service: str, step: str, build_id: str) -> StepResult | None:
        """Return the newest result of a check for this build; results for other builds do not count."""
        return self._ledger.last(self._results(service, step, build_id), StepResult)

    def write_step_result(self, service: str, result: StepResult) -> StepResult:
        key = f"{self._results(service, result.step, result.build_id)}{at_instant(result.at)}.json"
        return self._ledger.write_once(key, result)

    def refusal(self, service: str, step: str) -> Refusal | None:
        """Return the last reason why a step did not begin."""
        return self._ledger.last(f"{self._root}{service}/refusals/{step}/", Refusal)

    def write_refusal(self, service: str, refusal: Refusal) -> Refusal:
        key = f"{self._root}{service}/refusals/{refusal.step}/{at_instant(refusal.at)}.json"
        return self._ledger.write_once(key, refusal)

    def gate(self, service: str) -> GateRecord | None:
        """Return the gate's last answer."""
        return self._ledger.last(f"{self._root}{service}/gate/", GateRecord)

    def write_gate(self, record: GateRecord) -> GateRecord:
        return self._ledger.write_once(
            f"{self._root}{record.service}/gate/{at_instant(record.at)}.json", record
        )

    def write_pass(self, granted: Pass) -> Pass:
        """Redeem a pass for one build intent; for the same intent again it is the same pass."""
        key = f"{self._root}{granted.service}/passes/{granted.region}/{granted.key}.json"
        return self._ledger.write_once(key, granted)

    def outcome(self, service: str) -> Outcome | None:
        return self._ledger.last(f"{self._root}{service}/outcome/", Outcome)

    def write_outcome(self, outcome: Outcome) -> Outcome:
        return self._ledger.write_once(
            f"{self._root}{outcome.service}/outcome/{at_instant(outcome.at)}.json", outcome
        )

    def write_verdict(self, at: datetime, verdict: dict[str, object]) -> dict[str, object]:
        return self._ledger.write_once(f"{self._root}verdict/{at_instant(at)}.json", verdict)

    def _step(self, service: str, step: str) -> str:
        return f"{self._root}{service}/builds/{step}/"

    def _of(self, service: str, step: str, generation: int, what: str) -> str:
        return f"{self._step(service, step)}{numbered(generation)}/{what}.json"

    def _clears(self, service: str, step: str) -> str:
        return f"{self._root}{service}/clears/{step}/"

    def _results(self, service: str, step: str, build_id: str) -> str:
        return f"{self._root}{service}/results/{step}/{build_id.rpartition(':')[2]}/"
