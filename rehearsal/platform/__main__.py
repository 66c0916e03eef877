"""`python -m rehearsal.platform`: seed a sandbox that runs elsewhere, as docker-compose.yaml does."""

import json
from pathlib import Path
from typing import Annotated

import typer

from rehearsal.platform.seed import seed
from rehearsal.supervision import CHECKOUT
from release_ops.config import load_catalog


def main(
    sandbox: Annotated[str, typer.Option(help="Its address, as Airflow will reach it.")],
    connections: Annotated[
        Path, typer.Option(dir_okay=False, help="Where Airflow's LocalFilesystemBackend reads (.json).")
    ],
    catalog: Annotated[Path, typer.Option(dir_okay=False)] = CHECKOUT / "config" / "services.yaml",
) -> None:
    """Put the sample platform into the sandbox, and the connections that lead there into a file."""
    platform = seed(sandbox, load_catalog(catalog), CHECKOUT / "samples")
    # Text would be a URI to that backend; it wants the connection itself.
    found = {name: json.loads(connection) for name, connection in platform.connections.items()}
    partial = connections.with_suffix(".partial")
    partial.write_text(json.dumps(found, indent=2) + "\n")
    # At once: Airflow reads it whenever a task asks for a connection.
    partial.replace(connections)
    typer.echo(f"Seeded {sandbox}; {len(found)} connections are in {connections}")


if __name__ == "__main__":
    typer.run(main)
