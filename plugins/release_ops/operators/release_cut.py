"""The cut: which commit of which service this release is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import BaseOperator, timezone
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException
from airflow.utils.types import DagRunType

from release_ops.clients.codecommit import BranchUnresolvedError, CodeCommitClient
from release_ops.clients.release_records import ReleaseRecords
from release_ops.config.models import Catalog, Service
from release_ops.domain.errors import FailedError
from release_ops.domain.records import Cut, Manifest, ManifestEntry, Refusal
from release_ops.hooks import accounts
from release_ops.hooks.release import LedgerAddress
from release_ops.plan.service import plan_service
from release_ops.plan.steps import CUT_RELEASE, PRODUCTION, Step, StepKind

LOOKUPS_AT_ONCE = 8
LATEST_CUT = timedelta(hours=1)


class CutReleaseOperator(BaseOperator):
    """Freeze the catalog and one commit per service in the manifest, write-once.

    A clear returns the same manifest. A branch that cannot be resolved holds its service, and nobody else.

    :param catalog: The catalog as the DAG file was parsed with it.
    :param ledger: Where the manifest is written.
    """

    ui_color = "#f4e3c1"

    def __init__(self, *, catalog: Catalog, ledger: LedgerAddress, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.catalog = catalog
        self.ledger = ledger

    def execute(self, context: Any) -> dict[str, Any]:
        run_id = context["run_id"]
        accounts.require(place.aws_connection for place in self.catalog.environments.values())
        records = self.ledger.records(run_id)
        manifest = records.manifest()
        if manifest is None:
            manifest = records.write_manifest(self._manifest(context, records))
        records.write_release_clears(context["ti"].max_tries)
        for name, entry in manifest.entries.items():
            self.log.info("%s: %s", name, entry.commit or entry.problem)
        return {
            "commits": {name: entry.commit for name, entry in manifest.entries.items() if entry.commit},
            "held": {name: entry.problem for name, entry in manifest.entries.items() if entry.problem},
            "left_out": list(manifest.left_out),
        }

    def _manifest(self, context: Any, records: ReleaseRecords) -> Manifest:
        try:
            return self._cut(context["dag_run"], context["params"])
        except FailedError as error:
            records.write_refusal(CUT_RELEASE, Refusal("cut", timezone.utcnow(), str(error)))
            raise AirflowFailException(str(error)) from error

    def _cut(self, dag_run: Any, params: Any) -> Manifest:
        accounts.time_scale(self.catalog.connection_ids)
        refuse_late_cut(dag_run, now=timezone.utcnow())
        chosen = chosen_services(params.get("services"), self.catalog)
        dev = self.catalog.environments["dev"]
        client = accounts.codecommit(dev.aws_connection, dev.home_region)
        return Manifest(
            run_id=dag_run.run_id,
            cut_at=timezone.utcnow(),
            catalog=self.catalog.model_dump(mode="json"),
            entries=resolve(client, [self.catalog.services[name] for name in chosen]),
            left_out=tuple(name for name in self.catalog.services if name not in chosen),
            redeploy=bool(params.get("redeploy")),
        )


class CutServiceOperator(BaseOperator):
    """Take the manifest's commit for one service; after a clear, the branch's commit of now.

    :param step: The service's `cut` step.
    :param ledger: Where revisions are written.
    """

    ui_color = "#f4e3c1"

    def __init__(self, *, step: Step, ledger: LedgerAddress, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step
        self.ledger = ledger

    def execute(self, context: Any) -> dict[str, Any]:
        records = self.ledger.records(context["run_id"])
        manifest = records.manifest()
        if manifest is None:
            raise AirflowFailException("this release has no manifest; clear cut_release with downstream")
        latest = records.cut(self.step.service)
        clears = context["ti"].max_tries
        if latest is None or clears > latest.clears:
            try:
                latest = records.write_cut(self._revision(manifest, latest, clears, records))
            except FailedError as error:
                refusal = Refusal(self.step.path, timezone.utcnow(), str(error))
                records.write_refusal(self.step.service, refusal)
                raise AirflowFailException(str(error)) from error
        self.log.info("%s is cut at %s, revision %s", latest.service, latest.commit, latest.revision)
        return {"commit": latest.commit, "revision": latest.revision}

    def _revision(self, manifest: Manifest, latest: Cut | None, clears: int, records: ReleaseRecords) -> Cut:
        name = self.step.service
        entry = manifest.entries.get(name)
        if entry is None:
            why = "was left out of" if name in manifest.left_out else "is not in the manifest of"
            raise AirflowSkipException(f"{name} {why} this release")
        spec = manifest.catalog["services"][name]
        environments = manifest.catalog["environments"]
        release_clears = records.release_clears()
        if latest is not None and release_clears > latest.release_clears:
            self.log.info(
                "cut_release was cleared: %s stays at its commit. For a newer one, clear this", name
            )
            commit = latest.commit
        elif latest is None and clears <= self.retries:
            commit = self._manifest_commit(entry)
        else:
            self._refuse_if_in_production(records, latest)
            commit = self._head(spec, environments)
        return Cut(
            service=name,
            revision=latest.revision + 1 if latest else 1,
            commit=commit,
            cut_at=timezone.utcnow(),
            clears=clears,
            spec=spec,
            environments=environments,
            redeploy=manifest.redeploy,
            release_clears=release_clears,
        )

    @staticmethod
    def _refuse_if_in_production(records: ReleaseRecords, latest: Cut | None) -> None:
        """A fix cannot join a release whose other regions already have the commit before it."""
        if latest is None:
            return
        plan = plan_service(Service.model_validate(latest.spec))
        begun = [
            step.task_id
            for step in plan.of(PRODUCTION)
            if step.kind is StepKind.BUILD and records.intent(step.service, step.path)
        ]
        if begun:
            raise FailedError(
                f"{begun[0]} has begun with {latest.commit}, so this release takes no other commit of "
                f"{latest.service}; ship the fix with the next release, or one triggered by hand"
            )

    @staticmethod
    def _manifest_commit(entry: ManifestEntry) -> str:
        if entry.problem:
            raise BranchUnresolvedError(entry.problem)
        return entry.commit

    @staticmethod
    def _head(spec: Any, environments: Any) -> str:
        service, dev = Service.model_validate(spec), environments["dev"]
        client = accounts.codecommit(dev["aws_connection"], dev["regions"][0])
        return client.head(service.repository, service.branch)


def refuse_late_cut(dag_run: Any, *, now: datetime) -> None:
    """Refuse a scheduled cut that is hours late: it would ship whatever has been merged since.

    That happens when Airflow was down at the tick, or the slot of the last release was still taken."""
    late = now - dag_run.run_after
    if dag_run.run_type == DagRunType.SCHEDULED and late > LATEST_CUT:
        raise FailedError(
            f"this cut was due at {dag_run.run_after:%Y-%m-%d %H:%M %Z} and is {late} late, so nothing is "
            "cut; trigger a release by hand, or wait for the next one"
        )


def chosen_services(wanted: Sequence[str] | None, catalog: Catalog) -> list[str]:
    """Return the services of this release, in the catalog's order; all of them if none is named."""
    if not wanted:
        return list(catalog.services)
    unknown = [name for name in wanted if name not in catalog.services]
    if unknown:
        raise FailedError(
            f"this release asks for {', '.join(unknown)}, which the catalog does not have; "
            f"choose among {', '.join(catalog.services)}"
        )
    return [name for name in catalog.services if name in wanted]


def resolve(client: CodeCommitClient, services: Iterable[Service]) -> dict[str, ManifestEntry]:
    """Return the commit that each service's branch holds now, or the sentence why it has none.

    An error of the machinery is not swallowed: the whole cut is tried again."""

    def entry(service: Service) -> ManifestEntry:
        try:
            return ManifestEntry(commit=client.head(service.repository, service.branch))
        except BranchUnresolvedError as error:
            return ManifestEntry(problem=str(error))

    listed = list(services)
    with ThreadPoolExecutor(LOOKUPS_AT_ONCE) as threads:
        return dict(zip((service.name for service in listed), threads.map(entry, listed), strict=True))
