"""Put the sample platform into a sandbox."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rehearsal.platform.apps import make_apps
from rehearsal.platform.aws import Aws
from rehearsal.platform.buckets import make_artifact_buckets, make_ledger
from rehearsal.platform.connections import connections
from rehearsal.platform.names import Target, targets
from rehearsal.platform.projects import make_projects
from rehearsal.platform.repositories import make_repository
from rehearsal.platform.roles import make_orchestrator, make_roles
from rehearsal.platform.sites import make_site, sites
from rehearsal.supervision import CHECKOUT
from release_ops.config import Catalog

THREADS = 4


@dataclass(frozen=True)
class SeededPlatform:
    """A sandbox in which the catalog's services can be released."""

    endpoint: str
    catalog: Catalog
    connections: Mapping[str, str]


def seed(endpoint: str, catalog: Catalog, samples: Path, *, project_root: Path = CHECKOUT) -> SeededPlatform:
    """Make in the sandbox's accounts whatever the catalog's services need and is not there yet.

    Code that was committed since stays; roles, policies and projects become what they are here."""
    aws = Aws(endpoint)
    jobs: list[Callable[[], None]] = [
        *(partial(make_repository, aws, catalog, service, samples) for service in catalog.services.values()),
        *(partial(_make_builds, aws, catalog, target, project_root) for target in targets(catalog)),
        partial(make_ledger, aws, catalog),
        partial(make_artifact_buckets, aws, catalog),
        *(
            partial(make_site, aws, target.environment.account, service.name, region)
            for target, service, region in sites(catalog)
        ),
        partial(make_apps, endpoint, catalog),
    ]
    with ThreadPoolExecutor(THREADS) as pool:
        access_key = pool.submit(make_orchestrator, aws, catalog)
        for job in [pool.submit(job) for job in jobs]:
            job.result()
    return SeededPlatform(endpoint, catalog, connections(endpoint, catalog, access_key.result()))


def _make_builds(aws: Aws, catalog: Catalog, target: Target, project_root: Path) -> None:
    # In this order: CodeBuild takes no project whose role it may not assume.
    make_roles(aws, catalog, target)
    make_projects(aws, catalog, target, project_root)
