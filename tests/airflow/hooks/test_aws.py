"""An AWS connection that is missing is an error, never a reason to take the machine's own rights."""

from __future__ import annotations

import pytest

from release_ops.domain.errors import ErroredError
from release_ops.hooks.aws import NamedConnectionHook
from release_ops.hooks.codebuild import CodeBuildHook


@pytest.mark.parametrize("hook", [NamedConnectionHook, CodeBuildHook])
def test_a_connection_that_is_not_there_is_an_error(
    hook: type[NamedConnectionHook], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The provider would only warn, and go on as whoever this machine is."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-this-machine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-this-machine")
    with pytest.raises(ErroredError, match="Airflow has no connection nobody_made_this, or"):
        _ = hook(aws_conn_id="nobody_made_this", client_type="s3", region_name="eu-west-1").conn


def test_no_connection_asked_for_is_boto3s_own_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-this-machine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-this-machine")
    assert NamedConnectionHook(aws_conn_id=None, client_type="s3", region_name="eu-west-1").conn
