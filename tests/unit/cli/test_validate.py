"""release-ops validate, as a person or a CI job runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.secrets.environment_variables import EnvironmentVariablesBackend
from typer.testing import CliRunner

from release_ops.cli import connections
from release_ops.cli.app import app
from release_ops.config import load_catalog

CATALOGS = Path(__file__).parents[1] / "config"
PLUGINS = Path(__file__).parents[3] / "plugins"


@pytest.fixture(autouse=True)
def no_catalog_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELEASE_OPS_CATALOG", raising=False)


def test_a_valid_catalog_ends_with_0() -> None:
    result = CliRunner().invoke(app, ["validate", str(CATALOGS / "valid.yaml")])
    assert (result.exit_code, result.stdout) == (0, f"{CATALOGS}/valid.yaml: 3 services, no mistakes\n")


def test_ten_mistakes_are_ten_lines_and_end_with_1() -> None:
    result = CliRunner().invoke(app, ["validate", str(CATALOGS / "ten_mistakes.yaml")])
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 10
    assert result.stdout.startswith(f"{CATALOGS}/ten_mistakes.yaml:3: train.timezone: 'Europe/Berln' is not")
    assert result.stderr == f"10 mistakes in {CATALOGS}/ten_mistakes.yaml\n"


def test_it_reads_the_project_it_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    missing = CliRunner().invoke(app, ["validate"])
    assert missing.exit_code == 1
    assert missing.stdout.startswith("config/services.yaml: there is no such file; ")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "services.yaml").write_text((CATALOGS / "valid.yaml").read_text())
    assert CliRunner().invoke(app, ["validate"]).exit_code == 0


CONNECTIONS = load_catalog(CATALOGS / "valid.yaml").connection_ids


def test_a_connection_that_airflow_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    file = CATALOGS / "valid.yaml"
    for name in CONNECTIONS:
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", "aws://")
    monkeypatch.setattr(connections, "_backends", lambda: [EnvironmentVariablesBackend()])
    assert CliRunner().invoke(app, ["validate", "--connections", str(file)]).exit_code == 0
    monkeypatch.delenv("AIRFLOW_CONN_AWS_RELEASE_STAGING")
    result = CliRunner().invoke(app, ["validate", "--connections", str(file)])
    assert result.stdout == (
        f"{file}:13: environments.staging.aws_connection: Airflow has no connection 'aws_release_staging' "
        "here; write one that it has, or add it: airflow connections add aws_release_staging ...\n"
    )
    assert (result.stderr, result.exit_code) == (f"1 mistake in {file}\n", 1)
    assert CliRunner().invoke(app, ["validate", str(file)]).exit_code == 0, "nobody asked for them"


def test_an_airflow_without_a_database_is_one_sentence(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        "from release_ops.cli.app import main; main()",
        "validate",
        "--connections",
    ]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PLUGINS), "AIRFLOW_HOME": str(tmp_path)}
    ended = subprocess.run(
        [*command, str(CATALOGS / "valid.yaml")], env=environment, capture_output=True, text=True
    )
    assert (ended.stdout, ended.returncode) == ("", 1)
    assert ended.stderr.startswith("Airflow cannot be asked here (MetastoreBackend: ")
    assert len(ended.stderr.splitlines()) == 1


def test_or_the_one_that_airflow_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_OPS_CATALOG", str(CATALOGS / "valid.yaml"))
    result = CliRunner().invoke(app, ["validate"])
    assert result.stdout == f"{CATALOGS}/valid.yaml: 3 services, no mistakes\n"
