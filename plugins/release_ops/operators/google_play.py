"""Release on Google Play: upload a bundle, promote the version that was tested.

For any DAG. All that acts is in the hook's client, for operators that have more to ask before they act.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any, Literal

from airflow.sdk import BaseOperator

from release_ops.hooks.google_play import GooglePlayHook, local_bundle
from release_ops.hooks.verdict import no_retry_when_failed


class GooglePlayBaseOperator(BaseOperator):
    """What every task on Play shares. Run such tasks of one package one at a time: give them a pool of one
    slot.

    :param package_name: the app
    :param google_play_conn_id: the Airflow connection, of type `google_play`
    :param changes_in_review: "error" fails (and retries) while Google reviews the app; "cancel" pulls that
    review back and submits everything again
    """

    template_fields: Sequence[str] = ("package_name", "google_play_conn_id")

    def __init__(
        self,
        *,
        package_name: str,
        google_play_conn_id: str = GooglePlayHook.default_conn_name,
        changes_in_review: Literal["error", "cancel"] = "error",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.package_name = package_name
        self.google_play_conn_id = google_play_conn_id
        self.changes_in_review = changes_in_review

    @cached_property
    def hook(self) -> GooglePlayHook:
        return GooglePlayHook(self.google_play_conn_id, changes_in_review=self.changes_in_review)

    def on_kill(self) -> None:
        """Leave no edit open. What is committed stays: on Play only a halt stops that."""
        self.hook.cancel()


class GooglePlayUploadBundleOperator(GooglePlayBaseOperator):
    """Upload an app bundle and release it to everybody on a track; a bundle that is there is left alone.

    Returns {"version_code", "sha256", "track", "changed"}.

    :param bundle_uri: file:// or s3://
    :param expected_version_code: the version code inside the bundle; anything else is refused
    :param expected_sha256: the bundle's digest as its build recorded it; other bytes are never uploaded
    :param track: where to release it
    :param release_name: as Play Console shows it; Google takes the version name when empty
    :param release_notes: text by language, such as {"en-US": "Faster."}
    :param aws_conn_id: for s3://
    """

    template_fields: Sequence[str] = (
        *GooglePlayBaseOperator.template_fields,
        "bundle_uri",
        "expected_version_code",
        "expected_sha256",
        "track",
        "release_name",
        "release_notes",
        "aws_conn_id",
    )

    def __init__(  # noqa: PLR0913 - an operator's parameters are its interface; Airflow passes them by name
        self,
        *,
        bundle_uri: str,
        expected_version_code: int | str,
        expected_sha256: str | None = None,
        track: str = "internal",
        release_name: str = "",
        release_notes: Mapping[str, str] | None = None,
        aws_conn_id: str | None = "aws_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.bundle_uri = bundle_uri
        self.expected_version_code = expected_version_code
        self.expected_sha256 = expected_sha256
        self.track = track
        self.release_name = release_name
        self.release_notes = release_notes
        self.aws_conn_id = aws_conn_id

    def execute(self, context: Any) -> dict[str, Any]:
        with (
            no_retry_when_failed(),
            local_bundle(
                self.bundle_uri, sha256=self.expected_sha256, aws_conn_id=self.aws_conn_id
            ) as bundle,
        ):
            placed = self.hook.client.upload_bundle(
                self.package_name,
                bundle.path,
                version_code=int(self.expected_version_code),
                track=self.track,
                release_name=self.release_name,
                release_notes=self.release_notes,
            )
        return {
            "version_code": placed.version_code,
            "sha256": bundle.sha256,
            "track": placed.track,
            "changed": placed.changed,
        }


class GooglePlayPromoteOperator(GooglePlayBaseOperator):
    """Release a named version, which is released on one track, on another: the same bytes, nothing is built.

    Returns {"version_code", "track", "status", "user_fraction", "changed", "replaced"}. A version that
    reaches as many users already, or more, is left alone. Another version's running rollout is never
    stopped for it.

    :param version_code: the version to promote; "whatever is on the track" is not on offer
    :param from_track: where it has to be released to everybody
    :param to_track: where it goes
    :param user_fraction: the share of users to reach; 1.0 is everybody
    """

    template_fields: Sequence[str] = (
        *GooglePlayBaseOperator.template_fields,
        "version_code",
        "from_track",
        "to_track",
        "user_fraction",
    )

    def __init__(
        self,
        *,
        version_code: int | str,
        from_track: str = "internal",
        to_track: str = "production",
        user_fraction: float | str = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.version_code = version_code
        self.from_track = from_track
        self.to_track = to_track
        self.user_fraction = user_fraction

    def execute(self, context: Any) -> dict[str, Any]:
        with no_retry_when_failed():
            placed = self.hook.client.promote(
                self.package_name,
                int(self.version_code),
                from_track=self.from_track,
                to_track=self.to_track,
                user_fraction=float(self.user_fraction),
            )
        return {**asdict(placed), "replaced": list(placed.replaced)}
