"""Lambda through an Airflow Connection that is what it says."""

from __future__ import annotations

from airflow.providers.amazon.aws.hooks.lambda_function import LambdaHook

from release_ops.hooks.aws import NamedConnectionHook


class FunctionHook(NamedConnectionHook, LambdaHook):
    """LambdaHook that never goes on without its connection."""
