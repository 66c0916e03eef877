"""The sensor waits for users to be able to get a version, and no longer than that can happen."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from release_ops.sensors.google_play import GooglePlayReleaseSensor
from sandbox.play.app import PlayApp
from sandbox.play.model import App
from sandbox.play.server import serving

PACKAGE = "com.example.courier"


@pytest.fixture
def courier(monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """Version 101 has just gone from internal to production, and is in review there."""
    play = PlayApp(clock=lambda: 0.0)
    courier = play.apps[PACKAGE] = App(PACKAGE)
    courier.put_live("production", 100)
    courier.put_live("internal", 101)
    edit = courier.insert_edit("1", "somebody", 0.0)
    courier.update_track(edit, "production", [{"versionCodes": ["101"], "status": "completed"}])
    courier.commit(edit, {}, 0.0)
    with serving(play) as root:
        connection = {"conn_type": "google_play", "host": root, "extra": {"token": "robot"}}
        monkeypatch.setenv("AIRFLOW_CONN_GOOGLE_PLAY_DEFAULT", json.dumps(connection))
        yield courier


def sensor(version_code: int | str = 101, track: str = "production") -> GooglePlayReleaseSensor:
    return GooglePlayReleaseSensor(
        task_id="out", package_name=PACKAGE, version_code=version_code, track=track
    )


def finish_review(courier: App) -> None:
    for review in courier._reviews.values():
        review.ends_at = -1.0


@pytest.mark.parametrize(
    ("version_code", "track", "is_there"),
    [
        pytest.param(101, "internal", True, id="released"),
        pytest.param("101", "internal", True, id="released, named by a template"),
        pytest.param(101, "production", False, id="in review"),
        pytest.param(102, "production", False, id="never heard of"),
        pytest.param(100, "production", True, id="still out, while the next is in review"),
    ],
)
@pytest.mark.usefixtures("courier")
def test_only_what_users_can_get_ends_the_wait(version_code: Any, track: str, is_there: bool) -> None:
    assert sensor(version_code, track).poke({}) is is_there


def test_a_review_that_passes_ends_the_wait(courier: App) -> None:
    waiting = sensor()
    assert not waiting.poke({})
    finish_review(courier)
    assert waiting.poke({})


def test_a_rejection_fails_at_once(courier: App) -> None:
    courier.approves = False
    finish_review(courier)
    with pytest.raises(AirflowFailException, match="Google rejected version code 101 for production"):
        sensor().poke({})


def test_looking_opens_no_edit(courier: App) -> None:
    before = len(courier.edits)
    sensor().poke({})
    assert len(courier.edits) == before


@pytest.mark.usefixtures("courier")
def test_a_wrong_track_fails_at_once() -> None:
    with pytest.raises(AirflowFailException, match="no such track"):
        sensor(track="prod").poke({})
