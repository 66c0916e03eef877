"""The product's client against the stand-in, over HTTP: every way a release on Play goes well or badly."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from release_ops.clients.play import PlayClient
from release_ops.clients.play_errors import (
    CommitUncertainError,
    EditLostError,
    PlayCancelledError,
    PlayError,
    PlayRefusedError,
    PlayUnavailableError,
    ReviewRunningError,
)
from release_ops.domain.errors import ErroredError, FailedError
from release_ops.domain.track import Lifecycle, NotOnTrackError, TrackError
from sandbox.play.app import PlayApp
from sandbox.play.faults import Fault
from sandbox.play.model import App

PACKAGE = "com.example.courier"
PIECE = 256 * 1024


@pytest.fixture
def internal(courier: App) -> None:
    """Version 101 is on the internal track, with notes in English."""
    courier.put_live("internal", 101)
    courier.tracks["internal"][0] |= {
        "name": "The fast one",
        "releaseNotes": [{"language": "en", "text": "Fast."}],
    }


def shown(courier: App, track: str = "production") -> dict[int, str]:
    """What a track holds: status by version code, with the share of users where there is one."""
    return {
        int(code): f"{release['status']} {release.get('userFraction', '')}".strip()
        for release in courier.tracks[track]
        for code in release["versionCodes"]
    }


def no_edit_is_open(courier: App) -> bool:
    return all(edit.state != "open" for edit in courier.edits.values())


# Uploading


def test_a_bundle_is_uploaded_and_released_on_the_internal_track(
    client: PlayClient, courier: App, bundle: Any
) -> None:
    placed = client.upload_bundle(
        PACKAGE, bundle(101), version_code=101, release_name="Week 12", release_notes={"en-US": "Faster."}
    )
    assert (placed.version_code, placed.track, placed.status, placed.changed) == (
        101,
        "internal",
        "completed",
        True,
    )
    (release,) = courier.tracks["internal"]
    assert release["name"] == "Week 12"
    assert release["releaseNotes"] == [{"language": "en-US", "text": "Faster."}]
    assert shown(courier) == {100: "completed"}


def test_a_bundle_that_is_there_is_not_sent_again(client: PlayClient, wire: Any, bundle: Any) -> None:
    client.upload_bundle(PACKAGE, bundle(101), version_code=101)
    wire.seen.clear()
    placed = client.upload_bundle(PACKAGE, bundle(101), version_code=101)
    assert not placed.changed
    assert wire.times("piece") == wire.times(":commit") == 0


def test_a_bundle_that_the_library_has_is_only_released(
    client: PlayClient, wire: Any, courier: App, bundle: Any, clock: Any
) -> None:
    client.upload_bundle(PACKAGE, bundle(101), version_code=101, track="alpha")
    clock.now += courier.review_seconds
    wire.seen.clear()
    placed = client.upload_bundle(PACKAGE, bundle(101), version_code=101, track="internal")
    assert placed.changed
    assert wire.times("piece") == 0
    assert shown(courier, "internal") == {101: "completed"}


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([Fault("edits.bundles.upload")], id="before it starts"),
        pytest.param([Fault("upload.piece", times=3)], id="three times at a piece"),
        pytest.param([Fault("upload.piece", when="after", times=2)], id="after a piece arrived"),
        pytest.param([Fault("upload.piece", status=429)], id="the quota is used up"),
        pytest.param([Fault("edits.insert", times=3), Fault("edits.tracks.update")], id="around it"),
    ],
)
def test_an_upload_survives_faults(
    connect: Any, play: PlayApp, courier: App, wire: Any, bundle: Any, faults: list[Fault]
) -> None:
    for fault in faults:
        play.faults.add(fault)
    path = bundle(101, size=4 * PIECE)
    placed = connect(chunk_size=PIECE).upload_bundle(PACKAGE, path, version_code=101)
    assert placed.changed
    assert wire.times("piece") >= 5
    assert shown(courier, "internal") == {101: "completed"}


def test_an_upload_whose_last_answer_was_lost_is_not_sent_twice(
    client: PlayClient, play: PlayApp, courier: App, wire: Any, bundle: Any
) -> None:
    play.faults.add(Fault("upload.piece", when="after"))
    client.upload_bundle(PACKAGE, bundle(101), version_code=101)
    assert wire.times("piece") == 2  # the file, and the question what became of it
    assert shown(courier, "internal") == {101: "completed"}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param({"version_code": 102}, "should have version code 101", id="another version code inside"),
        pytest.param({"version_code": 101, "package": "com.other"}, "look at the build", id="another app"),
        pytest.param(None, "look at the build", id="no bundle at all"),
    ],
)
def test_a_file_that_is_not_the_bundle_is_refused(
    client: PlayClient, courier: App, bundle: Any, tmp_path: Path, make: Any, sentence: str
) -> None:
    path = bundle(**make) if make else tmp_path / "text.aab"
    if not make:
        path.write_text("no bundle")
    with pytest.raises(PlayRefusedError, match=sentence):
        client.upload_bundle(PACKAGE, path, version_code=101)
    assert shown(courier, "internal") == {}
    assert no_edit_is_open(courier)


def test_a_version_code_with_other_bytes_is_refused(client: PlayClient, courier: App, bundle: Any) -> None:
    client.upload_bundle(PACKAGE, bundle(101), version_code=101)
    with pytest.raises(PlayRefusedError, match=r"with other bytes .* Build with a higher version code"):
        client.upload_bundle(PACKAGE, bundle(101, fill="b"), version_code=101)


def test_what_the_track_refuses_uses_up_no_version_code(
    client: PlayClient, courier: App, wire: Any, bundle: Any
) -> None:
    courier.put_live("internal", 105)
    with pytest.raises(TrackError, match="already serves version code 105"):
        client.upload_bundle(PACKAGE, bundle(101), version_code=101)
    assert wire.times("piece") == 0


@pytest.mark.parametrize("burns", [True, False], ids=["and its code is burned", "and its code is free again"])
def test_an_upload_whose_edit_is_lost(
    client: PlayClient, courier: App, wire: Any, bundle: Any, burns: bool
) -> None:
    """Users' reports differ on what becomes of the version code; both end in a sentence or a release."""
    courier.burns_abandoned_codes = burns
    wire.meanwhile.append((":validate", lambda: courier.insert_edit("other", "Bearer robot", 0)))
    if burns:
        with pytest.raises(PlayRefusedError, match="from an upload that was never committed"):
            client.upload_bundle(PACKAGE, bundle(101), version_code=101)
    else:
        assert client.upload_bundle(PACKAGE, bundle(101), version_code=101).changed


