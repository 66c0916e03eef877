"""release-ops stop and resume: the switch that keeps new production starts from happening."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated, NoReturn

import typer
from botocore.exceptions import BotoCoreError

from release_ops.cli.catalog import DEFAULT_CATALOG, CatalogPath, catalog_in, show_any_text
from release_ops.cli.ledger import ledger_of
from release_ops.clients.stop_switch import StopSwitch
from release_ops.config import Catalog
from release_ops.config.sentences import nearest
from release_ops.domain.departure import Stop
from release_ops.domain.errors import ErroredError
from release_ops.plan.steps import PRODUCTION

_Service = Annotated[str, typer.Option("--service", help="Only this service; every one if left out.")]
_Environment = Annotated[str, typer.Option(help="Which environment's starts; there is only production.")]
_Why = Annotated[str, typer.Option("--why", help="The reason, which everybody reads who waits.")]
_By = Annotated[str, typer.Option("--by", help="Who says so; the user of this machine if left out.")]
_Profile = Annotated[
    str | None,
    typer.Option("--profile", help="AWS profile of this machine; Airflow's connection if left out."),
]


def stop(
    why: _Why,
    file: CatalogPath = DEFAULT_CATALOG,
    service: _Service = "",
    environment: _Environment = PRODUCTION,
    by: _By = "",
    profile: _Profile = None,
) -> None:
    """Let no production start begin, from now on; what runs goes on, and halts and rollbacks are free."""
    show_any_text()
    catalog = catalog_in(file)
    word = _word(catalog, stops=True, service=service, environment=environment, by=by, why=why)
    _say(catalog, word, profile)
    typer.echo(f"Stopped: {word.whom}, by {word.by} at {word.at:%Y-%m-%d %H:%M %Z}: {word.why}")
    typer.echo("What runs goes on, and what is ready waits. release-ops resume ends this.")


def resume(
    why: _Why = "it is over",
    file: CatalogPath = DEFAULT_CATALOG,
    service: _Service = "",
    environment: _Environment = PRODUCTION,
    by: _By = "",
    profile: _Profile = None,
) -> None:
    """End a stop: what waits starts within a quarter of an hour, if nothing else holds it."""
    show_any_text()
    catalog = catalog_in(file)
    word = _word(catalog, stops=False, service=service, environment=environment, by=by, why=why)
    switch = _say(catalog, word, profile)
    typer.echo(f"Not stopped any more: {word.whom}")
    for other in switch.in_force(environment, service) if service else ():
        typer.echo(f"But {other.whom} is stopped by {other.by}: {other.why}")


def _word(catalog: Catalog, *, stops: bool, service: str, environment: str, by: str, why: str) -> Stop:
    if environment != PRODUCTION:
        _end(f"--environment is {environment!r}; only {PRODUCTION} asks the stop switch, so write that")
    if service and service not in catalog.services:
        _end(_unknown(service, catalog))
    if not why.strip():
        _end("--why is empty; write the reason, for those who wait")
    return Stop(environment, service, stops, by.strip() or _user(), datetime.now(UTC), why.strip())


def _say(catalog: Catalog, word: Stop, profile: str | None) -> StopSwitch:
    try:
        switch = StopSwitch(ledger_of(catalog, profile))
        switch.say(word)
    except (ErroredError, BotoCoreError) as error:
        _end(f"nothing is changed: {error}")
    return switch


def _unknown(service: str, catalog: Catalog) -> str:
    meant = nearest(service, catalog.services)
    write = f"did you mean {meant}?" if meant else "leave --service out to mean all of them"
    return f"{service!r} is not a service of the catalog; {write}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have a number and no name
        _end("this machine does not know who you are; write --by NAME")


def _end(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
