"""Apps as Google keeps them: tracks, bundles, the edits in which they change, and reviews."""

import copy
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.play import wordings
from sandbox.play.bundle import Bundle
from sandbox.play.tracks import Release, codes, put_on_track
from sandbox.play.wordings import Refusal

TRACKS = ("internal", "alpha", "beta", "production")
EDIT_SECONDS = 3600.0
REVIEW_SECONDS = 3.0  # minutes to days at Google's; long enough here to be seen


@dataclass
class Edit:
    """A private copy of an app's tracks, of which the world sees nothing before it is committed."""

    id: str
    user: str
    expires_at: float
    base_revision: int
    tracks: dict[str, list[Release]]
    bundles: dict[int, Bundle] = field(default_factory=dict)
    state: Literal["open", "deleted", "committed"] = "open"

    def as_json(self) -> dict[str, str]:
        return {"id": self.id, "expiryTimeSeconds": str(int(self.expires_at))}


@dataclass
class Review:
    """Google's look at a new version on a track; one that nobody sent never ends."""

    ends_at: float | None

    def state(self, now: float, *, approves: bool) -> str:
        if self.ends_at is None:
            return "NOT_SENT_FOR_REVIEW"
        if now < self.ends_at:
            return "IN_REVIEW"
        return "PUBLISHED" if approves else "NOT_APPROVED"


