"""The release-ops command."""

import typer

from release_ops.cli.plan import plan
from release_ops.cli.sandbox import sandbox
from release_ops.cli.schema import schema
from release_ops.cli.stop import resume, stop
from release_ops.cli.validate import validate

app = typer.Typer(
    help="A weekly release train for platforms on AWS and Google Play.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(validate)
app.command()(plan)
app.command()(schema)
app.command()(stop)
app.command()(resume)
app.command()(sandbox)


@app.callback()
def release_ops() -> None:
    """A weekly release train for platforms on AWS and Google Play."""


def main() -> None:
    app()
