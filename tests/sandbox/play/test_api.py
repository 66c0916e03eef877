"""The stand-in keeps to Google's description of its API, and to what is known of its behaviour."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.play.app import PlayApp
from sandbox.play.model import App

APPS = "/androidpublisher/v3/applications"
COURIER = f"{APPS}/com.example.courier"
ROBOT = {"Authorization": "Bearer robot"}


@pytest.fixture
def http(play: PlayApp) -> Client:
    return Client(play)


def said(response: TestResponse) -> str:
    return response.get_json()["error"]["message"]


def open_edit(http: Client, user: str = "robot") -> str:
    answer = http.post(f"{COURIER}/edits", json={}, headers={"Authorization": f"Bearer {user}"})
    return f"{COURIER}/edits/{answer.get_json()['id']}"


def put(http: Client, edit: str, *releases: dict[str, Any], track: str = "production") -> TestResponse:
    body = {"track": track, "releases": list(releases)}
    return http.put(f"{edit}/tracks/{track}", json=body, headers=ROBOT)


def have(courier: App, *codes: int) -> None:
    """Have bundles in the library without a release."""
    for code in codes:
        courier.put_live("beta", code)


COMPLETED = {"versionCodes": ["100"], "status": "completed"}


@pytest.mark.parametrize(
    ("verb", "path", "options", "code", "message"),
    [
        pytest.param("GET", f"{COURIER}/edits/1", {"headers": {}}, 401, "missing required auth", id="nobody"),
        pytest.param("GET", f"{COURIER}/nothing", {}, 404, "requested URL", id="no such URL"),
        pytest.param(
            "POST", f"{APPS}/com.nobody/edits", {}, 404, "Package not found: com.nobody", id="no app"
        ),
        pytest.param("GET", f"{COURIER}/edits/7", {}, 404, "No edit with", id="no such edit"),
        pytest.param(
            "GET",
            f"{COURIER}/edits/1/testers/beta",
            {},
            501,
            "edits.testers.get",
            id="a method left out, by name",
        ),
        pytest.param(
            "POST", f"{COURIER}/edits?commit=1", {}, 400, 'Unknown name "commit"', id="an unknown parameter"
        ),
        pytest.param(
            "POST",
            f"{COURIER}/edits/1:commit?changesInReviewBehavior=NO",
            {},
            400,
            "Invalid value at 'changesInReviewBehavior'",
            id="a value that is none of its choices",
        ),
        pytest.param("POST", f"{COURIER}/edits", {"data": "{"}, 400, "Invalid JSON", id="no JSON"),
        pytest.param("POST", f"{COURIER}/edits", {"data": "[]"}, 400, "Invalid JSON", id="no object"),
        pytest.param(
            "GET", f"{COURIER}/tracks/no/releases", {}, 404, "Track not found: no", id="no such track"
        ),
    ],
)
def test_refusals(
    http: Client, verb: str, path: str, options: dict[str, Any], code: int, message: str
) -> None:
    response = http.open(path, method=verb, **{"headers": ROBOT, **options})
    assert response.status_code == code
    assert message in said(response)
    assert response.get_json()["error"]["errors"][0]["message"] == said(response)


@pytest.mark.parametrize(
    ("release", "message"),
    [
        pytest.param({"userFracton": 0.1}, 'Unknown name "userFracton"', id="a misspelt field"),
        pytest.param({"status": "IN_PROGRESS"}, "TYPE_ENUM", id="an unknown status"),
        pytest.param({"userFraction": "10%"}, "TYPE_DOUBLE", id="a fraction as text"),
        pytest.param({"userFraction": True}, "TYPE_DOUBLE", id="a fraction as truth"),
        pytest.param({"versionCodes": 100}, "not a list", id="one code instead of a list"),
        pytest.param({"name": 7}, "TYPE_STRING", id="a number as name"),
        pytest.param({"releaseNotes": ["x"]}, "not an object", id="notes without language"),
        pytest.param({"versionCodes": ["100"]}, "TYPE_ENUM", id="no status"),
        pytest.param(
            {"versionCodes": ["9"], "status": "draft"}, "could not be found: [9]", id="no such bundle"
        ),
        pytest.param(
            {"versionCodes": ["101"], "status": "inProgress"},
            "IN_PROGRESS release must have",
            id="no fraction",
        ),
        pytest.param(
            {"versionCodes": ["101"], "status": "completed", "userFraction": 0.5},
            "COMPLETED release must not have fraction",
            id="completed for some",
        ),
        pytest.param(
            {"versionCodes": ["101"], "status": "inProgress", "userFraction": 1.0},
            "less than 1",
            id="a rollout to everybody",
        ),
        pytest.param(
            {"versionCodes": ["101"], "status": "halted", "userFraction": 0.5},
            "no matching in progress release",
            id="halting what does not run",
        ),
        pytest.param(
            {"versionCodes": ["100"], "status": "inProgress", "userFraction": 0.5},
            "Fully released can not be staged",
            id="staging what everybody has",
        ),
        pytest.param(
            {"versionCodes": ["99"], "status": "completed"}, "existing users to upgrade", id="a downgrade"
        ),
    ],
)
def test_releases_that_a_track_does_not_take(
    http: Client, courier: App, release: dict[str, Any], message: str
) -> None:
    have(courier, 99, 101)
    response = put(http, open_edit(http), release)
    assert message in said(response)


def test_a_track_takes_one_release_of_each_status(http: Client, courier: App) -> None:
    have(courier, 101)
    response = put(http, open_edit(http), COMPLETED, {**COMPLETED, "versionCodes": ["101"]})
    assert "Too many completed releases" in said(response)


def test_the_first_release_of_a_track_goes_to_everybody(http: Client) -> None:
    staged = {"versionCodes": ["100"], "status": "inProgress", "userFraction": 0.5}
    assert "can not be staged" not in said(put(http, open_edit(http), staged, track="alpha"))
    assert "first release" in said(put(http, open_edit(http), staged, track="alpha"))


def test_a_draft_app_takes_drafts_outside_the_internal_track(http: Client, courier: App) -> None:
    courier.draft = True
    assert "draft app" in said(put(http, open_edit(http), COMPLETED))
    assert put(http, open_edit(http), COMPLETED, track="internal").status_code == 200


def test_path_and_body_name_the_same_track(http: Client) -> None:
    response = http.put(f"{open_edit(http)}/tracks/production", json={"track": "beta"}, headers=ROBOT)
    assert "must match" in said(response)


def test_a_patch_without_releases_changes_none(http: Client) -> None:
    response = http.patch(f"{open_edit(http)}/tracks/production", json={}, headers=ROBOT)
    assert response.get_json()["releases"][0]["versionCodes"] == ["100"]


def test_a_rollout_that_an_update_leaves_out_is_halted(http: Client, courier: App) -> None:
    """The trap that halted other people's rollouts by accident."""
    have(courier, 101, 102)
    edit = open_edit(http)
    put(http, edit, {"versionCodes": ["101"], "status": "inProgress", "userFraction": 0.1})
    response = put(http, edit, {"versionCodes": ["102"], "status": "draft"})
    statuses = {r["versionCodes"][0]: r["status"] for r in response.get_json()["releases"]}
    assert statuses == {"100": "completed", "101": "halted", "102": "draft"}


