"""tools/compose-secrets: .env for docker-compose.yaml, made once."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[2]
REQUIRED = re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yaml").read_text())
DEMO = {
    "COMPOSE_PROFILES",
    "RELEASE_OPS_TIME_SCALE",
    "AIRFLOW__SECRETS__BACKEND",
    "AIRFLOW__SECRETS__BACKEND_KWARGS",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What the script reads, in a path with a space."""
    copy = tmp_path / "a checkout"
    (copy / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "compose-secrets", copy / "tools")
    shutil.copy(ROOT / ".env.example", copy)
    return copy


def run(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "tools" / "compose-secrets", *arguments], capture_output=True, text=True, timeout=60
    )


def written(checkout: Path) -> dict[str, str]:
    lines = (checkout / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_secret_is_there_long_enough_and_for_its_owner_only(checkout: Path) -> None:
    assert run(checkout).returncode == 0
    settings = written(checkout)
    assert set(settings) == set(REQUIRED)
    Fernet(settings["FERNET_KEY"])
    # Airflow warns of less, and signs with it all the same.
    assert len(settings["JWT_SECRET"]) >= 64
    for value in settings.values():
        assert len(value) >= 24
        # They stand in a database's URL, unquoted.
        assert re.fullmatch(r"[\w=-]+", value)
    assert len(set(settings.values())) == len(settings)
    assert (checkout / ".env").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in checkout.iterdir()) == [".env", ".env.example", "tools"]


def test_a_demo_is_the_sandbox_in_fast_time(checkout: Path) -> None:
    assert run(checkout, "--demo").returncode == 0
    assert set(written(checkout)) == {*REQUIRED, *DEMO}


def test_nothing_is_said_twice(checkout: Path) -> None:
    run(checkout)
    first = written(checkout)
    (checkout / ".env").unlink()
    said = run(checkout)
    assert not set(first.values()) & set(written(checkout).values())
    assert not [value for value in written(checkout).values() if value in said.stdout + said.stderr]


def test_what_is_there_stays(checkout: Path) -> None:
    (checkout / ".env").write_text("FERNET_KEY=mine\n")
    refused = run(checkout)
    assert refused.returncode == 1
    assert refused.stderr.startswith(".env is there already")
    assert (checkout / ".env").read_text() == "FERNET_KEY=mine\n"
    assert sorted(path.name for path in checkout.iterdir()) == [".env", ".env.example", "tools"]


def test_a_secret_that_the_script_cannot_make(checkout: Path) -> None:
    with (checkout / ".env.example").open("a") as example:
        example.write("LICENCE=\n")
    assert "LICENCE has no value" in run(checkout).stderr
    assert not (checkout / ".env").exists()


def test_an_option_that_is_none(checkout: Path) -> None:
    assert run(checkout, "--dmeo").stderr.startswith("usage:")
    assert not (checkout / ".env").exists()


def test_git_never_sees_it() -> None:
    for name in (".env", ".env.x1Y2z3"):
        assert subprocess.run(["git", "check-ignore", "--quiet", name], cwd=ROOT).returncode == 0
    assert subprocess.run(["git", "check-ignore", "--quiet", ".env.example"], cwd=ROOT).returncode == 1
