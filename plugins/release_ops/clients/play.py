"""Google Play in the words of a release: put a version on a track, promote it, say what is there.

Every write starts from what is on the track and ends by looking again, so any of them can be repeated: what
is done already is left alone. Nothing here knows Airflow or where the credentials come from.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from release_ops.clients.play_edit import Calls, Edit, open_edit
from release_ops.clients.play_errors import (
    CommitUncertainError,
    EditLostError,
    PlayRefusedError,
    PlayUnavailableError,
)
from release_ops.domain.track import (
    Placement,
    ReleaseState,
    Track,
    decide_placement,
    decide_promotion,
    published_codes,
    wanted_release,
)

log = logging.getLogger(__name__)

ROUNDS = 3
ROUND_SECONDS = 2.0
CHUNK_SIZE = 8 * 1024 * 1024
_STATE_PREFIX = "RELEASE_LIFECYCLE_STATE_"

T = TypeVar("T")


@dataclass(frozen=True)
class Placed:
    """A version that is on a track. `changed`: it was not there before; `replaced`: what left for it."""

    version_code: int
    track: str
    status: str
    user_fraction: float
    changed: bool
    replaced: tuple[int, ...] = ()


class PlayClient:
    """Play for one account. The service is googleapiclient's androidpublisher v3, ready to send.

    Not for several threads: httplib2 is not. Two clients of one account on one package take each other's
    edits away and lose rounds by it; a pool with one slot keeps them apart."""

    def __init__(
        self,
        service: Any,
        *,
        account: str = "this service account",
        changes_in_review: Literal["error", "cancel"] = "error",
        chunk_size: int = CHUNK_SIZE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._service = service
        self._account = account
        self._cancels_review = changes_in_review == "cancel"
        self._chunk_size = chunk_size
        self._sleep = sleep
        self._cancelled = False

    def upload_bundle(
        self,
        package: str,
        bundle: Path,
        *,
        version_code: int,
        track: str = "internal",
        release_name: str = "",
        release_notes: Mapping[str, str] | None = None,
    ) -> Placed:
        """Have this very bundle in Play, under this version code, released to everybody on the track.

        A bundle that Play has already is not sent again; the same code with other bytes is refused, for no
        retry and no promotion could tell which of the two was tested."""
        sha256 = sha256_of(bundle)
        notes = [{"language": language, "text": text} for language, text in (release_notes or {}).items()]
        wanted = wanted_release(
            version_code, name=release_name, details={"releaseNotes": notes} if notes else {}
        )

        def decide(edit: Edit) -> Placement:
            held = edit.library().get(version_code)
            if held not in (None, sha256):
                raise PlayRefusedError(
                    f"Play has version code {version_code} of {package} with other bytes (SHA-256 {held}, "
                    f"{bundle.name} has {sha256}). Build with a higher version code."
                )
            # What the track refuses is found before a long upload uses up the version code.
            placement = decide_placement(edit.track(track), wanted)
            if held is None:
                self._upload(edit, bundle, version_code, sha256)
            return placement

        return self._ensure(package, track, decide)

    def release(
        self,
        package: str,
        version_code: int,
        *,
        track: str,
        user_fraction: float = 1.0,
        release_name: str = "",
    ) -> Placed:
        """Have a version that Play already has released on a track, to at least this share of users."""
        wanted = wanted_release(version_code, user_fraction, name=release_name)
        return self._ensure(package, track, lambda edit: decide_placement(edit.track(track), wanted))

    def promote(
        self,
        package: str,
        version_code: int,
        *,
        from_track: str = "internal",
        to_track: str = "production",
        user_fraction: float = 1.0,
    ) -> Placed:
        """Have the named version, which is released on one track, released on another: the same bytes, no
        build.

        The version is always named: "whatever is there" ships what nobody tested if somebody uploads
        meanwhile."""

        def decide(edit: Edit) -> Placement:
            source, target = edit.track(from_track), edit.track(to_track)
            return decide_promotion(source, target, version_code, user_fraction)

        return self._ensure(package, to_track, decide)

    def read_track(self, package: str, track: str) -> Track:
        """The track with statuses and fractions. Needs an edit, so it ends one that the account has open."""
        return self._in_edit(package, lambda edit: edit.track(track))

    def release_states(self, package: str, track: str) -> tuple[ReleaseState, ...]:
        """The track's releases with their life-cycle states: where review is told. Opens no edit."""
        releases = self._service.applications().tracks().releases()
        request = releases.list(parent=f"applications/{package}/tracks/{track}")
        answer = self._of(package).send(request)
        return tuple(
            ReleaseState(
                version_codes=tuple(item["versionCode"] for item in release.get("activeArtifacts", [])),
                lifecycle=release.get("releaseLifecycleState", "").removeprefix(_STATE_PREFIX),
                name=release.get("releaseName", ""),
            )
            for release in answer.get("releases", [])
        )

    def version_codes_on(self, package: str, track: str) -> frozenset[int]:
        """The versions that users of the track can get now. Opens no edit."""
        return published_codes(self.release_states(package, track))

    def cancel(self) -> None:
        """Stop before the next call, and delete the open edit. What is committed stays: only a halt stops
        that.

        Safe in a signal handler: it only sets a flag."""
        self._cancelled = True

    def _ensure(self, package: str, track: str, decide: Callable[[Edit], Placement]) -> Placed:
        """Decide, put, validate, commit, and look whether it is there."""
        written: list[Placement] = []

        def place(edit: Edit) -> Placement:
            placement = decide(edit)
            if placement.put:
                edit.put_track(track, placement.put)
                edit.validate()
                try:
                    edit.commit(cancel_review=self._cancels_review)
                except CommitUncertainError:
                    written.append(placement)
                    raise
                written.append(placement)
            return placement

        placement = self._in_edit(package, place)
        release = placement.release
        if placement.put:
            shown = self.read_track(package, track).holding(release.version_codes[0])
            if shown is None or shown.reach < release.reach:
                raise PlayUnavailableError(
                    f"Play took the commit of {package}, but {track} does not show it yet."
                )
            release = shown
        else:
            log.info("%s of %s is on %s already", release, package, track)
        return Placed(
            version_code=release.version_codes[0],
            track=track,
            status=release.status,
            user_fraction=release.reach,
            changed=bool(written),
            replaced=written[-1].replaced if written else (),
        )

    def _in_edit(self, package: str, act: Callable[[Edit], T]) -> T:
        """What `act` makes of an edit; in a fresh one if the edit, or the answer to its commit, was lost.

        Both are the same to it: it decides by what the fresh edit shows. Opening that also ends the earlier
        edit, so that a commit which is still on its way cannot slip in behind the look."""
        calls = self._of(package)
        for number in range(1, ROUNDS + 1):
            try:
                with open_edit(self._service, calls) as edit:
                    return act(edit)
            except (EditLostError, CommitUncertainError) as error:
                if number == ROUNDS:
                    raise
                log.info("Round %d of %d on %s was lost: %s", number, ROUNDS, package, error)
                calls.pause(ROUND_SECONDS)
        raise AssertionError("unreachable: the last round returns or raises")

    def _upload(self, edit: Edit, bundle: Path, version_code: int, sha256: str) -> None:
        found = edit.upload(bundle, chunk_size=self._chunk_size)
        if found != (version_code, sha256):
            raise PlayRefusedError(
                f"{bundle.name} should have version code {version_code} and SHA-256 {sha256}, but Play found "
                f"{found[0]} and {found[1]}. Nothing was released; look at the build that made it."
            )

    def _of(self, package: str) -> Calls:
        return Calls(package, self._account, is_cancelled=lambda: self._cancelled, sleep=self._sleep)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
