"""An AWS connection that is what it says, or an error."""

from __future__ import annotations

from typing import Any

from airflow.providers.amazon.aws.hooks.base_aws import AwsBaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from release_ops.domain.errors import ErroredError


class NamedConnectionHook(AwsBaseHook):
    """AwsBaseHook that never goes on without the connection that it was given.

    The amazon provider does, with a warning in the log: for a connection that is missing, or that cannot be
    read because the API server is away, it takes the rights of the machine it runs on. Those are not what
    a release may use."""

    @classmethod
    def get_connection(cls, conn_id: str) -> Any:
        """Return the connection. Raises ErroredError, so that a retry finds an API server that is back."""
        try:
            return super().get_connection(conn_id)
        except AirflowNotFoundException as error:
            raise ErroredError(
                f"Airflow has no connection {conn_id}, or cannot read it now; add it, then clear this task"
            ) from error
