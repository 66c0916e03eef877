"""release-ops validate: every mistake of a catalog, before it is merged."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from release_ops.config import CatalogError, load_catalog


def validate(
    file: Annotated[Path, typer.Argument(envvar="RELEASE_OPS_CATALOG", help="The catalog to read.")] = Path(
        "config/services.yaml"
    ),
) -> None:
    """Read a catalog and print each of its mistakes on a line; the exit status is 1 if there are any."""
    # A value of the file may hold characters that this terminal cannot show.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        catalog = load_catalog(file)
    except CatalogError as error:
        typer.echo(str(error))
        number = len(error.mistakes)
        typer.echo(f"{number} mistake{'s' if number > 1 else ''} in {file}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{file}: {len(catalog.services)} services, no mistakes")
