"""The sandbox's accounts, as their administrator sees them."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

# The key that the first user of every account in the sandbox has; `release-ops sandbox` prints it.
SECRET = "sandbox/no/secret/at/all"  # noqa: S105 - no secret: the sandbox checks no signature
CONFIG = Config(retries={"max_attempts": 2}, s3={"addressing_style": "path"})
# Nothing that a developer has set up for real accounts may have a say here.
OWN_SETTINGS_ONLY = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Aws:
    """Clients for any account and region behind one endpoint; each is made once."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = botocore.session.Session(session_vars=OWN_SETTINGS_ONLY)
        self._clients: dict[tuple[str, str, str], Any] = {}
        # A client may be shared between threads, but not the session that makes it.
        self._making = threading.Lock()

    def client(self, service: str, account: str, region: str) -> Any:
        key = (service, account, region)
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self.endpoint,
                    aws_access_key_id=f"AKIA{account}ADMN",
                    aws_secret_access_key=SECRET,
                    config=CONFIG,
                )
            return self._clients[key]


@contextmanager
def already_there(*codes: str) -> Iterator[None]:
    """Accept these refusals: seeding a platform that is there changes nothing."""
    try:
        yield
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in codes:
            raise