# Promoting


@pytest.mark.usefixtures("internal")
def test_the_tested_version_goes_to_everybody(client: PlayClient, courier: App) -> None:
    placed = client.promote(PACKAGE, 101)
    assert (placed.status, placed.user_fraction, placed.changed) == ("completed", 1.0, True)
    assert placed.replaced == (100,)
    assert shown(courier) == {101: "completed"}
    assert shown(courier, "internal") == {101: "completed"}
    assert no_edit_is_open(courier)


@pytest.mark.usefixtures("internal")
def test_a_first_fraction_keeps_what_the_others_have(client: PlayClient, courier: App) -> None:
    placed = client.promote(PACKAGE, 101, user_fraction=0.1)
    assert (placed.status, placed.user_fraction, placed.replaced) == ("inProgress", 0.1, ())
    assert shown(courier) == {101: "inProgress 0.1", 100: "completed"}
    release = courier.tracks["production"][0]
    assert (release["name"], release["releaseNotes"][0]["text"]) == ("The fast one", "Fast.")


@pytest.mark.usefixtures("internal")
@pytest.mark.parametrize(
    ("fractions", "expected", "changed"),
    [
        pytest.param([0.1, 0.1], "inProgress 0.1", False, id="the same again is left alone"),
        pytest.param([0.1, 0.05], "inProgress 0.1", False, id="less is left alone"),
        pytest.param([0.1, 0.5], "inProgress 0.5", True, id="more widens"),
        pytest.param([0.1, 1.0], "completed", True, id="all completes"),
        pytest.param([1.0, 0.1], "completed", False, id="what everybody has is left alone"),
    ],
)
def test_asking_again(
    client: PlayClient, courier: App, clock: Any, fractions: list[float], expected: str, changed: bool
) -> None:
    for fraction in fractions:
        placed = client.promote(PACKAGE, 101, user_fraction=fraction)
        clock.now += courier.review_seconds
    assert shown(courier)[101] == expected
    assert placed.changed is changed


@pytest.mark.usefixtures("internal")
def test_a_rollout_widens_when_internal_has_moved_on(client: PlayClient, courier: App, clock: Any) -> None:
    client.promote(PACKAGE, 101, user_fraction=0.1)
    clock.now += courier.review_seconds
    courier.put_live("internal", 102)
    assert client.promote(PACKAGE, 101, user_fraction=0.5).changed