def test_an_edit_is_a_snapshot_that_nobody_sees_before_its_commit(http: Client, courier: App) -> None:
    have(courier, 101)
    edit = open_edit(http)
    put(http, edit, {**COMPLETED, "versionCodes": ["101"]})
    assert courier.tracks["production"][0]["versionCodes"] == ["100"]
    assert http.post(f"{edit}:validate", headers=ROBOT).status_code == 200
    assert http.post(f"{edit}:commit", headers=ROBOT).status_code == 200
    assert courier.tracks["production"][0]["versionCodes"] == ["101"]
    assert "already been successfully committed" in said(http.post(f"{edit}:commit", headers=ROBOT))


def test_a_second_edit_of_the_same_account_deletes_its_first(http: Client) -> None:
    first, second = open_edit(http), open_edit(http)
    assert said(http.get(first, headers=ROBOT)) == "This Edit has been deleted."
    assert http.get(second, headers=ROBOT).status_code == 200


def test_the_first_of_two_accounts_to_commit_ends_the_other_s_edit(http: Client) -> None:
    mine, other = open_edit(http), open_edit(http, "other")
    assert http.get(other, headers=ROBOT).status_code == 404
    assert http.post(f"{other}:commit", headers={"Authorization": "Bearer other"}).status_code == 200
    response = http.post(f"{mine}:commit", headers=ROBOT)
    assert response.status_code == 400  # not 409
    assert "outside of this Edit" in said(response)


