"""release-ops stop and resume, in a ledger on the sandbox's S3, with both kinds of credentials."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from release_ops.clients.ledger import Ledger
from release_ops.clients.stop_switch import StopSwitch

ROOT = Path(__file__).parents[2]
SAMPLE = (ROOT / "config" / "services.yaml").read_text()
LEDGER = "release-ops-ledger-111111111111"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def bucket(sandbox: Any) -> str:
    name = f"ledger-{uuid4().hex[:12]}"
    where = {"LocationConstraint": "eu-west-1"}
    sandbox.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=where)
    return name


@pytest.fixture
def switch(sandbox: Any, bucket: str) -> StopSwitch:
    return StopSwitch(Ledger(sandbox.client("s3"), bucket))


@pytest.fixture
def environment(sandbox: Any, bucket: str, tmp_path: Path) -> dict[str, str]:
    """A terminal with a profile, and with the connection that Airflow has."""
    catalog = tmp_path / "services.yaml"
    catalog.write_text(SAMPLE.replace(LEDGER, bucket))
    profile = tmp_path / "aws.ini"
    profile.write_text("[on-call]\naws_access_key_id = AKIA111111111111ADMN\naws_secret_access_key = any\n")
    connection = {
        "conn_type": "aws",
        "login": "AKIA111111111111ADMN",
        "password": "any",
        "extra": {"endpoint_url": sandbox.endpoint, "region_name": "eu-west-1"},
    }
    return {
        "PYTHONPATH": str(ROOT / "plugins"),
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW_CONN_AWS_RELEASE_DEV": json.dumps(connection),
        "AWS_SHARED_CREDENTIALS_FILE": str(profile),
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "RELEASE_OPS_CATALOG": str(catalog),
        "HOME": str(tmp_path),
        "USER": "mira",
    }


@pytest.fixture
def run(environment: dict[str, str], sandbox: Any) -> Run:
    def command(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        program = "from release_ops.cli.app import main; main()"
        endpoint = {"AWS_ENDPOINT_URL": sandbox.endpoint} if "--profile" in arguments else {}
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            env={**environment, **endpoint, **more},
            capture_output=True,
            text=True,
        )

    return command


def test_a_stop_with_a_profile_and_its_end_through_airflows_connection(run: Run, switch: StopSwitch) -> None:
    stopped = run("stop", "--why", "orders are lost", "--profile", "on-call", LOGNAME="mira")
    assert stopped.returncode == 0, stopped.stderr
    assert stopped.stdout.startswith("Stopped: every start in production, by mira at ")
    (word,) = switch.in_force("production", "payments")
    assert (word.by, word.why, word.service) == ("mira", "orders are lost", "")
    resumed = run("resume", "--by", "jo", "--why", "found them")
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout == "Not stopped any more: every start in production\n"
    assert switch.in_force("production", "payments") == ()
    last = switch.last("production", "")
    assert last is not None
    assert (last.by, last.why) == ("jo", "found them")


def test_a_stop_of_one_service_and_of_all(run: Run, switch: StopSwitch) -> None:
    for service in (["--service", "orders"], []):
        run("stop", "--why", "a look", "--by", "jo", "--profile", "on-call", *service)
    assert len(switch.in_force("production", "orders")) == 2
    assert len(switch.in_force("production", "payments")) == 1
    resumed = run("resume", "--by", "jo", "--service", "orders", "--profile", "on-call")
    assert resumed.stdout.splitlines() == [
        "Not stopped any more: orders",
        "But every start in production is stopped by jo: a look",
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--service", "order"], "'order' is not a service of the catalog; did you mean orders?"),
        (["--environment", "staging"], "--environment is 'staging'; only production asks the stop switch"),
        (["--why", " "], "--why is empty; write the reason"),
        (["--profile", "nobody"], "nothing is changed: The config profile (nobody) could not be found"),
    ],
)
def test_what_cannot_be_said(run: Run, arguments: list[str], sentence: str) -> None:
    said = run("stop", "--why", "x", "--by", "jo", *arguments)
    assert said.returncode == 1
    assert said.stderr.startswith(sentence)


def test_a_ledger_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "services.yaml").write_text(SAMPLE.replace(LEDGER, "no-such-ledger"))
    said = run("stop", "--why", "x", "--by", "jo", "--profile", "on-call")
    assert said.returncode == 1
    assert said.stderr.startswith("nothing is changed: cannot write s3://no-such-ledger/stops/production/")


def test_without_the_connection_it_says_so(run: Run, environment: dict[str, str]) -> None:
    del environment["AIRFLOW_CONN_AWS_RELEASE_DEV"]
    said = run("stop", "--why", "x", "--by", "jo")
    assert said.returncode == 1
    assert said.stderr.startswith("nothing is changed: Airflow has no connection aws_release_dev")
    assert "Traceback" not in said.stderr
