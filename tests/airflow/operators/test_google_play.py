"""The operators: what they return, and which errors cost a retry."""

import ast
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

import release_ops.hooks.google_play as hooks_module
import release_ops.operators.google_play as operators_module
import release_ops.sensors.google_play as sensors_module
from release_ops.clients.play_errors import PlayCancelledError, PlayUnavailableError
from release_ops.domain.track import NotOnTrackError
from release_ops.operators.google_play import GooglePlayPromoteOperator, GooglePlayUploadBundleOperator
from sandbox.play.app import PlayApp
from sandbox.play.faults import Fault
from sandbox.play.model import App
from sandbox.play.server import serving

PACKAGE = "com.example.courier"
MAKE_BUNDLE = Path(__file__).parents[3] / "samples/courier/tools/make_bundle.py"


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayApp]:
    play = PlayApp()
    play.apps[PACKAGE] = App(PACKAGE)
    play.apps[PACKAGE].put_live("production", 100)
    monkeypatch.setattr("release_ops.clients.play_edit.Calls.pause", lambda self, seconds: None)
    with serving(play) as root:
        connection = {"conn_type": "google_play", "host": root, "extra": {"token": "robot"}}
        monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_PLAY_DEFAULT", json.dumps(connection))
        yield play


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    output = tmp_path / "app.aab"
    words = ["--package", PACKAGE, "--version-code", "101", "--version-name", "1.1"]
    subprocess.run(
        [sys.executable, MAKE_BUNDLE, *words, "--assets", tmp_path, "--output", output],
        check=True,
        capture_output=True,
    )
    return output


def upload(bundle: Path, **changes: Any) -> GooglePlayUploadBundleOperator:
    parameters: dict[str, Any] = {
        "task_id": "upload",
        "package_name": PACKAGE,
        "bundle_uri": bundle.as_uri(),
        "expected_version_code": 101,
        **changes,
    }
    return GooglePlayUploadBundleOperator(**parameters)


def promote(**changes: Any) -> GooglePlayPromoteOperator:
    return GooglePlayPromoteOperator(
        **{"task_id": "promote", "package_name": PACKAGE, "version_code": 101, **changes}
    )


def test_a_bundle_goes_to_internal_and_from_there_to_production(play: PlayApp, bundle: Path) -> None:
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    uploaded = {"version_code": 101, "sha256": digest, "track": "internal", "changed": True}
    assert upload(bundle, expected_sha256=digest).execute({}) == uploaded
    assert promote().execute({}) == {
        "version_code": 101,
        "track": "production",
        "status": "completed",
        "user_fraction": 1.0,
        "changed": True,
        "replaced": [100],
    }
    assert [release["versionCodes"] for release in play.apps[PACKAGE].tracks["production"]] == [["101"]]


def test_a_retry_finds_what_is_done(play: PlayApp, bundle: Path) -> None:
    for changed in (True, False):
        assert upload(bundle).execute({})["changed"] is changed
    for changed in (True, False):
        assert promote(user_fraction=0.1).execute({})["changed"] is changed


def test_templates_give_text_and_numbers_are_read_from_it(play: PlayApp, bundle: Path) -> None:
    upload(bundle, expected_version_code="101").execute({})
    assert promote(version_code="101", user_fraction="0.5").execute({})["user_fraction"] == 0.5


def test_what_no_retry_can_change_fails_the_task_at_once(play: PlayApp, bundle: Path) -> None:
    with pytest.raises(AirflowFailException, match="101 is not released on internal") as failed:
        promote().execute({})
    assert isinstance(failed.value.__cause__, NotOnTrackError)
    with pytest.raises(AirflowFailException, match="not the bytes that were built"):
        upload(bundle, expected_sha256="0" * 64).execute({})
    with pytest.raises(AirflowFailException, match="should have version code 102"):
        upload(bundle, expected_version_code=102).execute({})


def test_an_outage_is_left_to_the_retries(play: PlayApp) -> None:
    play.faults.add(Fault("edits.insert", times=9))
    with pytest.raises(PlayUnavailableError):
        promote().execute({})


def test_a_killed_task_commits_nothing_more(play: PlayApp) -> None:
    play.apps[PACKAGE].put_live("internal", 101)
    operator = promote()
    assert operator.hook.client
    operator.on_kill()
    with pytest.raises(PlayCancelledError):
        operator.execute({})
    assert play.apps[PACKAGE].tracks["production"][0]["versionCodes"] == ["100"]


def test_killing_a_task_that_did_not_begin_connects_to_nothing() -> None:
    promote(google_play_conn_id="no_such_connection").on_kill()


@pytest.mark.parametrize("module", [hooks_module, operators_module, sensors_module])
def test_a_dag_file_pays_nothing_for_google_s_library(module: ModuleType) -> None:
    tree = ast.parse(Path(str(module.__file__)).read_text())
    imported = {node.module or "" for node in tree.body if isinstance(node, ast.ImportFrom)}
    imported |= {item.name for node in tree.body if isinstance(node, ast.Import) for item in node.names}
    heavy = ("google", "httplib2", "boto", "release_ops.clients.play", "airflow.providers")
    assert [name for name in imported if name.startswith(heavy)] == []