@pytest.mark.parametrize("track", [(), ("draft",), ("halted",)], ids=["nothing", "a draft", "a halted one"])
def test_only_what_is_released_on_internal_is_promoted(
    client: PlayClient, courier: App, track: tuple[str, ...]
) -> None:
    for status in track:
        courier.put_live("internal", 101)
        courier.tracks["internal"][0]["status"] = status
    with pytest.raises(NotOnTrackError, match="101 is not released on internal"):
        client.promote(PACKAGE, 101)
    assert shown(courier) == {100: "completed"}
    assert no_edit_is_open(courier)


@pytest.mark.usefixtures("internal")
@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        pytest.param(
            {"versionCodes": ["99"], "status": "inProgress", "userFraction": 0.2},
            "99 is being rolled out on production",
            id="another version's rollout is not stopped",
        ),
        pytest.param(
            {"versionCodes": ["101"], "status": "halted", "userFraction": 0.2},
            "101 is halted on production; somebody stopped it",
            id="what was halted is not resumed",
        ),
        pytest.param(
            {"versionCodes": ["102"], "status": "completed"},
            "already serves version code 102",
            id="a higher version is not replaced",
        ),
    ],
)
def test_production_is_left_as_it_is(
    client: PlayClient, courier: App, wire: Any, other: dict[str, Any], sentence: str
) -> None:
    courier.tracks["production"].insert(0, other)
    before = shown(courier)
    with pytest.raises(TrackError, match=sentence):
        client.promote(PACKAGE, 101)
    assert shown(courier) == before
    assert wire.times("PUT production") == 0


@pytest.mark.usefixtures("internal")
def test_a_halted_version_is_superseded_by_a_higher_one_on_record(client: PlayClient, courier: App) -> None:
    courier.put_live("beta", 99)
    halted = {"versionCodes": ["99"], "status": "halted", "userFraction": 0.2}
    courier.tracks["production"].append(halted)
    placed = client.promote(PACKAGE, 101, user_fraction=0.1)
    assert placed.replaced == (99,)
    assert shown(courier) == {101: "inProgress 0.1", 100: "completed"}


@pytest.mark.usefixtures("internal")
def test_a_draft_that_somebody_prepares_is_kept(client: PlayClient, courier: App) -> None:
    courier.put_live("beta", 103)
    courier.tracks["production"].append({"versionCodes": ["103"], "status": "draft", "name": "next"})
    client.promote(PACKAGE, 101)
    assert shown(courier) == {101: "completed", 103: "draft"}


def test_a_version_that_play_has_is_released_on_any_track(client: PlayClient, courier: App) -> None:
    courier.put_live("beta", 101)
    placed = client.release(PACKAGE, 101, track="production", user_fraction=0.25, release_name="Hot")
    assert (placed.status, placed.user_fraction) == ("inProgress", 0.25)
    assert client.read_track(PACKAGE, "production").releases[0].name == "Hot"


# Reviews


@pytest.mark.usefixtures("internal")
def test_what_users_can_get_is_told_without_an_edit(
    client: PlayClient, courier: App, clock: Any, wire: Any
) -> None:
    client.promote(PACKAGE, 101)
    wire.seen.clear()
    states = client.release_states(PACKAGE, "production")
    assert {state.version_codes: state.lifecycle for state in states} == {
        (101,): Lifecycle.IN_REVIEW,
        (100,): Lifecycle.PUBLISHED,
    }
    assert client.version_codes_on(PACKAGE, "production") == {100}
    clock.now += courier.review_seconds
    assert client.version_codes_on(PACKAGE, "production") == {101}
    assert client.version_codes_on(PACKAGE, "alpha") == set()
    assert wire.seen == ["GET releases"] * 4


@pytest.mark.usefixtures("internal")
def test_a_running_review_is_waited_for_unless_told_to_cancel_it(connect: Any, courier: App) -> None:
    connect().promote(PACKAGE, 101, user_fraction=0.1)
    with pytest.raises(ReviewRunningError, match="Wait for the review") as refused:
        connect().promote(PACKAGE, 101)
    assert isinstance(refused.value, ErroredError)
    assert shown(courier)[101] == "inProgress 0.1"
    assert connect(changes_in_review="cancel").promote(PACKAGE, 101).changed


