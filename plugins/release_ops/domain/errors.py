"""The two ways a step ends badly.

*Failed* is a verdict on the release: a retry cannot help, only a person or a new commit. *Errored* is the
machinery: it is retried and never counts as a verdict. Operators turn the first into AirflowFailException
and let the second reach Airflow's retries.
"""

from __future__ import annotations


class ReleaseError(Exception):
    """Base of everything this package raises on purpose."""


class FailedError(ReleaseError):
    """The release is bad here: no retry can change the answer."""


class ErroredError(ReleaseError):
    """The machinery could not tell: look again later, and never take it for a yes."""
