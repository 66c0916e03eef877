"""Catalogs as the commands read them: from a file, or from a revision in git."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from release_ops.config import Catalog, CatalogError, load_catalog, read_catalog

CatalogPath = Annotated[Path, typer.Argument(envvar="RELEASE_OPS_CATALOG", help="The catalog to read.")]
DEFAULT_CATALOG = Path("config/services.yaml")
_OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX")


def show_any_text() -> None:
    """Let no value of a file end the command, whatever characters this terminal lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def catalog_in(file: Path) -> Catalog:
    """Return the catalog in a file; one with mistakes ends the command, and says them."""
    return _or_mistakes(lambda: load_catalog(file), file)


def catalog_at(revision: str, file: Path) -> Catalog:
    """Return the catalog as the file was at a revision in git; the command ends if it was not there.

    `REV:path` is a file of another name at a revision, as git itself writes it."""
    real = file.resolve()  # git would show where a link leads to, as text
    _end_without_repository(real)
    commit = _object(real, f"{revision}^{{commit}}")
    blob = None if commit else _object(real, revision)
    if commit is None and (blob is None or _git(real, "cat-file", "-t", blob).stdout != b"blob\n"):
        _end(f"git knows no revision {revision!r} here; write a branch, a tag or a commit")
    content = _git(real, "cat-file", "blob", blob or f"{commit}:./{real.name}")
    if content.returncode:
        moved = f"{revision}:path/it/had/then"
        _end(f"{file} is not in {revision}; write a revision that has it or, if it was moved, {moved}")
    name = Path(revision if blob else f"{revision}:{file}")
    return _or_mistakes(lambda: read_catalog(content.stdout, name), name)


def _object(file: Path, name: str) -> str | None:
    found = _git(file, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    return None if found.returncode else found.stdout.decode().strip()


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


def _end_without_repository(file: Path) -> None:
    inside = _git(file, "rev-parse", "--git-dir")
    if inside.returncode and b"not a git repository" in inside.stderr:
        _end(f"{file.parent} is in no git repository; --against compares with a revision of one")
    if inside.returncode:
        _end(f"git does not read the repository: {inside.stderr.decode(errors='replace').strip()}")


def _git(file: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Ask the repository that the file is in, whatever a hook of another one says."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    environment |= {"LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *arguments], cwd=file.parent, env=environment, capture_output=True, check=False
        )
    except FileNotFoundError:
        _end("git is not installed here, and --against asks it; install git")


def _end(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
