"""release-ops plan: the next release before it happens, and what a change of the catalog does to it."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from release_ops.cli.catalog import DEFAULT_CATALOG, CatalogPath, catalog_at, catalog_in, show_any_text
from release_ops.config import Catalog
from release_ops.config.duration import in_words
from release_ops.plan.difference import Difference, difference
from release_ops.plan.graph import graph_of
from release_ops.plan.instants import instants_of


def plan(
    file: CatalogPath = DEFAULT_CATALOG,
    against: Annotated[
        str | None, typer.Option(metavar="REV", help="Show what has changed since this revision in git.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the tasks, edges and instants of the next release, or what a change does to it."""
    show_any_text()
    catalog = catalog_in(file)
    if against is not None:
        changed = difference(catalog_at(against, file), catalog)
        typer.echo(_as_json(asdict(changed))) if as_json else _print_difference(changed, against)
    elif as_json:
        typer.echo(_as_json(_next_release(catalog, datetime.now(UTC))))
    else:
        _print_release(catalog, datetime.now(UTC))


def _next_release(catalog: Catalog, now: datetime) -> dict[str, Any]:
    instants, graph = instants_of(catalog, now=now), graph_of(catalog)
    return {
        "cut": instants.cut.isoformat(),
        "timezone": catalog.train.timezone,
        "services": {
            name: {
                "kind": str(service.kind),
                "soak_seconds": service.soak.total_seconds(),
                "earliest_departure": instants.departures[name].isoformat(),
                "waits_for": instants.waits_for[name],
                "depends_on": list(service.depends_on),
            }
            for name, service in catalog.services.items()
        },
        "tasks": graph.tasks,
        "edges": graph.edges,
    }


def _print_release(catalog: Catalog, now: datetime) -> None:
    instants, graph = instants_of(catalog, now=now), graph_of(catalog)
    typer.echo(f"The next release is cut on {_clock(instants.cut)} ({catalog.train.timezone}).")
    services = [
        (
            name,
            str(each.kind),
            in_words(each.soak),
            _clock(instants.departures[name]),
            instants.waits_for[name],
            _list(each.depends_on),
        )
        for name, each in catalog.services.items()
    ]
    _print_table(("service", "kind", "soak", "departs at the earliest", "waits for", "not before"), services)
    tasks = [(task, _list(upstream)) for task, upstream in graph.upstream.items()]
    _print_table(("task", "runs after"), tasks)
    typer.echo(f"\n{len(graph.tasks)} tasks, {len(graph.edges)} edges")


def _print_difference(changed: Difference, revision: str) -> None:
    if not changed:
        typer.echo(f"The release is the same as at {revision}.")
        return
    rows = [("+", "service", name) for name in changed.services.added]
    rows += [("-", "service", name) for name in changed.services.removed]
    rows += [("+", "task", task) for task in changed.tasks.added]
    rows += [("-", "task", task) for task in changed.tasks.removed]
    # A task that only one side has comes with its edges: they would bury the others (--json has them all).
    tasks = {*changed.tasks.added, *changed.tasks.removed}
    rows += [("+", "edge", " -> ".join(edge)) for edge in changed.edges.added if tasks.isdisjoint(edge)]
    rows += [("-", "edge", " -> ".join(edge)) for edge in changed.edges.removed if tasks.isdisjoint(edge)]
    rows += [
        ("~", "setting", f"{each.key}: {json.dumps(each.before)} -> {json.dumps(each.after)}")
        for each in changed.settings
    ]
    _print_table(("", "what", f"since {revision}"), rows)
    for each in changed.renamed:
        typer.echo(
            f"\n{each.after} is {each.before} but for its name. It is another service: its build projects, "
            f"stacks and tasks are new, and those of {each.before} stay behind."
        )


def _print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """On a terminal a table; elsewhere a row a line, in columns that tabs divide."""
    if not sys.stdout.isatty():
        typer.echo("\n" + "\n".join("\t".join(row).rstrip() for row in (head, *rows)))
        return
    table = Table(show_edge=False)
    for name in head:
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print("", table)


def _clock(instant: datetime) -> str:
    return f"{instant:%a %Y-%m-%d %H:%M %Z}"


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)


def _as_json(content: Any) -> str:
    return json.dumps(content, indent=2)
