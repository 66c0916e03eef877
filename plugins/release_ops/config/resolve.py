"""Fills in every default: the file as written becomes the catalog as used."""

from __future__ import annotations

from typing import Any

from release_ops.config.entries import CatalogFile, CheckEntry, ServiceEntry
from release_ops.config.models import (
    GLOBAL,
    Catalog,
    Check,
    Environment,
    FreezePeriod,
    HttpCheck,
    HttpCheckEntry,
    InvokeCheck,
    InvokeCheckEntry,
    Kind,
    Service,
    TrackCheck,
)

TARGETS = ("staging", "production")
_DEFAULT_CHECKS: dict[Kind, Check] = {
    Kind.SERVERLESS: HttpCheck(path="/health"),
    Kind.WEB: HttpCheck(path="/version.json"),
    Kind.ANDROID: TrackCheck(),
}


def resolve(file: CatalogFile) -> Catalog:
    """Return the catalog that a file without mistakes means."""
    environments = {name: _environment(dict(entry), file) for name, entry in file.environments}
    services = {name: _service(name, entry, file) for name, entry in file.services.items()}
    return Catalog(train=file.train, environments=environments, services=services)


def _environment(values: dict[str, Any], file: CatalogFile) -> Environment:
    freezes = tuple(FreezePeriod(**dict(entry)) for entry in values.pop("freezes", ()))
    zone = values.pop("zone", None) or file.train.timezone
    return Environment(**values, freezes=freezes, zone=zone)


def _service(name: str, entry: ServiceEntry, file: CatalogFile) -> Service:
    # Not validated again, which is a third of a large catalog's load: each value was, or is made of such.
    return Service.model_construct(
        name=name,
        kind=entry.kind,
        repository=entry.repository or name,
        branch=entry.branch or file.defaults.branch,
        regions={target: regions_of(entry, target, file) for target in TARGETS},
        checks=checks_of(entry),
        depends_on=entry.depends_on,
        soak=file.defaults.soak if entry.soak is None else entry.soak,
        build_projects={target: build_project_of(name, entry, target) for target in TARGETS},
        buildspecs={
            target: getattr(entry.buildspecs, target) or f"buildspecs/{entry.kind}-{target}.yml"
            for target in TARGETS
        },
        package_name=entry.package_name,
        windows=entry.windows,
    )


def regions_of(entry: ServiceEntry, target: str, file: CatalogFile) -> tuple[str, ...]:
    """Return where a service is deployed: its own regions, or the default ones, or the home region."""
    if entry.kind is Kind.ANDROID:
        return (GLOBAL,)
    own: tuple[str, ...] | None = getattr(entry.regions, target)
    default: tuple[str, ...] | None = getattr(file.defaults.regions, target)
    home: tuple[str, ...] = getattr(file.environments, target).regions[:1]
    return own or default or home


def build_project_of(name: str, entry: ServiceEntry, target: str) -> str:
    """Return the CodeBuild project that builds a service for an environment."""
    return getattr(entry.build_projects, target) or f"{name}-{target}"


def checks_of(entry: ServiceEntry) -> tuple[Check, ...]:
    """Return what proves a deployment of the service."""
    if entry.checks is None:
        return (_DEFAULT_CHECKS[entry.kind],)
    return tuple(_check(check) for check in entry.checks)


def _check(entry: CheckEntry) -> Check:
    chosen = entry.chosen
    values: dict[str, Any] = dict(chosen)
    if isinstance(chosen, HttpCheckEntry):
        return HttpCheck(**values)
    if isinstance(chosen, InvokeCheckEntry):
        return InvokeCheck(**values)
    return TrackCheck(**values)
