"""The google_play connection: whose account it is, where it points, and what is refused in a sentence."""

import hashlib
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from airflow.sdk import Connection
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto import mock_aws

from release_ops.hooks.google_play import (
    BundleError,
    GooglePlayConnectionError,
    GooglePlayHook,
    local_bundle,
    root_url,
)
from sandbox.play.app import PlayApp
from sandbox.play.model import App
from sandbox.play.server import serving

PACKAGE = "com.example.courier"


def hook_of(monkeypatch: pytest.MonkeyPatch, **connection: Any) -> GooglePlayHook:
    described = {"conn_type": "google_play", **connection}
    monkeypatch.setenv("AIRFLOW_CONN_PLAY", json.dumps(described))
    return GooglePlayHook("play")


def service_account(**changes: str) -> dict[str, str]:
    """A key file as Google makes one."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "client_email": "robot@project.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
        "private_key": private.decode(),
        **changes,
    }


def test_a_token_reaches_the_play_that_the_host_names(monkeypatch: pytest.MonkeyPatch) -> None:
    play = PlayApp()
    play.apps[PACKAGE] = App(PACKAGE)
    play.apps[PACKAGE].put_live("production", 100)
    # A proxy of the environment must not be asked for this machine.
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with serving(play) as root:
        hook = hook_of(monkeypatch, host=root.rstrip("/"), extra={"token": "rehearsal"})
        assert hook.client.version_codes_on(PACKAGE, "production") == {100}
        assert hook.client.read_track(PACKAGE, "production").holding(100)
    assert {edit.user for edit in play.apps[PACKAGE].edits.values()} == {"Bearer rehearsal"}


@pytest.mark.parametrize("place", ["password", "extra", "extra, as text"])
def test_a_service_account_key_is_found_where_it_may_be(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    key = service_account()
    connection = {
        "password": {"password": json.dumps(key)},
        "extra": {"extra": {"keyfile_dict": key}},
        "extra, as text": {"extra": {"keyfile_dict": json.dumps(key)}},
    }[place]
    hook = hook_of(monkeypatch, **connection)
    service = hook.get_conn()
    assert service._http.credentials.service_account_email == "robot@project.iam.gserviceaccount.com"
    assert service._http.credentials.scopes == ("https://www.googleapis.com/auth/androidpublisher",)
    assert service._baseUrl == "https://androidpublisher.googleapis.com/"
    assert service._http.http.timeout == 300


@pytest.mark.parametrize(
    ("connection", "sentence"),
    [
        pytest.param({}, "holds no key; put a service account's JSON key", id="nothing"),
        pytest.param({"password": "hunter2"}, 'which says "type": "service_account"', id="a password"),
        pytest.param({"password": '{"type": "authorized_user"}'}, "paste the whole file", id="another kind"),
        pytest.param({"password": '["x"]'}, "paste the whole file", id="a list"),
        pytest.param(
            {"password": json.dumps(service_account(private_key="hunter2"))}, "is damaged", id="half a key"
        ),
    ],
)
def test_a_connection_without_a_key_says_what_to_put_there(
    monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(GooglePlayConnectionError, match=sentence) as refused:
        hook_of(monkeypatch, **connection).get_conn()
    assert "hunter2" not in str(refused.value)
    assert "connection play" in str(refused.value).lower()


@pytest.mark.parametrize(
    ("host", "port", "url"),
    [
        (None, None, None),
        ("https://play.example.com", None, "https://play.example.com/"),
        ("play.example.com", 8443, "https://play.example.com:8443/"),
        ("http://127.0.0.1:5000", None, "http://127.0.0.1:5000/"),
        ("http://localhost", 5000, "http://localhost:5000/"),
        ("http://[::1]:5000/", None, "http://[::1]:5000/"),
    ],
)
def test_the_host_is_another_root_url(host: str | None, port: int | None, url: str | None) -> None:
    assert root_url(Connection(conn_id="play", conn_type="google_play", host=host, port=port)) == url


@pytest.mark.parametrize("host", ["http://play.example.com", "http://10.0.0.7:5000", "ftp://127.0.0.1"])
def test_credentials_leave_this_machine_over_https_only(host: str) -> None:
    with pytest.raises(GooglePlayConnectionError, match="without https, credentials go to this machine only"):
        root_url(Connection(conn_id="play", conn_type="google_play", host=host))


def test_cancelling_before_anything_began_connects_to_nothing() -> None:
    GooglePlayHook("no_such_connection").cancel()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "a bundle.aab"
    path.write_bytes(b"bundle")
    return path


SHA256 = hashlib.sha256(b"bundle").hexdigest()


def test_a_bundle_of_this_machine(bundle: Path) -> None:
    with local_bundle(bundle.as_uri(), sha256=SHA256.upper()) as local:
        assert (local.path, local.sha256) == (bundle, SHA256)
    assert bundle.exists()


def test_a_bundle_in_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_AWS", json.dumps({"conn_type": "aws", "extra": {"region_name": "eu-west-1"}})
    )
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="artifacts")
        s3.put_object(Bucket="artifacts", Key="courier/1/app.aab", Body=b"bundle")
        with local_bundle("s3://artifacts/courier/1/app.aab", aws_conn_id="aws") as local:
            assert (local.path.read_bytes(), local.sha256) == (b"bundle", SHA256)
        assert not local.path.exists()
        with (
            pytest.raises(BundleError, match="There is no bundle s3://artifacts/none"),
            local_bundle("s3://artifacts/none", aws_conn_id="aws"),
        ):
            pass


@pytest.mark.parametrize(
    ("uri", "sentence"),
    [
        ("file:///no/such.aab", "There is no bundle /no/such.aab"),
        ("file://elsewhere/app.aab", "write s3://bucket/key or file:///path"),
        ("s3://bucket", "write s3://bucket/key"),
        ("app.aab", "write s3://bucket/key"),
    ],
)
def test_a_bundle_that_is_not_there(uri: str, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence), local_bundle(uri):
        pass


def test_a_bundle_of_other_bytes_is_refused(bundle: Path) -> None:
    with (
        pytest.raises(BundleError, match="these are not the bytes that were built"),
        local_bundle(bundle.as_uri(), sha256="0" * 64),
    ):
        pass