def test_an_edit_expires(http: Client, clock: Any) -> None:
    edit = open_edit(http)
    clock.now += 3600
    assert "expired" in said(http.get(edit, headers=ROBOT))


def test_a_deleted_edit_is_gone(http: Client) -> None:
    edit = open_edit(http)
    response = http.delete(edit, headers=ROBOT)
    assert (response.status_code, response.data) == (204, b"")
    assert "deleted" in said(http.get(edit, headers=ROBOT))


def test_a_simple_upload_and_the_library(http: Client, bundle: Callable[..., Path]) -> None:
    edit = open_edit(http)
    content = bundle(101).read_bytes()
    response = http.post(f"/upload{edit}/bundles?uploadType=media", data=content, headers=ROBOT)
    assert response.get_json()["versionCode"] == 101
    listed = http.get(f"{edit}/bundles", headers=ROBOT).get_json()["bundles"]
    assert [item["versionCode"] for item in listed] == [100, 101]
    again = http.post(f"/upload{edit}/bundles?uploadType=media", data=content, headers=ROBOT)
    assert (again.status_code, said(again)) == (403, "Version code 101 has already been used.")


def test_a_resumable_upload_takes_pieces_and_says_how_much_it_has(http: Client, bundle: Any) -> None:
    content = bundle(101, size=600_000).read_bytes()
    half, total = 256 * 1024, len(content)
    edit = open_edit(http)
    started = http.post(f"/resumable/upload{edit}/bundles?uploadType=resumable", headers=ROBOT)
    session = started.headers["Location"]
    assert session.startswith("http://localhost/resumable/upload/")

    def send(piece: bytes, content_range: str) -> TestResponse:
        headers = {**ROBOT, "Content-Range": content_range}
        return http.put(session.removeprefix("http://localhost"), data=piece, headers=headers)

    assert "Range" not in send(b"", f"bytes */{total}").headers
    assert send(content[:half], f"bytes 0-{half - 1}/{total}").status_code == 308
    assert send(b"", f"bytes */{total}").headers["Range"] == f"bytes=0-{half - 1}"
    assert "so far" in said(send(b"x" * half, f"bytes {2 * half}-{3 * half - 1}/{total}"))
    assert "multiple" in said(send(b"x" * 100, f"bytes {half}-{half + 99}/{total}"))
    assert "bytes in the request" in said(send(b"x", f"bytes {half}-{total - 1}/{total}"))
    assert "Content-Range" in said(send(b"x", "all"))
    done = send(content[half:], f"bytes {half}-{total - 1}/{total}")
    assert done.get_json()["versionCode"] == 101
    assert send(b"", f"bytes */{total}").get_json() == done.get_json()


def test_an_upload_session_is_its_account_s_own(http: Client) -> None:
    started = http.post(f"/upload{open_edit(http)}/bundles?uploadType=resumable", headers=ROBOT)
    session = started.headers["Location"].removeprefix("http://localhost")
    response = http.put(session, headers={"Authorization": "Bearer other", "Content-Range": "bytes */9"})
    assert response.status_code == 404


def lifecycle(http: Client, track: str = "production") -> dict[int, str]:
    releases = http.get(f"{COURIER}/tracks/{track}/releases", headers=ROBOT).get_json().get("releases", [])
    return {
        artifact["versionCode"]: release["releaseLifecycleState"].removeprefix("RELEASE_LIFECYCLE_STATE_")
        for release in releases
        for artifact in release["activeArtifacts"]
    }


def commit(
    http: Client, *releases: dict[str, Any], track: str = "production", query: str = ""
) -> TestResponse:
    edit = open_edit(http)
    assert put(http, edit, *releases, track=track).status_code == 200
    return http.post(f"{edit}:commit{query}", headers=ROBOT)


NEW = {"versionCodes": ["101"], "status": "completed"}


def test_users_keep_the_old_version_until_the_new_one_is_reviewed(
    http: Client, courier: App, clock: Any
) -> None:
    have(courier, 101)
    assert commit(http, NEW).status_code == 200
    assert lifecycle(http) == {101: "IN_REVIEW", 100: "PUBLISHED"}
    clock.now += courier.review_seconds
    assert lifecycle(http) == {101: "PUBLISHED"}


