"""The Airflow connections that lead a release into the sandbox instead of into real accounts."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from rehearsal.platform.names import EXTERNAL_ID, ORCHESTRATOR, role_arn
from release_ops.config import Catalog, Environment


def connections(endpoint: str, catalog: Catalog, access_key: tuple[str, str]) -> Mapping[str, str]:
    """Return each connection that the catalog names, as the JSON that AIRFLOW_CONN_* takes."""
    found: dict[str, Any] = {}
    for name, environment in catalog.environments.items():
        found[environment.aws_connection] = _aws(endpoint, environment, access_key, home=name == "dev")
        if environment.http_connection:
            found[environment.http_connection] = _http(endpoint)
        if environment.play_connection:
            found[environment.play_connection] = _play(endpoint, name)
    return {connection_id: json.dumps(connection) for connection_id, connection in found.items()}


def _aws(endpoint: str, environment: Environment, key: tuple[str, str], *, home: bool) -> dict[str, Any]:
    extra: dict[str, Any] = {"region_name": environment.home_region, "endpoint_url": endpoint}
    if not home:
        extra |= {
            "role_arn": role_arn(environment.account, ORCHESTRATOR),
            "assume_role_kwargs": {"ExternalId": EXTERNAL_ID},
            # Airflow takes the general endpoint for everything but assuming the role.
            "service_config": {"sts": {"endpoint_url": endpoint}},
        }
    return {"conn_type": "aws", "login": key[0], "password": key[1], "extra": extra}


def _http(endpoint: str) -> dict[str, Any]:
    where = urlsplit(endpoint)
    return {"conn_type": "http", "schema": where.scheme, "host": where.hostname, "port": where.port}


def _play(endpoint: str, environment: str) -> dict[str, Any]:
    return {"conn_type": "google_play", "host": endpoint, "extra": {"token": f"rehearsal-{environment}"}}
