"""Airflow's database in a rehearsal: empty, and migrated to the version that runs."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from rehearsal.errors import RehearsalError


class AirflowDatabase(Protocol):
    """Where Airflow keeps its state; the server, if there is one, runs while the context is open."""

    @property
    def url(self) -> str:
        """Return it as Airflow's sql_alchemy_conn."""

    def in_preparation(self, of_airflow: Mapping[str, str], log: Path) -> AbstractContextManager[None]:
        """Leave it migrated when the context ends; what happens inside goes on beside the migration.

        `of_airflow` is the environment of Airflow's components, which makes them look for it at `url`."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class Sqlite:
    """A file, made once per version of Airflow and copied afterwards."""

    def __init__(self, file: Path, *, cache: Path) -> None:
        self._file = file
        self._cached = cache / f"airflow-{version('apache-airflow-core')}.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self._file}"

    @contextmanager
    def in_preparation(self, of_airflow: Mapping[str, str], log: Path) -> Iterator[None]:
        if self._cached.exists():
            shutil.copyfile(self._cached, self._file)
            yield
            return
        with migrated_when_left(of_airflow, log):
            yield
        use_write_ahead_log(self._file)
        keep(self._file, self._cached)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass


@contextmanager
def migrated_when_left(of_airflow: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as output, migration(of_airflow, output) as running:
        try:
            yield
        except BaseException:
            running.kill()
            raise
        if running.wait() != 0:
            raise RehearsalError(f"Airflow could not make its database; its log says why: {log}")


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
