"""Google Play through an Airflow connection of type `google_play`.

Built on Google's own client library: its Airflow provider knows nothing of Play and would bring a gigabyte
along.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from airflow.sdk import BaseHook, Connection

from release_ops.domain.errors import FailedError
from release_ops.domain.rehearsal import is_loopback

# Google's client library costs a second to import, so nothing of it is imported before a task needs it.
if TYPE_CHECKING:
    from release_ops.clients.play import PlayClient

SCOPES = ("https://www.googleapis.com/auth/androidpublisher",)


class GooglePlayConnectionError(FailedError):
    """An Airflow connection of type google_play that cannot be used as it is."""


class BundleError(FailedError):
    """The bundle to upload is not where it should be, or not what it should be."""


@dataclass(frozen=True)
class LocalBundle:
    path: Path
    sha256: str


class GooglePlayHook(BaseHook):
    """A Play client for the account of a connection.

    The connection holds a service account's JSON key, as its password or as `keyfile_dict` in its extra;
    or, for rehearsals, a `token` in its extra. `host` is another root URL than Google's; plain http only on
    this machine.

    :param google_play_conn_id: the connection
    :param changes_in_review: "error" leaves a running review of the app alone; "cancel" pulls it back and
    submits everything again :param timeout: seconds until a request is given up; Google advises two minutes
    or more for uploads
    """

    conn_name_attr = "google_play_conn_id"
    default_conn_name = "google_play_default"
    conn_type = "google_play"
    hook_name = "Google Play"

    def __init__(
        self,
        google_play_conn_id: str = default_conn_name,
        *,
        changes_in_review: Literal["error", "cancel"] = "error",
        timeout: float = 300.0,
    ) -> None:
        super().__init__()
        self.google_play_conn_id = google_play_conn_id
        self.changes_in_review = changes_in_review
        self.timeout = timeout

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        return {
            "hidden_fields": ["login", "schema", "port"],
            "relabeling": {"password": "Service account key (JSON)", "host": "Root URL (rehearsals only)"},
            "placeholders": {"host": "https://androidpublisher.googleapis.com/"},
        }

    def get_conn(self) -> Any:
        """Return googleapiclient's androidpublisher v3, not to be shared between threads."""
        return self._service

    def cancel(self) -> None:
        """Stop before the next call and leave no edit open. What is committed stays."""
        if "client" in self.__dict__:
            self.client.cancel()

    @cached_property
    def client(self) -> PlayClient:
        """Play in the words of a release, over this connection."""
        from release_ops.clients.play import PlayClient

        return PlayClient(self._service, account=self._account, changes_in_review=self.changes_in_review)

    @cached_property
    def _connection(self) -> Connection:
        return self.get_connection(self.google_play_conn_id)

    @cached_property
    def _key(self) -> dict[str, Any]:
        """The service account's key; empty where the connection holds a token instead."""
        extra = self._connection.extra_dejson
        key = extra.get("keyfile_dict") or self._connection.password
        if not key:
            return {}
        try:
            parsed = json.loads(key) if isinstance(key, str) else key
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict) or parsed.get("type") != "service_account":
            # No part of it goes into the message: it may be half of a private key.
            raise GooglePlayConnectionError(
                f"The key in connection {self.google_play_conn_id} is not the JSON of a service account; "
                'paste the whole file, which says "type": "service_account"'
            )
        return parsed

    @property
    def _account(self) -> str:
        email = self._key.get("client_email")
        return f"{email}" if email else f"the account of connection {self.google_play_conn_id}"

    @cached_property
    def _service(self) -> Any:
        from google_auth_httplib2 import AuthorizedHttp
        from googleapiclient.discovery import build_from_document
        from googleapiclient.discovery_cache import get_static_doc
        from googleapiclient.http import build_http

        document = json.loads(get_static_doc("androidpublisher", "v3"))
        root = root_url(self._connection)
        if root:
            # Not client_options.api_endpoint: that leaves uploads at https, whatever the endpoint says.
            document["rootUrl"] = document["mtlsRootUrl"] = root
        http = build_http()  # not httplib2.Http: that would follow the 308 with which an upload goes on
        http.timeout = self.timeout
        if root and is_loopback(root):
            http.proxy_info = None  # a proxy of the environment would look for this machine on its own
        return build_from_document(document, http=AuthorizedHttp(self._credentials(), http=http))

    def _credentials(self) -> Any:
        from google.oauth2 import credentials, service_account

        token = self._connection.extra_dejson.get("token")
        if token:
            return credentials.Credentials(token=token)
        if not self._key:
            raise GooglePlayConnectionError(
                f"Connection {self.google_play_conn_id} holds no key; put a service account's JSON key "
                "into its password, or a token into its extra"
            )
        try:
            return service_account.Credentials.from_service_account_info(self._key, scopes=SCOPES)
        except ValueError as error:
            raise GooglePlayConnectionError(
                f"The key in connection {self.google_play_conn_id} is damaged ({error}); paste the whole file"
            ) from error


def root_url(connection: Connection) -> str | None:
    """The root URL to use instead of Google's, if the connection names one. It ends with a slash."""
    host = connection.host
    if not host:
        return None
    url = host if "://" in host else f"https://{host}"
    parts = urlsplit(url)
    if connection.port and parts.port is None:
        url = f"{parts.scheme}://{parts.hostname}:{connection.port}{parts.path}"
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(url)):
        raise GooglePlayConnectionError(
            f"Connection {connection.conn_id} points at {url}; without https, credentials go to this "
            "machine only. Write https://..., or leave the host empty for Google's own"
        )
    return url.rstrip("/") + "/"


@contextmanager
def local_bundle(
    uri: str, *, sha256: str | None = None, aws_conn_id: str | None = "aws_default"
) -> Iterator[LocalBundle]:
    """The bundle of file:// or s3:// as a file of this machine, for the time of the block.

    Raises BundleError if it is not there, or if its bytes are not those of the digest."""
    with TemporaryDirectory(prefix="bundle-") as folder:
        path = _fetched(uri, Path(folder), aws_conn_id)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if sha256 is not None and found != sha256.lower():
            raise BundleError(
                f"{uri} has SHA-256 {found}, not {sha256.lower()}: these are not the bytes that were built "
                "and checked. Nothing was uploaded"
            )
        yield LocalBundle(path, found)


def _fetched(uri: str, folder: Path, aws_conn_id: str | None) -> Path:
    parts = urlsplit(uri)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        path = Path(unquote(parts.path))
        if not path.is_file():
            raise BundleError(f"There is no bundle {path} on this machine")
        return path
    key = parts.path.lstrip("/")
    if parts.scheme != "s3" or not parts.netloc or not key:
        raise BundleError(f"The bundle's address is {uri!r}; write s3://bucket/key or file:///path")
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from botocore.exceptions import ClientError

    path = folder / Path(key).name
    try:
        S3Hook(aws_conn_id=aws_conn_id).get_conn().download_file(parts.netloc, key, str(path))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
            raise BundleError(f"There is no bundle {uri}") from error
        raise
    return path
