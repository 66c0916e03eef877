"""One edit of one app: the calls between opening it and committing it, in our words.

An edit is a private copy of the app; the same account's next edit ends it, and so does anybody's commit. So
it is open for seconds, never across tasks, and deleted unless it was committed.
"""

import json
import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

from google.auth.exceptions import GoogleAuthError
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaFileUpload
from httplib2 import HttpLib2Error

from release_ops.clients.play_errors import (
    CommitUncertainError,
    PlayCancelledError,
    PlayError,
    PlayRefusedError,
    PlayUnavailableError,
    explain,
)
from release_ops.domain.track import Track, TrackRelease

log = logging.getLogger(__name__)

ATTEMPTS = 4
_FAILURES = (HttpError, GoogleAuthError, HttpLib2Error, HTTPException, OSError)
_OWN_FIELDS = ("versionCodes", "status", "userFraction", "name")


class Calls:
    """Sends requests about one app: tries again where that is harmless, and says errors in our words."""

    def __init__(
        self,
        package: str,
        account: str,
        *,
        is_cancelled: Callable[[], bool] = lambda: False,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.package = package
        self.account = account
        self._is_cancelled = is_cancelled
        self._sleep = sleep

    def send(self, request: Any, *, attempts: int = ATTEMPTS) -> Any:
        return self.repeat(request.execute, attempts=attempts)

    def repeat(self, act: Callable[[], Any], *, attempts: int = ATTEMPTS) -> Any:
        """The result of `act`, which is tried again while Google is unavailable."""
        for attempt in range(1, attempts + 1):
            if self._is_cancelled():
                raise PlayCancelledError(f"Stopped before the next call about {self.package}.")
            try:
                return act()
            except _FAILURES as failure:
                error = self._explained(failure)
                if attempt == attempts or not isinstance(error, PlayUnavailableError):
                    raise error from failure
                log.info("Try %d of %d failed: %s", attempt, attempts, error)
                self.pause(2 ** (attempt - 1))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def pause(self, seconds: float) -> None:
        """Wait about that long; never exactly, or two writers would meet again."""
        self._sleep(seconds * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, protects no secret

    def _explained(self, failure: Exception) -> PlayError:
        if isinstance(failure, HttpError):
            said, reason = _words_of(failure)
            return explain(
                failure.resp.status, said, reason=reason, package=self.package, account=self.account
            )
        if isinstance(failure, GoogleAuthError) and not failure.retryable:
            return PlayRefusedError(f"{self.account} gets no access token.", said=str(failure))
        return PlayUnavailableError("Google Play cannot be reached.", said=repr(failure))


class Edit:
    """An open edit. Made by `open_edit`."""

    def __init__(self, service: Any, calls: Calls, edit_id: str) -> None:
        self.id = edit_id
        self.is_committed = False
        self._edits = service.edits()
        self._calls = calls
        self._names = {"packageName": calls.package, "editId": edit_id}

    def track(self, track: str) -> Track:
        answer = self._calls.send(self._edits.tracks().get(**self._names, track=track))
        return Track(track, tuple(_release(item) for item in answer.get("releases", [])))

    def put_track(self, track: str, releases: tuple[TrackRelease, ...]) -> None:
        body = {"track": track, "releases": [_as_google(release) for release in releases]}
        self._calls.send(self._edits.tracks().update(**self._names, track=track, body=body))

    def library(self) -> dict[int, str]:
        """The SHA-256 of every bundle that the app has, by version code."""
        answer = self._calls.send(self._edits.bundles().list(**self._names))
        return {bundle["versionCode"]: bundle["sha256"].lower() for bundle in answer.get("bundles", [])}

    def upload(self, bundle: Path, *, chunk_size: int) -> tuple[int, str]:
        """Send the bundle, resuming after faults; the version code and SHA-256 that Google found in it."""
        media = _Chunks(
            str(bundle), mimetype="application/octet-stream", chunksize=chunk_size, resumable=True
        )
        request = self._edits.bundles().upload(**self._names, media_body=media)
        answer = None
        while answer is None:
            # Not its num_retries: next_chunk called again asks how much arrived and goes on from there.
            _, answer = self._calls.repeat(request.next_chunk)
        return answer["versionCode"], answer["sha256"].lower()

    def validate(self) -> None:
        self._calls.send(self._edits.validate(**self._names))

    def commit(self, *, cancel_review: bool) -> None:
        """Publish the edit, sending this once: Google's answer to a second would be about itself."""
        behavior = "CANCEL_IN_REVIEW_AND_SUBMIT" if cancel_review else "ERROR_IF_IN_REVIEW"
        request = self._edits.commit(**self._names, changesInReviewBehavior=behavior)
        try:
            self._calls.send(request, attempts=1)
        except PlayUnavailableError as error:
            raise CommitUncertainError(
                f"Whether the commit of {self._calls.package} took effect is not known; the track will tell.",
                said=error.said or error.sentence,
                status=error.status,
            ) from error
        self.is_committed = True

    def delete(self) -> None:
        self._edits.delete(**self._names).execute()


@contextmanager
def open_edit(service: Any, calls: Calls) -> Iterator[Edit]:
    """An edit for the time of the block, deleted on the way out unless it was committed."""
    answer = calls.send(service.edits().insert(packageName=calls.package, body={}))
    edit = Edit(service, calls, answer["id"])
    try:
        yield edit
    finally:
        if not edit.is_committed:
            # Best effort: an edit that stays behind expires, and the account's next one ends it.
            with suppress(*_FAILURES):
                edit.delete()


class _Chunks(MediaFileUpload):  # type: ignore[misc]  # the library has no types
    def has_stream(self) -> bool:
        """Have the library send bytes: it cannot rewind its stream, and a repeated request would hang."""
        return False


def _release(item: dict[str, Any]) -> TrackRelease:
    return TrackRelease(
        version_codes=tuple(int(code) for code in item.get("versionCodes", [])),
        status=item.get("status", "statusUnspecified"),
        user_fraction=item.get("userFraction"),
        name=item.get("name", ""),
        details={key: value for key, value in item.items() if key not in _OWN_FIELDS},
    )


def _as_google(release: TrackRelease) -> dict[str, Any]:
    item: dict[str, Any] = {
        **release.details,
        "versionCodes": [str(code) for code in release.version_codes],
        "status": str(release.status),
    }
    if release.name:
        item["name"] = release.name
    if release.user_fraction is not None:
        item["userFraction"] = release.user_fraction
    return item


def _words_of(failure: Any) -> tuple[str, str]:
    """Google's message and reason; the raw text where the answer has another form than its errors have."""
    text = failure.content.decode("utf-8", "replace") if failure.content else ""
    try:
        error = json.loads(text)["error"]
        details = error.get("errors") or [{}]
        return str(error["message"]), str(details[0].get("reason", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return text[:500] or str(failure.resp.reason or ""), ""
