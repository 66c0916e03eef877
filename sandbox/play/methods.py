"""The methods of the API that a release needs. Any other one is answered 501, by its name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.play import wordings
from sandbox.play.bundle import read_bundle
from sandbox.play.model import App, Edit
from sandbox.play.tracks import Release
from sandbox.play.wordings import Refusal

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request, understood: who asks, of which app, with what."""

    apps: dict[str, App]
    user: str
    now: float
    path: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    body: Json = field(default_factory=dict)
    media: bytes = b""

    @property
    def app(self) -> App:
        package = self.path.get("packageName") or self.path["applicationsId"]
        if package not in self.apps:
            raise Refusal(wordings.PACKAGE_UNKNOWN, package=package)
        return self.apps[package]

    @property
    def edit(self) -> Edit:
        return self.app.edit(self.path["editId"], self.user, self.now)


def _edits_insert(call: Call) -> Json:
    number = 1 + sum(len(app.edits) for app in call.apps.values())
    return call.app.insert_edit(f"{number:020d}", call.user, call.now).as_json()


def _edits_get(call: Call) -> Json:
    return call.edit.as_json()


def _edits_delete(call: Call) -> None:
    call.edit.state = "deleted"


def _edits_validate(call: Call) -> Json:
    edit = call.edit
    call.app.validate(call.query, call.now)
    return edit.as_json()


def _edits_commit(call: Call) -> Json:
    edit = call.edit
    call.app.commit(edit, call.query, call.now)
    return edit.as_json()


def _bundles_list(call: Call) -> Json:
    bundles = [bundle.as_json() for bundle in call.app.library(call.edit)]
    return {"kind": "androidpublisher#bundlesListResponse", "bundles": bundles}


def _bundles_upload(call: Call) -> Json:
    edit, bundle = call.edit, read_bundle(call.media)
    call.app.upload(edit, bundle)
    return bundle.as_json()


def _tracks_list(call: Call) -> Json:
    tracks = [_track(name, releases) for name, releases in call.edit.tracks.items()]
    return {"kind": "androidpublisher#tracksListResponse", "tracks": tracks}


def _tracks_get(call: Call) -> Json:
    track = call.path["track"]
    return _track(track, App.releases(call.edit.tracks, track))


def _tracks_update(call: Call) -> Json:
    return _put_track(call, call.body.get("releases", []))


def _tracks_patch(call: Call) -> Json:
    track = call.path["track"]
    return _put_track(call, call.body.get("releases", App.releases(call.edit.tracks, track)))


def _put_track(call: Call, releases: list[Release]) -> Json:
    track = call.path["track"]
    if call.body.get("track", track) != track:
        raise Refusal(wordings.TRACK_NAMES_DIFFER)
    call.app.update_track(call.edit, track, releases)
    return _track(track, call.edit.tracks[track])


def _track(name: str, releases: list[Release]) -> Json:
    return {"track": name, "releases": releases} if releases else {"track": name}


def _releases_list(call: Call) -> Json:
    track = call.path["tracksId"]
    App.releases(call.app.tracks, track)
    summaries = [
        {
            "releaseName": release["name"],
            "track": track,
            "releaseLifecycleState": f"RELEASE_LIFECYCLE_STATE_{state}",
            "activeArtifacts": [{"versionCode": int(code)} for code in release["versionCodes"]],
        }
        for release, state in call.app.lifecycle(track, call.now)
    ]
    return {"releases": summaries} if summaries else {}


METHODS: dict[str, Callable[[Call], Json | None]] = {
    "edits.insert": _edits_insert,
    "edits.get": _edits_get,
    "edits.delete": _edits_delete,
    "edits.validate": _edits_validate,
    "edits.commit": _edits_commit,
    "edits.bundles.list": _bundles_list,
    "edits.bundles.upload": _bundles_upload,
    "edits.tracks.get": _tracks_get,
    "edits.tracks.list": _tracks_list,
    "edits.tracks.update": _tracks_update,
    "edits.tracks.patch": _tracks_patch,
    "applications.tracks.releases.list": _releases_list,
}
