"""release-ops validate: every mistake of a catalog, before it is merged."""

from typing import Annotated

import typer

from release_ops.cli.catalog import DEFAULT_CATALOG, CatalogPath, catalog_in, end_with_mistakes, show_any_text
from release_ops.cli.connections import AirflowUnreadableError, unknown_connections
from release_ops.config import CatalogError
from release_ops.config.load import placed


def validate(
    file: CatalogPath = DEFAULT_CATALOG,
    connections: Annotated[
        bool, typer.Option("--connections", help="Ask this machine's Airflow for every connection, too.")
    ] = False,
) -> None:
    """Read a catalog and print each of its mistakes on a line; the exit status is 1 if there are any."""
    show_any_text()
    catalog = catalog_in(file)
    if connections:
        try:
            unknown = list(unknown_connections(catalog))
        except AirflowUnreadableError as error:
            typer.echo(f"Airflow cannot be asked here ({error}); run this where Airflow runs", err=True)
            raise typer.Exit(1) from None
        if unknown:
            end_with_mistakes(CatalogError(placed(file, unknown)), file)
    typer.echo(f"{file}: {len(catalog.services)} services, no mistakes")
