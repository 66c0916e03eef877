"""A PostgreSQL server of a rehearsal's own: made empty, on a free port, gone with its owner.

SQLite is enough to watch a release. What happens to one when a scheduler or a triggerer dies is only worth
knowing on the database that people run Airflow on: SQLite has no row locks, so two triggerers race there."""

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.airflow_database import migrated_when_left
from rehearsal.errors import RehearsalError
from rehearsal.ports import LOOPBACK, free_ports
from rehearsal.supervision import Component, Supervision

SECONDS_TO_START = 60.0
OWNER = "airflow"
DEBIAN = Path("/usr/lib/postgresql")
# Nobody needs this data after a crash of the machine, and a rehearsal waits for every commit.
SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresMissingError(RehearsalError):
    """There is no PostgreSQL server on this machine."""


class Postgres:
    """Airflow's database on a server of its own; it runs while the context is open."""

    def __init__(self, *, logs: Path) -> None:
        self._binaries = binaries()
        self._supervision = Supervision(logs=logs, tell=lambda sentence: None)
        self._password = secrets.token_urlsafe(16)
        self._port = free_ports(1)[0]
        self._exits = ExitStack()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg2://{OWNER}:{self._password}@{LOOPBACK}:{self._port}/postgres"

    def in_preparation(self, of_airflow: Mapping[str, str], log: Path) -> AbstractContextManager[None]:
        """Leave a migrated database when the context ends; what happens inside goes on beside it."""
        return migrated_when_left(of_airflow, log)

    def __enter__(self) -> Self:
        with self._exits as undo:
            # Its files are where the server's user may go: a test's own folder is root's alone.
            directory = undo.enter_context(tempfile.TemporaryDirectory(prefix="release-ops-postgres-"))
            undo.enter_context(self._supervision)
            self._start(Path(directory))
            self._exits = undo.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._exits.close()

    def _start(self, directory: Path) -> None:
        data, password_file = directory / "data", directory / "password"
        password_file.write_text(self._password)
        user = unprivileged_user()
        if user is not None:
            for path in (directory, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        self._make(data, password_file, user)
        options = [f"listen_addresses={LOOPBACK}", f"port={self._port}", "unix_socket_directories=", *SPEED]
        self._supervision.start(
            Component(
                "postgres",
                [
                    *run_as(user),
                    *(str(self._binaries / "postgres"), "-D", str(data)),
                    *(part for option in options for part in ("-c", option)),
                ],
                environment(),
                directory=directory,
                restarts=0,
            )
        )
        self._wait()

    def _make(self, data: Path, password_file: Path, user: pwd.struct_passwd | None) -> None:
        made = subprocess.run(
            [
                *run_as(user),
                *(str(self._binaries / "initdb"), "--pgdata", str(data), "--username", OWNER),
                *("--pwfile", str(password_file), "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            check=False,
            cwd=data.parent,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if made.returncode != 0:
            raise RehearsalError(f"PostgreSQL's initdb could not make a database: {made.stdout.strip()}")

    def _wait(self) -> None:
        ready = [str(self._binaries / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self._port)]
        deadline = time.monotonic() + SECONDS_TO_START
        while subprocess.run(ready, check=False, env=environment()).returncode != 0:
            self._supervision.check()
            if time.monotonic() > deadline:
                log = self._supervision.log("postgres")
                raise RehearsalError(
                    f"PostgreSQL did not answer within {SECONDS_TO_START:.0f} s; its log: {log}"
                )
            time.sleep(0.1)


def binaries() -> Path:
    """Return where the server's programs are; Debian keeps them off PATH, a folder per version."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve().parent] if on_path else []
    found += sorted(
        (path.parent for path in DEBIAN.glob("*/bin/initdb")),
        key=lambda path: float(path.parent.name),
        reverse=True,
    )
    if not found:
        raise PostgresMissingError(
            "This machine has no PostgreSQL server; install one (Debian: apt-get install postgresql, "
            "macOS: brew install postgresql) or leave out what needs it"
        )
    return found[0]


def unprivileged_user() -> pwd.struct_passwd | None:
    """Return who the server runs as, which PostgreSQL refuses to do as root; None for whoever we are."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name: user for user in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def environment() -> dict[str, str]:
    """Return ours without what would lead to another server, in words that a log can be searched for."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("PG")}, "LC_ALL": "C"}


def run_as(user: pwd.struct_passwd | None) -> Sequence[str]:
    if user is None:
        return ()
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")
