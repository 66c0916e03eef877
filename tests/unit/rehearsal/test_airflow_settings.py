"""A rehearsal reaches no real account, and its secrets are its own."""

from pathlib import Path

import pytest

from rehearsal.airflow_settings import AirflowSettings, clean_environment, users_of_a_rehearsal
from rehearsal.ports import Ports

PORTS = Ports(api=1, sandbox=2, worker_logs=3, trigger_logs=4, scheduler_health=5)


def settings(tmp_path: Path) -> AirflowSettings:
    return AirflowSettings(tmp_path, tmp_path / "dags", PORTS, users_of_a_rehearsal(), "sqlite://")


@pytest.mark.parametrize(
    "name",
    ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AIRFLOW__CORE__EXECUTOR", "AIRFLOW_CONN_AWS_RELEASE_PRODUCTION"],
)
def test_a_developers_own_settings_stay_outside(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "theirs")
    assert name not in clean_environment()
    assert clean_environment()["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_every_port_is_the_rehearsals_own(tmp_path: Path) -> None:
    environment = settings(tmp_path).environment()
    assert environment["AIRFLOW__API__PORT"] == "1"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:1/execution/"
    assert environment["AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT"] == "3"
    assert environment["AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT"] == "4"


def test_two_rehearsals_share_no_secret_and_show_none(tmp_path: Path) -> None:
    one, other = settings(tmp_path), settings(tmp_path)
    assert one.jwt_secret != other.jwt_secret
    assert one.fernet_key != other.fernet_key
    assert one.users["admin"].password != other.users["admin"].password
    assert one.users["admin"].password not in repr(one)
    assert one.jwt_secret not in repr(one)