def test_the_internal_track_is_not_reviewed(http: Client, courier: App) -> None:
    have(courier, 101)
    commit(http, NEW, track="internal")
    assert lifecycle(http, "internal") == {101: "PUBLISHED"}
    assert lifecycle(http, "alpha") == {}


def test_a_draft_is_told_as_one(http: Client, courier: App) -> None:
    have(courier, 101)
    commit(http, {**NEW, "status": "draft"}, COMPLETED)
    assert lifecycle(http) == {101: "DRAFT", 100: "PUBLISHED"}


def test_a_commit_cancels_a_running_review_unless_told_otherwise(
    http: Client, courier: App, clock: Any
) -> None:
    have(courier, 101)
    commit(http, NEW)
    clock.now += courier.review_seconds - 1
    refused = commit(http, NEW, query="?changesInReviewBehavior=ERROR_IF_IN_REVIEW")
    assert "in review" in said(refused)
    assert commit(http, NEW).status_code == 200
    clock.now += courier.review_seconds - 1
    assert lifecycle(http)[101] == "IN_REVIEW"


def test_after_a_rejection_nothing_is_sent_for_review_by_itself(
    http: Client, courier: App, clock: Any
) -> None:
    have(courier, 101)
    flag = "?changesNotSentForReview=true"
    assert "must not be set" in said(commit(http, COMPLETED, query=flag))
    courier.approves = False
    commit(http, NEW)
    clock.now += courier.review_seconds
    assert lifecycle(http) == {101: "NOT_APPROVED", 100: "PUBLISHED"}
    assert "set the query parameter changesNotSentForReview" in said(commit(http, NEW))
    assert "changesNotSentForReview" in said(http.post(f"{open_edit(http)}:validate", headers=ROBOT))
    have(courier, 102)
    assert commit(http, {**NEW, "versionCodes": ["102"]}, query=flag).status_code == 200
    assert lifecycle(http) == {102: "NOT_SENT_FOR_REVIEW", 100: "PUBLISHED"}


def test_a_track_of_a_form_factor_is_routed_by_its_encoded_name(http: Client) -> None:
    response = http.get(f"{open_edit(http)}/tracks/wear%3Aproduction", headers=ROBOT)
    assert said(response) == "Track not found: wear:production."


def test_all_tracks(http: Client) -> None:
    tracks = http.get(f"{open_edit(http)}/tracks", headers=ROBOT).get_json()["tracks"]
    assert [track["track"] for track in tracks] == ["internal", "alpha", "beta", "production"]


def test_seeding_an_app_twice_changes_nothing(http: Client) -> None:
    url = "/_sandbox/play/apps/com.example.new"
    assert http.get(url).status_code == 404
    made = http.put(url, json={"production": 7}).get_json()
    assert made["tracks"]["production"] == [
        {"name": "7", "versionCodes": ["7"], "status": "completed", "lifecycle": "PUBLISHED"}
    ]
    assert http.put(url, json={"production": 8}).get_json() == made
    assert http.put(url).get_json() == http.get(url).get_json() == made
    assert http.get("/_sandbox/play/apps").get_json() == {
        "packages": ["com.example.courier", "com.example.new"]
    }


@pytest.mark.parametrize(
    ("verb", "path", "body"),
    [
        ("PUT", "apps/com.x", '{"production": "7"}'),
        ("PUT", "apps/com.x", '{"internal": 7}'),
        ("PUT", "apps/com.x", "["),
        ("POST", "faults", '{"methods": "edits.commit"}'),
    ],
)
def test_an_admin_request_that_cannot_be_read_says_what_to_write(
    http: Client, verb: str, path: str, body: str
) -> None:
    response = http.open(f"/_sandbox/play/{path}", method=verb, data=body)
    assert response.status_code == 400
    assert "write" in said(response)


def test_scripted_faults_come_before_or_after_the_effect(http: Client) -> None:
    edit = open_edit(http)
    for when in ("before", "after"):
        http.post("/_sandbox/play/faults", json={"method": "edits.commit", "status": 503, "when": when})
    assert http.post(f"{edit}:commit", headers=ROBOT).status_code == 503
    assert http.post(f"{edit}:commit", headers=ROBOT).status_code == 503
    assert "already been successfully committed" in said(http.post(f"{edit}:commit", headers=ROBOT))
