"""The domain's verdicts in Airflow's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowFailException

from release_ops.domain.errors import FailedError


@contextmanager
def no_retry_when_failed() -> Iterator[None]:
    """Spend no retry on what another try cannot change: a missing permission, a used version code, a halt."""
    try:
        yield
    except FailedError as error:
        raise AirflowFailException(str(error)) from error
