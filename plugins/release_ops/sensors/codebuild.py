"""Waits for a CodeBuild build that somebody else started."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.sensors.base_aws import AwsBaseSensor
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.sdk.exceptions import AirflowFailException

from release_ops.clients.build_log import FollowedLog
from release_ops.domain.build import Build, BuildSummary, summary
from release_ops.domain.errors import ErroredError
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.verdict import no_retry_when_failed
from release_ops.triggers.codebuild import CodeBuildBuildTrigger


class CodeBuildBuildSensor(AwsBaseSensor[CodeBuildHook]):
    """
    Wait for an AWS CodeBuild build until it succeeds; fail when it ends in another way.

    The build is only watched: nothing that happens to this task stops it.

    :param build_id: The id of the build, such as ``project:uuid``. (templated)
    :param deferrable: If True, the sensor waits in the triggerer, and many of them share their calls to
        AWS. (default: True)
    :param poke_interval: Time in seconds between two looks at the build. (default: 30)
    :param timeout: Time in seconds after which the sensor gives up. (default: nine hours, the longest
        that CodeBuild lets a build wait in its queue)
    :return: The build's facts, a BuildSummary.
    """

    aws_hook_class = CodeBuildHook
    template_fields: Sequence[str] = aws_template_fields("build_id")
    ui_color = "#dbe9f6"

    def __init__(
        self,
        *,
        build_id: str,
        deferrable: bool = True,
        poke_interval: float = 30,
        timeout: float = 9 * 60 * 60,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, timeout=timeout, **kwargs)
        self.build_id = build_id
        self.deferrable = deferrable
        self._log = FollowedLog()
        self._trouble = ""
        self._summary: BuildSummary | None = None

    def execute(self, context: Any) -> BuildSummary | None:
        """Look once before waiting: the build may be over already."""
        if not self.deferrable:
            super().execute(context)
        elif not self.poke(context):
            self._wait_in_triggerer()
        return self._summary

    def _wait_in_triggerer(self) -> None:
        self.defer(
            trigger=CodeBuildBuildTrigger(
                build_id=self.build_id,
                waiter_delay=int(self.poke_interval),
                waiter_max_attempts=int(self.timeout / self.poke_interval) + 1,
                cancel_on_kill=False,
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
                verify=self.verify,
                botocore_config=self.botocore_config,
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=self.timeout),
        )

    def execute_complete(self, context: Any, event: Any = None) -> BuildSummary:
        """Read the build again: the event only says that it is time to look."""
        build = self._look()
        if build.status.is_running:
            raise ErroredError(f"build {build.id} still runs; the retry waits for it again")
        return self._conclude(build)

    def poke(self, context: Any) -> bool:
        try:
            build = self._look()
        except ErroredError as error:
            self._say_once(f"{error}. The build goes on; looking again")
            self.__dict__.pop("hook", None)  # the connection may have new credentials by then
            return False
        self._trouble = ""
        if not self.deferrable:
            for line in self._log.lines(self.hook.logs, build):
                self.log.info("%s", line)
        if build.status.is_running:
            return False
        self._summary = self._conclude(build)
        return True

    def _say_once(self, trouble: str) -> None:
        if trouble != self._trouble:
            self.log.warning("%s", trouble)
        self._trouble = trouble

    def _look(self) -> Build:
        with no_retry_when_failed():
            build = self.hook.builds.get([self.build_id]).get(self.build_id)
        if build is None:
            raise AirflowFailException(
                f"CodeBuild does not know build {self.build_id} in this account and region; is it an id such "
                "as `project:uuid`, and is this the connection of its account?"
            )
        return build

    def _conclude(self, build: Build) -> BuildSummary:
        for phase in build.phases:
            self.log.info("%s %s %s %s", phase.name, phase.status, phase.duration or "", phase.message)
        if build.status.is_errored:
            raise ErroredError(build.failure())
        if not build.status.is_success:
            raise AirflowFailException(f"{build.failure()}. Log: {build.log_link}")
        return summary(build)
