"""What every step of a release needs: its place in the plan, and the release's records."""

from __future__ import annotations

from dataclasses import dataclass

from airflow.sdk.exceptions import AirflowSkipException

from release_ops.clients.release_records import ReleaseRecords
from release_ops.config.models import Environment, Service
from release_ops.domain.errors import ErroredError
from release_ops.domain.records import Cut
from release_ops.domain.rehearsal import TimeScale
from release_ops.hooks import accounts
from release_ops.plan.service import ServicePlan, plan_service
from release_ops.plan.steps import Step


@dataclass(frozen=True)
class LedgerAddress:
    """Where the ledger is, and the Airflow connection whose role may write it."""

    aws_conn_id: str
    region: str
    bucket: str
    catalog_file: str = ""
    """The running catalog, which a release asks for little: windows and freezes of today, not of its cut."""

    def records(self, run_id: str) -> ReleaseRecords:
        return ReleaseRecords(accounts.ledger(self.aws_conn_id, self.region, self.bucket), run_id)


@dataclass(frozen=True)
class ServiceRelease:
    """One service in one release: its newest cut, with the catalog as it was frozen."""

    records: ReleaseRecords
    cut: Cut
    service: Service
    environments: dict[str, Environment]
    catalog_file: str = ""

    @property
    def plan(self) -> ServicePlan:
        return plan_service(self.service)

    def time_scale(self) -> TimeScale:
        return accounts.time_scale(
            connection
            for place in self.environments.values()
            for connection in (place.aws_connection, place.http_connection, place.play_connection)
            if connection
        )

    def builds_in(self, environment: str) -> Environment:
        """Return the environment whose account runs the builds for this one."""
        return self.environments[self.environments[environment].builds_in or environment]


def service_release(address: LedgerAddress, run_id: str, step: Step) -> ServiceRelease:
    """Return the release's frozen facts for a step's service.

    The manifest decides, not the configuration of today: a step that is not in it does nothing (it is
    skipped, and the gate, which needs every step to succeed, stays shut)."""
    records = address.records(run_id)
    cut = records.cut(step.service)
    if cut is None:
        raise ErroredError(f"{step.service} has no cut in the ledger; clear {step.service}.cut")
    service = Service.model_validate(cut.spec)
    release = ServiceRelease(
        records,
        cut,
        service,
        {name: Environment.model_validate(spec) for name, spec in cut.environments.items()},
        address.catalog_file,
    )
    if step.path not in {planned.path for planned in release.plan.steps}:
        raise AirflowSkipException(f"{step.task_id} is not in this release's manifest: it waits for the next")
    return release
