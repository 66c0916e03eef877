"""Wait until users can get a version on Google Play."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from airflow.sdk import BaseSensorOperator

from release_ops.domain.track import is_published, lifecycle_of
from release_ops.hooks.google_play import GooglePlayHook
from release_ops.hooks.verdict import no_retry_when_failed


class GooglePlayReleaseSensor(BaseSensorOperator):
    """Wait until a version is published on a track, reviewed and all; fail at once when Google rejects it.

    It opens no edit, so it can look while other tasks write. Reviews take minutes to days: poke rarely.

    :param package_name: the app
    :param version_code: the version to wait for
    :param track: where
    :param google_play_conn_id: the Airflow connection, of type `google_play`
    """

    template_fields: Sequence[str] = ("package_name", "version_code", "track", "google_play_conn_id")

    def __init__(
        self,
        *,
        package_name: str,
        version_code: int | str,
        track: str = "production",
        google_play_conn_id: str = GooglePlayHook.default_conn_name,
        poke_interval: float = 300.0,
        mode: str = "reschedule",
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, mode=mode, **kwargs)
        self.package_name = package_name
        self.version_code = version_code
        self.track = track
        self.google_play_conn_id = google_play_conn_id
        self._seen = ""

    @cached_property
    def hook(self) -> GooglePlayHook:
        return GooglePlayHook(self.google_play_conn_id)

    def poke(self, context: Any) -> bool:
        code = int(self.version_code)
        with no_retry_when_failed():
            states = self.hook.client.release_states(self.package_name, self.track)
            lifecycle = lifecycle_of(states, code) or "not there"
            if lifecycle != self._seen:
                self.log.info("%s %d on %s: %s", self.package_name, code, self.track, lifecycle)
            self._seen = lifecycle
            return is_published(states, code, on=self.track)
