"""`make install` where something is missing: one sentence that says what to do."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
LOCKS = (
    "requirements.txt",
    "requirements-uv.txt",
    "pyproject.toml",
    "package.json",
    "package-lock.json",
    ".npmrc",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the script reads, in a path with a space."""
    copy = tmp_path / "a checkout"
    (copy / "tools").mkdir(parents=True)
    shutil.copy(CHECKOUT / "tools" / "install", copy / "tools")
    for name in LOCKS:
        shutil.copy(CHECKOUT / name, copy)
    return copy


def install(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "tools" / "install"],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_no_python_that_fits(checkout: Path) -> None:
    ended = install(checkout, PYTHON="python-that-is-not-there")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Found no Python 3.11 or 3.12")
    assert "apt install python3.11 python3.11-venv" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_no_network(checkout: Path) -> None:
    nobody = "http://127.0.0.1:9/simple"
    ended = install(checkout, PIP_INDEX_URL=nobody, PIP_CONFIG_FILE="/dev/null", PIP_NO_CACHE_DIR="1")
    assert ended.returncode == 1
    assert ended.stderr.startswith("Could not download the Python packages: no package index answers.")
    assert "PIP_INDEX_URL" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
