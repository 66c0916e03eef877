"""Dockerfile and .dockerignore: nothing here builds the image, so all that can be read is checked."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
LOCK = (ROOT / "requirements.txt").read_text()
STAGES = re.split(r"^(?=FROM )", DOCKERFILE, flags=re.MULTILINE)[1:]


def let_into_the_build() -> set[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    return {line[1:] for line in lines if line.startswith("!")}


def test_the_image_is_the_locks_airflow_on_a_python_that_we_support() -> None:
    airflow = re.search(r"^apache-airflow==(\S+)", LOCK, re.MULTILINE)
    first, *others = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert airflow is not None
    assert first in {f"apache/airflow:{airflow[1]}-python{python}" for python in ("3.11", "3.12")}
    # The other stages begin where this one ended.
    assert set(others) == {"base"}


def test_what_runs_is_the_lock() -> None:
    installs = re.findall(r"pip install (.*?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
    assert installs == ["--require-hashes --requirement requirements.txt", "--no-deps --no-build-isolation ."]
    assert re.findall(r"npm (\w+)", DOCKERFILE) == ["ci"]


@pytest.mark.parametrize("driver", ["psycopg2-binary", "asyncpg"])
def test_the_lock_has_both_drivers_that_airflow_opens_postgres_with(driver: str) -> None:
    assert re.search(rf"^{driver}==", LOCK, re.MULTILINE)


def test_what_is_copied_is_in_git_and_let_in() -> None:
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
        if not word.startswith("--")
    }
    assert copied == let_into_the_build()
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    top_level = {path.partition("/")[0] for path in tracked.stdout.splitlines()}
    assert copied <= top_level


def test_nothing_but_what_is_let_in_comes_into_the_build() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    # The last line that fits decides: everything is out, some of it is in, but not what was made there.
    assert rules[0] == "*"
    assert rules[-3:] == ["**/*.egg-info", "**/*.pyc", "**/__pycache__"]


def test_airflow_finds_the_plugin_by_its_entry_point_only() -> None:
    # In the plugins folder, too, it would be loaded twice.
    assert "plugins" not in STAGES[-1]
    assert "COPY --chown=airflow:0 plugins plugins" in STAGES[1]


def test_nobody_runs_as_root() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users[-1] == "airflow"
