"""An empty, migrated SQLite database for Airflow: made once per version, copied afterwards."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO

from rehearsal.errors import RehearsalError


@contextmanager
def database_in_preparation(
    target: Path, *, cache: Path, environment: Mapping[str, str], log: Path
) -> Iterator[None]:
    """Leave a migrated database at `target`, where `environment` makes Airflow look for it.

    It is ready when the context ends: what happens inside goes on beside the migration."""
    cached = cache / f"airflow-{version('apache-airflow-core')}.db"
    if cached.exists():
        shutil.copyfile(cached, target)
        yield
        return
    with log.open("ab") as output, migration(environment, output) as running:
        try:
            yield
        except BaseException:
            running.kill()
            raise
        if running.wait() != 0:
            raise RehearsalError(f"Airflow could not make its database; its log says why: {log}")
    use_write_ahead_log(target)
    keep(target, cached)


def migration(environment: Mapping[str, str], output: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "airflow", "db", "migrate"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def use_write_ahead_log(database: Path) -> None:
    """Let readers and a writer go on beside each other; the mode stays with the file."""
    connection = sqlite3.connect(database)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def keep(database: Path, cached: Path) -> None:
    cached.parent.mkdir(parents=True, exist_ok=True)
    # Whole or not at all: another rehearsal may look for it right now.
    partial = cached.with_suffix(f".{database.parent.stat().st_ino}")
    shutil.copyfile(database, partial)
    partial.replace(cached)
