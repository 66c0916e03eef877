"""CodeBuild through an Airflow Connection."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.hooks.aws import NamedConnectionHook


class CodeBuildHook(NamedConnectionHook):
    """
    Interact with AWS CodeBuild.

    Provide thin wrapper around :external+boto3:py:class:`boto3.client("codebuild") <CodeBuild.Client>`.

    Additional arguments (such as ``aws_conn_id``) may be specified and
    are passed down to the underlying AwsBaseHook.

    .. seealso::
        - :class:`airflow.providers.amazon.aws.hooks.base_aws.AwsBaseHook`
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["client_type"] = "codebuild"
        super().__init__(*args, **kwargs)

    @cached_property
    def waiter_path(self) -> Path:
        """Where the waiters of this hook are; the provider looks in its own folder only."""
        return Path(__file__).parents[1] / "waiters" / "codebuild.json"

    @property
    def endpoint_url(self) -> str:
        """Where calls go: AWS's own address of this region, or what the connection says instead."""
        return str(self.conn.meta.endpoint_url)

    @cached_property
    def builds(self) -> CodeBuildClient:
        """The builds of this account and region, in the words of a release."""
        return CodeBuildClient(self.conn)

    @cached_property
    def logs(self) -> Any:
        """A client of CloudWatch Logs, where builds write, with this hook's connection and region."""
        return NamedConnectionHook(
            aws_conn_id=self.aws_conn_id,
            client_type="logs",
            region_name=self.region_name,
            verify=self.verify,
            config=self.config,
        ).conn
