"""release-ops validate: every mistake of a catalog, before it is merged."""

import typer

from release_ops.cli.catalog import DEFAULT_CATALOG, CatalogPath, catalog_in, show_any_text


def validate(file: CatalogPath = DEFAULT_CATALOG) -> None:
    """Read a catalog and print each of its mistakes on a line; the exit status is 1 if there are any."""
    show_any_text()
    catalog = catalog_in(file)
    typer.echo(f"{file}: {len(catalog.services)} services, no mistakes")
