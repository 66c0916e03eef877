"""release-ops schema: what an editor knows of the catalog."""

from pathlib import Path
from typing import Annotated

import typer

from release_ops.config.schema import editor_schema


def schema(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where it is written.")] = Path(
        "config/services.schema.json"
    ),
) -> None:
    """Write the catalog's JSON Schema, which the first line of services.yaml names to editors."""
    try:
        file.write_text(editor_schema())
    except OSError as error:
        typer.echo(
            f"{file} cannot be written ({error.strerror}); name a file in a folder that is there", err=True
        )
        raise typer.Exit(1) from None
    typer.echo(f"{file} is written")
