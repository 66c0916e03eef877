"""An empty, migrated SQLite database for Airflow: made once per version, copied afterwards."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from rehearsal.errors import RehearsalError


def prepare_database(target: Path, *, cache: Path, environment: Mapping[str, str], log: Path) -> None:
    """Leave a migrated database at `target`, where `environment` makes Airflow look for it."""
    cached = cache / f"airflow-{version('apache-airflow-core')}.db"
    if not cached.exists():
        migrate(environment, log)
        use_write_ahead_log(target)
        keep(target, cached)
        return
    shutil.copyfile(cached, target)


def migrate(environment: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as output:
        migration = subprocess.run(
            [sys.executable, "-P", "-m", "airflow", "db", "migrate"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if migration.returncode != 0:
        raise RehearsalError(f"Airflow could not make its database; its log says why: {log}")


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