@pytest.mark.usefixtures("internal")
def test_after_a_rejection_a_person_has_to_act(client: PlayClient, courier: App, clock: Any) -> None:
    courier.approves = False
    client.promote(PACKAGE, 101, user_fraction=0.1)
    clock.now += courier.review_seconds
    with pytest.raises(
        PlayRefusedError, match=r"Publishing overview.*Google's answer .HTTP 400.: Changes cannot"
    ):
        client.promote(PACKAGE, 101)
    assert client.version_codes_on(PACKAGE, "production") == {100}


# Edits and answers that get lost


@pytest.mark.usefixtures("internal")
@pytest.mark.parametrize(
    ("when", "commits"), [("before", 2), ("after", 1)], ids=["it had no effect", "it took effect"]
)
def test_a_commit_whose_answer_is_lost_is_settled_by_the_track(
    client: PlayClient, play: PlayApp, courier: App, wire: Any, when: Any, commits: int
) -> None:
    play.faults.add(Fault("edits.commit", status=500, when=when))
    placed = client.promote(PACKAGE, 101)
    assert placed.changed
    assert placed.replaced == (100,)
    assert wire.times(":commit") == commits
    committed = [edit for edit in courier.edits.values() if edit.state == "committed"]
    assert len(committed) == 1


@pytest.mark.usefixtures("internal")
def test_a_commit_that_never_succeeds_is_given_up(client: PlayClient, play: PlayApp, courier: App) -> None:
    play.faults.add(Fault("edits.commit", times=9))
    with pytest.raises(CommitUncertainError, match="the track will tell"):
        client.promote(PACKAGE, 101)
    assert shown(courier) == {100: "completed"}


def steal(courier: App) -> None:
    """Another task of the same account opens an edit."""
    courier.insert_edit("theirs", "Bearer robot", 1_790_000_000.0)


def change(courier: App) -> None:
    """Somebody changes the app in the Console."""
    courier.revision += 1


@pytest.mark.usefixtures("internal")
@pytest.mark.parametrize("request_line", ["GET internal", "PUT production", ":validate", ":commit"])
@pytest.mark.parametrize("interfere", [steal, change])
def test_an_edit_that_is_lost_once_costs_a_round(
    client: PlayClient, courier: App, wire: Any, interfere: Callable[[App], None], request_line: str
) -> None:
    wire.meanwhile.append((request_line, lambda: interfere(courier)))
    assert client.promote(PACKAGE, 101).changed
    assert shown(courier) == {101: "completed"}
    assert courier.revision == (4 if interfere is change else 3)


@pytest.mark.usefixtures("internal")
def test_an_edit_that_is_lost_every_time_is_given_up(client: PlayClient, courier: App, wire: Any) -> None:
    wire.meanwhile += [(":commit", lambda: steal(courier))] * 9
    with pytest.raises(
        EditLostError, match=r"robot@example.com opened an edit of com.example.courier"
    ) as lost:
        client.promote(PACKAGE, 101)
    assert isinstance(lost.value, ErroredError)
    assert wire.times("POST edits") == 3
    assert shown(courier) == {100: "completed"}


@pytest.mark.usefixtures("internal")
def test_an_edit_that_expires_is_opened_again(
    client: PlayClient, courier: App, wire: Any, clock: Any
) -> None:
    def wait() -> None:
        clock.now += courier.edit_seconds

    wire.meanwhile.append((":validate", wait))
    assert client.promote(PACKAGE, 101).changed


@pytest.mark.usefixtures("internal")
@pytest.mark.parametrize(
    "fault", ["edits.tracks.get", "edits.tracks.update", "edits.validate", "edits.commit"]
)
def test_an_edit_is_deleted_whatever_ends_it(
    client: PlayClient, play: PlayApp, courier: App, fault: str
) -> None:
    play.faults.add(Fault(fault, status=403))
    with pytest.raises(PlayRefusedError, match="may not do this"):
        client.promote(PACKAGE, 101)
    assert no_edit_is_open(courier)
    assert shown(courier) == {100: "completed"}


