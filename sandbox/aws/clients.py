"""boto clients that speak to the sandbox itself: what it does for itself goes through the front door."""

import threading
from typing import Any

import botocore.session
from botocore.config import Config

from sandbox.aws.principals import SECRET, first_access_key
from sandbox.aws.roles import Credentials

# In the User-Agent of these clients: what the sandbox does for itself is neither counted nor made to fail.
ITSELF = "sandbox/itself"
_CONFIG = Config(
    retries={"max_attempts": 2},
    s3={"addressing_style": "path"},
    read_timeout=900,
    user_agent_extra=ITSELF,
)


class Clients:
    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = botocore.session.Session()
        self._making = threading.Lock()
        self._own: dict[tuple[str, str, str], Any] = {}

    def client(self, service: str, region: str, credentials: Credentials) -> Any:
        # botocore's session is not safe to make clients from in two threads; the clients themselves are.
        with self._making:
            return self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self._endpoint,
                aws_access_key_id=credentials.access_key,
                aws_secret_access_key=credentials.secret,
                aws_session_token=credentials.token,
                config=_CONFIG,
            )

    def own(self, service: str, account: str, region: str) -> Any:
        """A client with the account's first user's key, kept: for what AWS itself does inside an account."""
        key = (service, account, region)
        client = self._own.get(key)
        if client is None:
            client = self._own[key] = self.client(
                service, region, Credentials(first_access_key(account), SECRET)
            )
        return client
