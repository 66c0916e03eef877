"""release-ops sandbox starts the checkout's sandbox and passes on what it is told."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from release_ops.cli import sandbox
from release_ops.cli.app import app

PROGRAM = """
import pathlib, signal, sys, time
def stop(number, frame):
    with open("told", "a") as told:
        told.write(f"{number}\\n")
    time.sleep(0.3)  # a second signal would still be written down
    sys.exit(7)
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, stop)
pathlib.Path("ready").touch()
time.sleep(30)
"""


def test_an_installation_without_a_sandbox_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_CHECKOUT", tmp_path)
    result = CliRunner().invoke(app, ["sandbox"])
    assert result.exit_code == 1
    sentence = "The sandbox is not in this installation; run the command from a checkout of the project.\n"
    assert result.stderr == sentence


def test_permissions_are_checked_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(sandbox, "run_in_front", lambda command, directory: started.append(command) or 0)
    assert CliRunner().invoke(app, ["sandbox"]).exit_code == 0
    assert CliRunner().invoke(app, ["sandbox", "--iam"]).exit_code == 0
    assert started[1] == [*started[0], "--iam"]


def test_a_port_in_use_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [
            sys.executable,
            "-c",
            "from release_ops.cli.app import main; main()",
            "sandbox",
            "--port",
            port,
        ]
        ended = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60)
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert port in ended.stderr


def test_a_script_goes_to_the_sandbox_from_wherever_it_lies(
    tmp_path: Path,
) -> None:
    (tmp_path / "bad.yaml").write_text("builds: 3")
    command = [sys.executable, "-c", "from release_ops.cli.app import main; main()", "sandbox"]
    ended = subprocess.run(
        [*command, "--script", "bad.yaml"],
        capture_output=True,
        text=True,
        env=environment(),
        cwd=tmp_path,
        timeout=60,
    )
    assert ended.returncode == 1
    assert f"{tmp_path}/bad.yaml:1: builds is 3; write a list of entries" in ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_sandbox_once_and_its_status_comes_back(
    number: signal.Signals, tmp_path: Path
) -> None:
    code = (
        "import sys; from pathlib import Path; from release_ops.cli.sandbox import run_in_front; "
        "sys.exit(run_in_front([sys.executable, '-c', sys.argv[1]], directory=Path(sys.argv[2])))"
    )
    command = [sys.executable, "-c", code, PROGRAM, str(tmp_path)]
    # A group of its own: the signal goes to all of it, as from a terminal.
    with subprocess.Popen(command, env=environment(), start_new_session=True) as running:
        deadline = time.monotonic() + 30
        while not (tmp_path / "ready").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(running.pid, number)
        assert running.wait(timeout=30) == 7
    assert (tmp_path / "told").read_text() == f"{number.value}\n"


def test_a_sandbox_that_is_killed_ends_like_one(tmp_path: Path) -> None:
    assert sandbox.run_in_front(["bash", "-c", "kill -KILL $$"], directory=tmp_path) == 128 + signal.SIGKILL


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(Path(sandbox.__file__).parents[2])}
