"""Waits until a release has been in staging for long enough."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseSensorOperator, timezone
from airflow.sdk.exceptions import AirflowFailException

from release_ops.clients.staging_facts import build_evidence, deployment_instants, step_evidence
from release_ops.domain.errors import FailedError
from release_ops.domain.soak import last_deployed_at, soak_ends_at
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.release import LedgerAddress, ServiceRelease, service_release
from release_ops.plan.steps import STAGING, Step, StepKind


class SoakSensor(BaseSensorOperator):
    """A time-delta sensor that counts from the instant at which staging got what it holds now.

    Airflow's TimeDeltaSensor counts from the schedule (a late or cleared staging soaks less), its
    WaitSensor from its own start (a clear soaks again). This one recomputes whenever it wakes, resumes on
    a worker so that Airflow looks at the dependencies again, and fails if a fact is missing.

    :param step: The soak step.
    :param ledger: Where the facts are.
    """

    ui_color = "#e6f1d8"

    def __init__(self, *, step: Step, ledger: LedgerAddress, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step
        self.ledger = ledger

    def execute(self, context: Any, event: Any = None) -> dict[str, str]:
        release = service_release(self.ledger, context["run_id"], self.step)
        deployed_at = self._deployed_at(release)
        try:
            required = release.time_scale().real(release.service.soak)
        except FailedError as error:
            raise AirflowFailException(str(error)) from error
        ends_at = soak_ends_at(deployed_at, required)
        answer = {"deployed_at": deployed_at.isoformat(), "ends_at": ends_at.isoformat()}
        context["ti"].xcom_push(key="soak", value=answer)
        if timezone.utcnow() < ends_at:
            self.log.info("Deployed at %s, soaks until %s", deployed_at, ends_at)
            self.defer(trigger=DateTimeTrigger(moment=ends_at), method_name="execute")
        self.log.info("Soaked since %s", deployed_at)
        return answer

    def _deployed_at(self, release: ServiceRelease) -> Any:
        staging = release.plan.of(STAGING)
        home = release.builds_in(STAGING)
        look = CodeBuildHook(aws_conn_id=home.aws_connection, region_name=home.home_region).builds.get
        builds = build_evidence(
            release.records, (step for step in staging if step.kind is StepKind.BUILD), look
        )
        rest = (step for step in staging if step.kind is StepKind.UPLOAD)
        results = step_evidence(release.records, rest, builds)
        deployed_at = last_deployed_at(deployment_instants(builds, results))
        if deployed_at is None:
            raise AirflowFailException(
                f"it is not known when {self.step.service} was deployed to staging; clear its staging "
                "builds with downstream"
            )
        return deployed_at
