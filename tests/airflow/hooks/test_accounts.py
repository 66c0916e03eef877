"""Time is scaled only where every connection stays on this machine, STS included."""

from __future__ import annotations

import json

import pytest

from release_ops.domain.rehearsal import TimeScale, TimeScaleRefusedError
from release_ops.hooks import accounts

HERE = "http://127.0.0.1:5100"


def connection(monkeypatch: pytest.MonkeyPatch, name: str, **fields: object) -> None:
    monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))


@pytest.mark.parametrize(
    ("extra", "addresses"),
    [
        pytest.param({"endpoint_url": HERE}, (HERE,), id="keys of this account"),
        pytest.param(
            {"endpoint_url": HERE, "role_arn": "arn:aws:iam::1:role/r"}, (), id="STS would be Amazon's"
        ),
        pytest.param(
            {
                "endpoint_url": HERE,
                "role_arn": "arn:aws:iam::1:role/r",
                "service_config": {"sts": {"endpoint_url": HERE}},
            },
            (HERE, HERE),
            id="a role, and STS here",
        ),
        pytest.param(
            {"endpoint_url": HERE, "service_config": {"s3": {"endpoint_url": "https://s3.amazonaws.com"}}},
            (HERE, "https://s3.amazonaws.com"),
            id="one service elsewhere",
        ),
        pytest.param({}, (), id="AWS itself"),
    ],
)
def test_addresses_of_an_aws_connection(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, object], addresses: tuple[str, ...]
) -> None:
    connection(monkeypatch, "aws_x", conn_type="aws", extra=extra)
    assert accounts.endpoints("aws_x") == addresses


def test_a_scale_is_taken_here_and_refused_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(accounts.TIME_SCALE, "8640")
    connection(monkeypatch, "aws_x", conn_type="aws", extra={"endpoint_url": HERE})
    connection(monkeypatch, "play_x", conn_type="google_play", host=HERE)
    assert accounts.time_scale(["aws_x", "play_x"]) == TimeScale(8640.0)
    connection(monkeypatch, "play_x", conn_type="google_play")
    with pytest.raises(TimeScaleRefusedError, match="play_x can reach beyond this machine"):
        accounts.time_scale(["aws_x", "play_x"])


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "http://127.0.0.1:5100/"}, "http://127.0.0.1:5100"),
        ({"host": "127.0.0.1", "port": 5100}, "http://127.0.0.1:5100"),
        ({"host": "proxy.internal", "schema": "https"}, "https://proxy.internal"),
        ({}, None),
    ],
)
def test_where_requests_to_a_service_go(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, object], url: str | None
) -> None:
    connection(monkeypatch, "http_x", conn_type="http", **fields)
    assert accounts.http_endpoint("http_x") == url
    assert accounts.http_endpoint(None) is None
