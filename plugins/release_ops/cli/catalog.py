"""Catalogs as the commands read them: from a file, or from a revision in git."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from release_ops.config import Catalog, CatalogError, load_catalog, read_catalog

CatalogPath = Annotated[Path, typer.Argument(envvar="RELEASE_OPS_CATALOG", help="The catalog to read.")]
DEFAULT_CATALOG = Path("config/services.yaml")


def show_any_text() -> None:
    """Let no value of a file end the command, whatever characters this terminal lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def catalog_in(file: Path) -> Catalog:
    """Return the catalog in a file; one with mistakes ends the command, and says them."""
    return _or_mistakes(lambda: load_catalog(file), file)


def catalog_at(revision: str, file: Path) -> Catalog:
    """Return the catalog as the file was at a revision in git; the command ends if it was not there."""
    commit = _git(file, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        _end(f"git knows no revision {revision!r} here; write a branch, a tag or a commit")
    content = _git(file, "show", f"{commit.decode().strip()}:./{file.name}")
    if content is None:
        _end(f"{file} is not in {revision}; write a revision that has it, or compare another file")
    name = Path(f"{revision}:{file}")
    return _or_mistakes(lambda: read_catalog(content, name), name)


def _or_mistakes(read: Callable[[], Catalog], file: Path) -> Catalog:
    try:
        return read()
    except CatalogError as error:
        end_with_mistakes(error, file)


def end_with_mistakes(error: CatalogError, file: Path) -> NoReturn:
    """Print every mistake on a line, and end the command."""
    typer.echo(str(error))
    number = len(error.mistakes)
    typer.echo(f"{number} mistake{'s' if number > 1 else ''} in {file}", err=True)
    raise typer.Exit(1) from None


def _git(file: Path, *arguments: str) -> bytes | None:
    """Return what git prints, None if it refuses; the command ends where there is no git at all."""
    folder = file.absolute().parent
    try:
        inside = subprocess.run(
            ["git", "rev-parse", "--git-dir"], cwd=folder, capture_output=True, check=False
        )
        if inside.returncode:
            _end(f"{folder} is in no git repository; --against compares with a revision of one")
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        _end("git is not installed here, and --against asks it; install git")
    return None if done.returncode else done.stdout


def _end(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
