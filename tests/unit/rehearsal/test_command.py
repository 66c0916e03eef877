"""Bad input to `make demo` ends in a sentence."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]


def demo(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rehearsal", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(["--story", "vetoo"], "there is no story 'vetoo'", id="no such story"),
        pytest.param(["--port", "http"], "'http' is no port", id="no port"),
        pytest.param(["--out", "no/such/folder/out.json"], "there is no folder", id="nowhere to write"),
    ],
)
def test_a_wrong_option_is_named(arguments: list[str], sentence: str) -> None:
    ended = demo(*arguments)
    assert ended.returncode == 2
    assert sentence in " ".join(ended.stderr.replace("│", " ").split())


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        ended = demo("--port", str(port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith(f"Port {port}, where Airflow's UI should listen, is in use")
    assert len(ended.stderr.splitlines()) == 1
