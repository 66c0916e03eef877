"""A build of the train: the commit that was cut, into one environment and region."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from airflow.sdk import timezone
from airflow.sdk.exceptions import AirflowFailException

from release_ops.clients.build_starter import BuildRecords
from release_ops.clients.release_records import ReleaseRecords
from release_ops.domain.build import BuildRequest, BuildSummary
from release_ops.domain.errors import FailedError
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import BuildResult, BuildStop, Refusal
from release_ops.hooks.release import LedgerAddress, ServiceRelease, service_release
from release_ops.operators.codebuild import CodeBuildStartBuildOperator
from release_ops.operators.promotion import ask_for_pass
from release_ops.plan.pools import BUILD_POOL
from release_ops.plan.steps import PRODUCTION, STAGING, Step, StepKind
from release_ops.triggers.codebuild import CodeBuildBuildTrigger
from release_ops.triggers.release_build import ReleaseBuildTrigger

POLL = 30
"""Seconds between two looks at a build; one every 5 s with 30 builds is throttled by AWS."""


class LedgerBuildRecords:
    """BuildRecords of one step, in the release's ledger."""

    def __init__(self, records: ReleaseRecords, step: Step) -> None:
        self._records = records
        self._step = (step.service, step.path)

    def intent(self) -> BuildIntent | None:
        return self._records.intent(*self._step)

    def write_intent(self, intent: BuildIntent) -> BuildIntent:
        return self._records.write_intent(*self._step, intent)

    def build_id(self, intent: BuildIntent) -> str | None:
        return self._records.build_id(*self._step, intent)

    def write_build_id(self, intent: BuildIntent, build_id: str) -> str:
        return self._records.write_build_id(*self._step, intent, build_id)

    def result(self, intent: BuildIntent) -> BuildResult | None:
        return self._records.build_result(*self._step, intent)

    def write_result(self, intent: BuildIntent, result: BuildResult) -> BuildResult:
        return self._records.write_build_result(*self._step, intent, result)

    def write_stop(self, intent: BuildIntent, stop: BuildStop) -> BuildStop:
        return self._records.write_build_stop(*self._step, intent.generation, stop)

    def clears_while_running(self) -> int:
        return self._records.clears_while_running(*self._step)

    def write_clear_while_running(self, try_number: int) -> int:
        return self._records.write_clear_while_running(*self._step, try_number)


class ReleaseBuildOperator(CodeBuildStartBuildOperator):
    """Build the service's commit from its project of this environment.

    In production a build is left to end when its task is marked (stopping it halfway leaves a
    half-updated stack), a clear keeps what succeeded, and nothing starts without the gate's pass.

    :param step: The build step.
    :param ledger: Where intents, ids and results are written.
    """

    def __init__(self, *, step: Step, ledger: LedgerAddress, **kwargs: Any) -> None:
        staging = step.environment == STAGING
        super().__init__(cancel_on_kill=staging, keeps_success=not staging, **{"pool": BUILD_POOL, **kwargs})
        self.step = step
        self.ledger = ledger
        self._release: ServiceRelease | None = None

    def execute(self, context: Any, event: Any = None) -> BuildSummary:
        release = self._prepare(context)
        self.log.info("%s at %s", self.step.task_id, release.cut.commit)
        return super().execute(context, event)

    def execute_complete(self, context: Any, event: Any = None) -> BuildSummary:
        self._prepare(context)
        return super().execute_complete(context, event)

    def build_records(self, context: Any) -> BuildRecords:
        return LedgerBuildRecords(self._prepare(context).records, self.step)

    def build_request(self, context: Any) -> BuildRequest:
        release = self._prepare(context)
        commit = release.cut.commit
        variables = {
            "RELEASE_RUN": context["run_id"],
            "RELEASE_SERVICE": self.step.service,
            "RELEASE_ENVIRONMENT": self.step.environment,
            "RELEASE_REGION": self.step.region,
            "RELEASE_COMMIT": commit,
            **self._proved_bundle(release),
        }
        return BuildRequest(
            self.project_name,
            commit,
            variables,
            timeout=self.build_timeout,
            queued_timeout=self.queued_timeout,
        )

    def build_trigger(
        self, context: Any, intent: BuildIntent | None, **options: Any
    ) -> CodeBuildBuildTrigger:
        if intent is None:
            return super().build_trigger(context, intent, **options)
        return ReleaseBuildTrigger(
            ledger=asdict(self.ledger),
            run_id=context["run_id"],
            step=(self.step.service, self.step.path),
            generation=intent.generation,
            **options,
        )

    def before_start(self, context: Any, intent: BuildIntent) -> None:
        if self.step.environment == PRODUCTION:
            ask_for_pass(context, self._prepare(context), self.step, intent.key, intent.request.commit)

    def on_refusal(self, context: Any, reason: str) -> None:
        refusal = Refusal(self.step.path, timezone.utcnow(), reason)
        self._prepare(context).records.write_refusal(self.step.service, refusal)

    def _prepare(self, context: Any) -> ServiceRelease:
        """Read the frozen spec once per try, and aim this operator at the project and account it names."""
        if self._release is None:
            release = service_release(self.ledger, context["run_id"], self.step)
            home = release.builds_in(self.step.environment)
            self.project_name = release.service.build_projects[self.step.environment]
            self.aws_conn_id, self.region_name = home.aws_connection, home.home_region
            self.keeps_success = self.keeps_success and not release.cut.redeploy
            try:
                scale = release.time_scale()
            except FailedError as error:
                raise AirflowFailException(str(error)) from error
            self.waiter_delay = max(2, round(POLL / scale.factor))
            self._release = release
        return self._release

    def _proved_bundle(self, release: ServiceRelease) -> dict[str, str]:
        """What production needs of an app: the very bundle that staging proved, by address and digest."""
        uploads = [step for step in release.plan.of(STAGING) if step.kind is StepKind.UPLOAD]
        if self.step.environment != PRODUCTION or not uploads:
            return {}
        build = uploads[0].path.replace(StepKind.UPLOAD, StepKind.BUILD)
        intent = release.records.intent(self.step.service, build)
        result = release.records.build_result(self.step.service, build, intent) if intent else None
        if result is None:
            raise FailedError(f"{self.step.service}.{build} has no result; clear it with downstream")
        return {name: result.exported.get(name, "") for name in ("RELEASE_BUNDLE", "RELEASE_BUNDLE_SHA256")}
