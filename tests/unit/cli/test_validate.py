"""release-ops validate, as a person or a CI job runs it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from release_ops.cli.app import app

CATALOGS = Path(__file__).parents[1] / "config"


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


def test_or_the_one_that_airflow_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_OPS_CATALOG", str(CATALOGS / "valid.yaml"))
    result = CliRunner().invoke(app, ["validate"])
    assert result.stdout == f"{CATALOGS}/valid.yaml: 3 services, no mistakes\n"