@pytest.mark.usefixtures("internal")
def test_an_interrupted_task_leaves_no_edit(
    client: PlayClient, courier: App, wire: Any, monkeypatch: Any
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("release_ops.clients.play_edit.Edit.validate", interrupt)
    with pytest.raises(KeyboardInterrupt):
        client.promote(PACKAGE, 101)
    assert wire.times("DELETE EDIT") == 1
    assert no_edit_is_open(courier)


@pytest.mark.usefixtures("internal")
def test_a_cancelled_task_commits_nothing_and_leaves_no_edit(
    client: PlayClient, courier: App, wire: Any
) -> None:
    wire.meanwhile.append((":validate", client.cancel))
    with pytest.raises(PlayCancelledError):
        client.promote(PACKAGE, 101)
    assert wire.times(":commit") == 0
    assert no_edit_is_open(courier)


def test_two_tasks_of_two_accounts_at_once_both_end_well(
    connect: Any, courier: App, bundle: Any, play: PlayApp
) -> None:
    """Each loses rounds to the other; what counts is that both versions are where they belong."""
    courier.put_live("internal", 101)
    courier.burns_abandoned_codes = False
    courier.review_seconds = 0
    path, results = bundle(102), []

    def insist(act: Callable[[], Any]) -> None:
        for _ in range(10):  # as Airflow's retries do
            try:
                results.append(act())
                return
            except ErroredError:
                continue

    upload = connect("staging").upload_bundle
    promote = connect("production").promote
    threads = [
        threading.Thread(
            target=insist, args=(lambda: upload(PACKAGE, path, version_code=102, track="beta"),)
        ),
        threading.Thread(target=insist, args=(lambda: promote(PACKAGE, 101),)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(placed.version_code for placed in results) == [101, 102]
    assert shown(courier) == {101: "completed"}
    assert shown(courier, "beta") == {102: "completed"}


# What Google refuses, and what cannot be reached


@pytest.mark.usefixtures("internal")
@pytest.mark.parametrize(
    ("act", "error", "sentence"),
    [
        pytest.param(
            lambda client: client.promote("com.nobody", 101),
            PlayRefusedError,
            "robot@example.com knows no app com.nobody",
            id="an unknown app",
        ),
        pytest.param(
            lambda client: client.promote(PACKAGE, 101, to_track="prod"),
            PlayRefusedError,
            "no such track. The usual ones are internal, alpha, beta and production",
            id="an unknown track",
        ),
        pytest.param(
            lambda client: client.release_states(PACKAGE, "prod"),
            PlayRefusedError,
            "no such track",
            id="an unknown track to look at",
        ),
        pytest.param(
            lambda client: client.promote(PACKAGE, 101, to_track="alpha", user_fraction=0.1),
            PlayRefusedError,
            "first release on a track goes to everybody",
            id="a first release for some",
        ),
        pytest.param(
            lambda client: client.release(PACKAGE, 107, track="production"),
            PlayRefusedError,
            "no bundle of com.example.courier with this version code. Upload it first",
            id="a version that was never uploaded",
        ),
        pytest.param(
            lambda client: client.promote(PACKAGE, 101, user_fraction=0), TrackError, "above 0", id="nobody"
        ),
        pytest.param(
            lambda client: client.promote(PACKAGE, 101, user_fraction=10),
            TrackError,
            "up to 1.0",
            id="10 for 10 %",
        ),
    ],
)
def test_what_no_retry_can_change(
    client: PlayClient, act: Callable[[PlayClient], object], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence) as refused:
        act(client)
    assert isinstance(refused.value, FailedError)


def test_a_draft_app_needs_a_person(client: PlayClient, courier: App) -> None:
    courier.put_live("internal", 101)
    courier.draft = True
    with pytest.raises(PlayRefusedError, match="was never published; finish its set-up"):
        client.promote(PACKAGE, 101)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_google_is_asked_four_times(client: PlayClient, play: PlayApp, wire: Any, status: int) -> None:
    play.faults.add(Fault("edits.insert", status=status, times=9))
    with pytest.raises(PlayUnavailableError):
        client.promote(PACKAGE, 101)
    assert wire.times("POST edits") == 4


def test_an_unreachable_google_is_no_verdict(connect: Any, monkeypatch: Any) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("nobody there")

    monkeypatch.setattr("httplib2.Http.request", refuse)
    with pytest.raises(PlayUnavailableError, match=r"cannot be reached.*nobody there"):
        connect().version_codes_on(PACKAGE, "production")


def test_credentials_that_google_does_not_know(client: PlayClient, play: PlayApp) -> None:
    play.faults.add(Fault("edits.insert", status=401))
    with pytest.raises(PlayError):
        client.read_track(PACKAGE, "production")


@pytest.mark.usefixtures("internal")
def test_a_commit_that_the_track_does_not_show_yet_is_looked_for_again(
    client: PlayClient, courier: App, wire: Any
) -> None:
    def undo() -> None:
        if courier.revision > 2:
            courier.put_live("production", 100)

    wire.meanwhile += [("POST edits", undo), ("POST edits", undo)]
    with pytest.raises(PlayUnavailableError, match=r"took the commit of com.example.courier"):
        client.promote(PACKAGE, 101)
