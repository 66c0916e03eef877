"""The accounts of a release, each behind the Airflow connections that its environment names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from release_ops.clients.codecommit import CodeCommitClient
from release_ops.clients.ledger import Ledger
from release_ops.domain.errors import ErroredError
from release_ops.domain.rehearsal import TimeScale, rehearsal_time_scale
from release_ops.hooks.aws import NamedConnectionHook

TIME_SCALE = "RELEASE_OPS_TIME_SCALE"


def ledger(aws_conn_id: str, region: str, bucket: str) -> Ledger:
    """Return the ledger, as this connection's role may use it."""
    return Ledger(
        NamedConnectionHook(aws_conn_id=aws_conn_id, client_type="s3", region_name=region).conn, bucket
    )


def codecommit(aws_conn_id: str, region: str) -> CodeCommitClient:
    hook = NamedConnectionHook(aws_conn_id=aws_conn_id, client_type="codecommit", region_name=region)
    return CodeCommitClient(hook.conn)


def time_scale(connection_ids: Iterable[str]) -> TimeScale:
    """Return how fast the catalog's time passes: 1, but in a rehearsal.

    Connections are read only if somebody asks for another scale. Raises TimeScaleRefusedError unless
    every one of them points at this machine."""
    text = os.environ.get(TIME_SCALE, "")
    if not text:
        return TimeScale()
    return rehearsal_time_scale(text, {name: endpoints(name) for name in sorted(set(connection_ids))})


def endpoints(connection_id: str) -> tuple[str, ...]:
    """Return every address that calls through this connection go to; none if AWS's own are among them.

    An AWS connection that assumes a role calls STS as well, and for that Airflow never uses the
    connection's general endpoint_url, so it must be named under service_config."""
    connection = BaseHook.get_connection(connection_id)
    if connection.conn_type != "aws":
        return (connection.host,) if connection.host else ()
    return _aws_endpoints(connection.extra_dejson)


def require(connection_ids: Iterable[str]) -> None:
    """Raise unless Airflow has every one of these connections.

    For a connection that it cannot read (it may be an outage, so this is retried), the amazon provider goes
    on with the rights of the machine it runs on (AwsGenericHook.conn_config): not what a release may do."""
    missing = [name for name in dict.fromkeys(connection_ids) if not _is_there(name)]
    if missing:
        raise ErroredError(
            f"Airflow has no connection {', '.join(missing)}, or cannot read it now; add it, or name another "
            "in the catalog's environments, then clear this task"
        )


def _is_there(connection_id: str) -> bool:
    try:
        BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        return False
    return True


def http_endpoint(connection_id: str | None) -> str | None:
    """Return where requests to a service are sent instead of to its own host, if a connection says so."""
    if not connection_id:
        return None
    connection = BaseHook.get_connection(connection_id)
    return _base_url(connection)


def _aws_endpoints(extra: dict[str, Any]) -> tuple[str, ...]:
    general = extra.get("endpoint_url")
    sts = extra.get("service_config", {}).get("sts", {}).get("endpoint_url")
    others = [part.get("endpoint_url") for part in extra.get("service_config", {}).values()]
    needs_sts = bool(extra.get("role_arn"))
    if not general or (needs_sts and not sts):
        return ()
    return tuple(url for url in (general, *others) if url)


def _base_url(connection: Connection) -> str | None:
    host = connection.host or ""
    if not host:
        return None
    if "://" in host:
        return host.rstrip("/")
    port = f":{connection.port}" if connection.port else ""
    return f"{connection.schema or 'http'}://{host}{port}"
