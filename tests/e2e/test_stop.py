"""The stop switch on real Airflow processes: what is ready waits, and goes when somebody resumes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from releases import Platform

from rehearsal.supervision import CHECKOUT

pytestmark = pytest.mark.e2e

SERVICE = "backoffice"
GATE = f"{SERVICE}.promotion_gate"
Switch = Callable[..., str]


@pytest.fixture
def switch(platform: Platform) -> Iterator[Switch]:
    """The commands as the machine runs them that Airflow runs on: with its connections."""

    def command(*arguments: str) -> str:
        program = Path(sys.executable).parent / "release-ops"
        service = ("--service", SERVICE, "--by", "mira")
        catalog = {"RELEASE_OPS_CATALOG": str(CHECKOUT / "config" / "services.yaml")}
        environment = {**os.environ, **platform.stack.environment, **catalog}
        said = subprocess.run(
            [program, *arguments, *service], env=environment, capture_output=True, text=True, timeout=120
        )
        assert said.returncode == 0, said.stderr
        return said.stdout

    yield command
    command("resume")


def test_a_stopped_service_is_proved_and_waits_until_somebody_resumes(
    platform: Platform, switch: Switch
) -> None:
    assert switch("stop", "--why", "a look at it").startswith(f"Stopped: {SERVICE}, by mira at ")
    release = platform.trigger(SERVICE)
    release.until(GATE, ["deferred"])
    assert release.states()[f"{SERVICE}.soak"] == "success"
    assert release.builds("production", SERVICE) == []
    switch("resume")
    assert release.end() == "success"
    assert len(release.builds("production", SERVICE)) == 1