class App:
    """One app of the Console. `approves` and `draft` are what a person or a reviewer would set there."""

    def __init__(self, package: str) -> None:
        self.package = package
        self.tracks: dict[str, list[Release]] = {track: [] for track in TRACKS}
        self.bundles: dict[int, Bundle] = {}
        self.edits: dict[str, Edit] = {}
        self.revision = 0
        self.draft = False
        self.approves = True
        self.review_seconds = REVIEW_SECONDS
        self.edit_seconds = EDIT_SECONDS
        # Users' reports differ on whether the code of an upload that was never committed can be used again.
        self.burns_abandoned_codes = True
        self._used_codes: set[int] = set()
        self._reviews: dict[tuple[str, int], Review] = {}
        self._still_served: dict[str, list[Release]] = {}

    def put_live(self, track: str, version_code: int) -> None:
        """Have this version on a track from the beginning, as if somebody had released it in the Console."""
        digest = hashlib.sha256(f"{self.package} {version_code}".encode()).hexdigest()
        self.bundles[version_code] = Bundle(
            self.package, version_code, str(version_code), digest[:40], digest
        )
        self._used_codes.add(version_code)
        release = {"name": str(version_code), "versionCodes": [str(version_code)], "status": "completed"}
        self.tracks[track] = [release]
        self.revision += 1

    def insert_edit(self, edit_id: str, user: str, now: float) -> Edit:
        """A new edit; it silently deletes the one that this user had open."""
        for other in self.edits.values():
            if other.user == user and other.state == "open":
                other.state = "deleted"
        edit = Edit(edit_id, user, now + self.edit_seconds, self.revision, copy.deepcopy(self.tracks))
        self.edits[edit_id] = edit
        return edit

    def edit(self, edit_id: str, user: str, now: float) -> Edit:
        edit = self.edits.get(edit_id)
        if edit is None or edit.user != user:
            raise Refusal(wordings.EDIT_UNKNOWN)
        if edit.state == "committed":
            raise Refusal(wordings.EDIT_COMMITTED)
        if edit.state == "deleted":
            raise Refusal(wordings.EDIT_DELETED)
        if now >= edit.expires_at:
            raise Refusal(wordings.EDIT_EXPIRED)
        if edit.base_revision != self.revision:
            raise Refusal(wordings.EDIT_OUTDATED)
        return edit

    def upload(self, edit: Edit, bundle: Bundle) -> None:
        if bundle.package != self.package:
            raise Refusal(wordings.UPLOAD_OTHER_PACKAGE, expected=self.package, found=bundle.package)
        if bundle.version_code in self._used_codes or bundle.version_code in self._usable(edit):
            raise Refusal(wordings.UPLOAD_CODE_USED, version_code=bundle.version_code)
        if self.burns_abandoned_codes:
            self._used_codes.add(bundle.version_code)
        edit.bundles[bundle.version_code] = bundle

    def update_track(self, edit: Edit, track: str, asked: list[Release]) -> None:
        names = {code: bundle.version_name for code, bundle in self._usable(edit).items()}
        old = self.releases(edit.tracks, track)
        edit.tracks[track] = put_on_track(track, old, asked, version_names=names, draft_app=self.draft)

    def validate(self, query: Mapping[str, str], now: float) -> None:
        """What Google checks at validate and again at commit; validate cannot take the flag it asks for."""
        not_sent = query.get("changesNotSentForReview") == "true"
        states = {review.state(now, approves=self.approves) for review in self._reviews.values()}
        if "NOT_APPROVED" in states and not not_sent:
            raise Refusal(wordings.REVIEW_NEEDS_FLAG)
        if "NOT_APPROVED" not in states and not_sent:
            raise Refusal(wordings.REVIEW_REFUSES_FLAG)
        if "IN_REVIEW" in states and query.get("changesInReviewBehavior") == "ERROR_IF_IN_REVIEW":
            raise Refusal(wordings.IN_REVIEW)

    def commit(self, edit: Edit, query: Mapping[str, str], now: float) -> None:
        self.validate(query, now)
        ends_at = None if query.get("changesNotSentForReview") == "true" else now + self.review_seconds
        for review in self._reviews.values():
            if (
                review.ends_at is None or now < review.ends_at
            ):  # everything that waits is (re)submitted with it
                review.ends_at = ends_at
        self.bundles |= edit.bundles
        self._used_codes |= edit.bundles.keys()
        for track, new in edit.tracks.items():
            self._send_for_review(track, new, ends_at, now)
        self.tracks = edit.tracks
        edit.state = "committed"
        self.revision += 1

    def lifecycle(self, track: str, now: float) -> list[tuple[Release, str]]:
        """The track's releases and their states, with what users still get while a new one is in review."""
        listed = [(release, self._state(track, release, now)) for release in self.tracks[track]]
        if all(state in ("PUBLISHED", "DRAFT") for _, state in listed):
            return listed
        shown = codes(self.tracks[track])
        served = [release for release in self._still_served.get(track, []) if not codes([release]) & shown]
        return listed + [(release, "PUBLISHED") for release in served]

    @staticmethod
    def releases(tracks: Mapping[str, list[Release]], track: str) -> list[Release]:
        if track not in tracks:
            raise Refusal(wordings.TRACK_UNKNOWN, track=track)
        return tracks[track]

    def as_json(self, now: float) -> dict[str, Any]:
        tracks = {
            track: [{**release, "lifecycle": state} for release, state in self.lifecycle(track, now)]
            for track in self.tracks
        }
        bundles = [self.bundles[code].as_json() for code in sorted(self.bundles)]
        return {"package": self.package, "tracks": tracks, "bundles": bundles}

    def library(self, edit: Edit) -> list[Bundle]:
        usable = self._usable(edit)
        return [usable[code] for code in sorted(usable)]

    def _usable(self, edit: Edit) -> dict[int, Bundle]:
        return {**self.bundles, **edit.bundles}

    def _send_for_review(self, track: str, new: list[Release], ends_at: float | None, now: float) -> None:
        """Have every version that is new on its track reviewed; widening one is no reason to."""
        served = [release for release, state in self.lifecycle(track, now) if state == "PUBLISHED"]
        live = codes(served)
        fresh = codes(new, "inProgress", "completed") - live
        self._reviews = {
            (name, code): review
            for (name, code), review in self._reviews.items()
            if name != track or code in codes(new)
        }
        if track != "internal":
            for code in fresh:
                self._reviews.setdefault((track, code), Review(ends_at))
        if fresh:
            self._still_served[track] = served

    def _state(self, track: str, release: Release, now: float) -> str:
        if release["status"] == "draft":
            return "DRAFT"
        newest = max(codes([release]), default=0)
        review = self._reviews.get((track, newest))
        return review.state(now, approves=self.approves) if review else "PUBLISHED"
