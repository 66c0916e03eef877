"""Which of a catalog's connections the Airflow of this machine has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from release_ops.config import Catalog
from release_ops.config.mistakes import Finding, shown

_KEYS = ("aws_connection", "http_connection", "play_connection")


class AirflowUnreadableError(Exception):
    """Airflow cannot say which connections it has."""


def unknown_connections(catalog: Catalog) -> Iterator[Finding]:
    """Yield a sentence for each connection of the catalog that Airflow does not have."""
    backends = _backends()
    for name, environment in catalog.environments.items():
        for key in _KEYS:
            connection = getattr(environment, key)
            if connection and not any(_has(backend, connection) for backend in backends):
                wrong = f"Airflow has no connection {shown(connection)} here"
                write = f"write one that it has, or add it: airflow connections add {connection} ..."
                yield Finding(("environments", name, key), wrong, write)


def _backends() -> list[Any]:
    """Where Airflow's servers look: environment variables, the secrets backend that is set, its database."""
    logging.disable(logging.WARNING)  # what a fresh Airflow says of itself is not about the catalog
    from airflow.configuration import ensure_secrets_loaded  # seconds, and nothing else here needs it

    return list(ensure_secrets_loaded())


def _has(backend: Any, connection: str) -> bool:
    try:
        return backend.get_connection(conn_id=connection) is not None
    except Exception as error:  # a secrets backend may be anybody's, and fail in any way
        first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise AirflowUnreadableError(f"{type(backend).__name__}: {first_line}") from error
