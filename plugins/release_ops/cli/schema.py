"""release-ops schema: what an editor knows of the catalog, and the page of every key."""

from pathlib import Path
from typing import Annotated

import typer

from release_ops.config.reference import BEGINS, with_reference
from release_ops.config.schema import editor_schema

SCHEMA, PAGE = Path("config/services.schema.json"), Path("docs/catalog.md")


def schema(
    file: Annotated[
        Path | None,
        typer.Argument(dir_okay=False, help=f"Where it is written.  [default: {SCHEMA} or {PAGE}]"),
    ] = None,
    reference: Annotated[
        bool, typer.Option("--reference", help="Write the reference of every key instead, at a page's end.")
    ] = False,
) -> None:
    """Write the catalog's JSON Schema, which the first line of services.yaml names to editors."""
    file = file or (PAGE if reference else SCHEMA)
    try:
        text = with_reference(file.read_text()) if reference else editor_schema()
        if text is None:
            typer.echo(f"{file} has no place for it; add the line {BEGINS.strip()}", err=True)
            raise typer.Exit(1)
        file.write_text(text)
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not text"
        typer.echo(f"{file} cannot be written ({problem}); name a file in a folder that is there", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{file} is written")
