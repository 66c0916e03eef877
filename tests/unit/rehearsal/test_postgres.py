"""A PostgreSQL of a rehearsal's own answers only to it, and is gone with it."""

import os
from pathlib import Path

import psutil
import psycopg2
import pytest

from rehearsal import postgres
from rehearsal.postgres import Postgres, PostgresMissingError
from rehearsal.supervision import is_alive


@pytest.fixture
def server(tmp_path: Path) -> Postgres:
    try:
        return Postgres(logs=tmp_path)
    except PostgresMissingError as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))


def connect(url: str) -> None:
    psycopg2.connect(url.replace("+psycopg2", "")).close()


def test_it_answers_inside_and_leaves_nothing_outside(server: Postgres) -> None:
    before = set(psutil.Process().children(recursive=True))
    with server:
        connect(server.url)
        children = set(psutil.Process().children(recursive=True)) - before
        servers = [child for child in children if child.name() == "postgres"]
        assert servers
        folders = {child.cwd() for child in servers[:1]}
    assert not any(is_alive(child) for child in children)
    assert not any(Path(folder).exists() for folder in folders)
    with pytest.raises(psycopg2.OperationalError):
        connect(server.url)


def test_nobody_else_gets_in(server: Postgres) -> None:
    with server, pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(server.url.replace("airflow:", "airflow:not-"))


def test_a_machine_without_one_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PostgresMissingError, match="apt-get install postgresql"):
        Postgres(logs=tmp_path)
