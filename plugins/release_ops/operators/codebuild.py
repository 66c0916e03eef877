"""Starts a CodeBuild build, exactly one per step, and waits for it without a worker."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.amazon.aws.operators.base_aws import AwsBaseOperator
from airflow.providers.amazon.aws.utils.mixins import aws_template_fields
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import timezone
from airflow.sdk.exceptions import AirflowFailException

from release_ops.clients.build_starter import Begun, Behind, BuildRecords, BuildStarter, Step
from release_ops.clients.codebuild import AccountLimitError
from release_ops.domain.build import Build, BuildRequest, BuildStatus, BuildSummary, build_key, summary
from release_ops.domain.conclusion import conclude
from release_ops.domain.errors import ErroredError, FailedError
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import BuildStop
from release_ops.hooks.codebuild import CodeBuildHook
from release_ops.hooks.state_store import StateStoreBuildRecords
from release_ops.hooks.verdict import no_retry_when_failed
from release_ops.links.codebuild import CodeBuildBuildLink, CodeBuildLogLink, sandbox_page
from release_ops.operators.blocking_wait import wait_here
from release_ops.operators.cancellation import CLEARED_WHILE_RUNNING, state_now
from release_ops.triggers.codebuild import MARKED, CodeBuildBuildTrigger

ROOM_DELAY = timedelta(minutes=1)
"""How long to wait when the account may not run or queue another build."""

DEFERRAL_MARGIN = timedelta(minutes=10)
"""How much later than CodeBuild itself Airflow gives up."""


class CodeBuildStartBuildOperator(AwsBaseOperator[CodeBuildHook]):
    """
    Start an AWS CodeBuild build and wait for it.

    One build per task, map index and generation: a retry finds the build that runs, a clear by a person
    builds again. What is known about the build is kept where ``build_records`` says.

    :param project_name: The name of the CodeBuild project. (templated)
    :param source_version: The commit to build. CodeBuild would take the newest if none were given,
        so one is required. (templated)
    :param environment_variables: Plain text variables for the build. (templated)
    :param build_timeout: When CodeBuild ends the build as TIMED_OUT. (default: one hour)
    :param queued_timeout: How long the build may wait in CodeBuild's queue. (default: one hour)
    :param deferrable: If True, the operator waits in the triggerer. (default: True)
    :param waiter_delay: Time in seconds between two looks at the build. (default: 30)
    :param cancel_on_kill: Whether the build is stopped when a person marks the task. (default: True)
    :param keeps_success: Whether a clear leaves a build that succeeded as it is. (default: False)
    :return: The build's facts, a BuildSummary.
    """

    aws_hook_class = CodeBuildHook
    template_fields: Sequence[str] = aws_template_fields(
        "project_name", "source_version", "environment_variables"
    )
    operator_extra_links = (CodeBuildBuildLink(), CodeBuildLogLink())
    ui_color = "#dbe9f6"

    def __init__(  # noqa: PLR0913 - an Airflow operator's keywords are its interface
        self,
        *,
        project_name: str = "",
        source_version: str = "",
        environment_variables: Mapping[str, str] | None = None,
        build_timeout: timedelta = timedelta(hours=1),
        queued_timeout: timedelta = timedelta(hours=1),
        deferrable: bool = True,
        waiter_delay: int = 30,
        cancel_on_kill: bool = True,
        keeps_success: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project_name = project_name
        self.source_version = source_version
        self.environment_variables = dict(environment_variables or {})
        self.build_timeout = build_timeout
        self.queued_timeout = queued_timeout
        self.deferrable = deferrable
        self.waiter_delay = waiter_delay
        self.cancel_on_kill = cancel_on_kill
        self.keeps_success = keeps_success
        self._context: Any = None
        self._begun: Begun | None = None
        self._mark: str | None = None

    def build_records(self, context: Any) -> BuildRecords:
        """Where intents, ids and results are kept."""
        return StateStoreBuildRecords(context["task_state_store"])

    def build_request(self, context: Any) -> BuildRequest:
        """What StartBuild is asked; frozen with the intent at its first write."""
        if not self.source_version:
            raise FailedError("source_version is empty; name a commit, or CodeBuild builds the newest")
        return BuildRequest(
            self.project_name,
            self.source_version,
            self.environment_variables,
            timeout=self.build_timeout,
            queued_timeout=self.queued_timeout,
        )

    def before_start(self, context: Any, intent: BuildIntent) -> None:
        """Called just before StartBuild; raise to keep it from happening."""

    def on_refusal(self, context: Any, reason: str) -> None:
        """Called when the build cannot be started until a person mends something."""

    def build_trigger(
        self, context: Any, intent: BuildIntent | None, **options: Any
    ) -> CodeBuildBuildTrigger:
        """What waits for the build of `intent`; for somebody else's build, if None."""
        return CodeBuildBuildTrigger(**options)

    def execute(self, context: Any, event: Any = None) -> BuildSummary:
        """Find or start the build, then wait; also the way back from waiting for somebody else's build."""
        with no_retry_when_failed():
            return self._advance(context)

    def _advance(self, context: Any) -> BuildSummary:
        self._context = context
        try:
            progress = self._starter(context).ensure(self._step(context))
        except FailedError as error:
            self.on_refusal(context, str(error))
            raise
        except AccountLimitError as error:
            return self._wait_for_room(context, error)
        if isinstance(progress, Behind):
            self.log.info("Build %s is %s and must end first", progress.build.id, progress.build.status)
            return self._wait(context, progress)
        self._persist_links(context, progress.build)
        if not progress.build.status.is_running:
            return self._conclude(context, progress)
        self._begun = progress
        self._obey_mark()
        self.log.info("Build %s of %s is running", progress.build.id, progress.intent.request.commit)
        return self._wait(context, progress)

    def execute_complete(self, context: Any, event: Any = None) -> BuildSummary:
        """Read the build again and record how it ended: the event only says that it is time to look."""
        self._context = context
        with no_retry_when_failed():
            return self._complete(context)

    def _complete(self, context: Any) -> BuildSummary:
        records = self.build_records(context)
        intent = records.intent()
        build_id = records.build_id(intent) if intent else None
        if intent is None or build_id is None:
            raise ErroredError("the ledger holds no build for this task; the retry will look for it")
        build = self.hook.builds.get([build_id]).get(build_id)
        if build is None:
            raise ErroredError(f"CodeBuild does not know build {build_id}")
        if build.status.is_running:
            raise ErroredError(f"build {build_id} still runs; the retry waits for it again")
        return self._conclude(context, Begun(intent, build))

    def on_kill(self) -> None:
        """
        Stop the build if a person marked this running task, and nobody else.

        A worker is told to stop by an outage of the API server, too, and then the build goes on. A deferred
        task's build is stopped by its trigger, a cleared one's by the next try.
        """
        if self._context is None:
            return
        ti = self._context["ti"]
        self._mark = state_now(ti)
        if self._mark == CLEARED_WHILE_RUNNING:
            self.build_records(self._context).write_clear_while_running(ti.try_number)
            self.log.info("Cleared while it ran: the next try builds again")
        self._obey_mark()

    def _obey_mark(self) -> None:
        """Called from the signal handler, and again where it may have interrupted a StartBuild."""
        if self._begun is None or self._context is None or self._mark not in MARKED:
            return
        if not self.cancel_on_kill:
            self.log.info("Marked %s; build %s is left to end", self._mark, self._begun.build.id)
            return
        build, reason = self._begun.build, f"its task was marked {self._mark}"
        self.hook.builds.stop(build.id)
        self.log.warning("Stopped build %s: %s", build.id, reason)
        stop = BuildStop(build.id, timezone.utcnow(), reason)
        self.build_records(self._context).write_stop(self._begun.intent, stop)

    def _conclude(self, context: Any, begun: Begun) -> BuildSummary:
        intent, build = begun.intent, begun.build
        if build.status is BuildStatus.UNKNOWN:  # no end to record: the next try may be told one that we know
            raise ErroredError(build.failure())
        result = self.build_records(context).write_result(intent, conclude(intent, build))
        for phase in build.phases:
            self.log.info("%s %s %s %s", phase.name, phase.status, phase.duration or "", phase.message)
        if result.failure and build.status.is_errored:
            raise ErroredError(result.failure)
        if result.failure:
            raise AirflowFailException(f"{result.failure}. Log: {build.log_link}")
        return summary(build)

    def _starter(self, context: Any) -> BuildStarter:
        return BuildStarter(self.hook.builds, self.build_records(context), timezone.utcnow)

    def _step(self, context: Any) -> Step:
        ti = context["ti"]
        clears = ti.max_tries + self.build_records(context).clears_while_running()
        return Step(
            key=lambda generation: build_key(
                dag_id=ti.dag_id,
                run_id=ti.run_id,
                task_id=ti.task_id,
                map_index=ti.map_index,
                generation=generation,
            ),
            request=lambda: self.build_request(context),
            clears=clears,
            keeps_success=self.keeps_success,
            before_start=lambda intent: self.before_start(context, intent),
            may_stop=self.cancel_on_kill,
        )

    def _wait(self, context: Any, progress: Begun | Behind) -> BuildSummary:
        build = progress.build
        intent = progress.intent if isinstance(progress, Begun) else None
        longest = self.build_timeout + self.queued_timeout + DEFERRAL_MARGIN
        if self.deferrable:
            trigger = self.build_trigger(
                context,
                intent,
                build_id=build.id,
                waiter_delay=self.waiter_delay,
                waiter_max_attempts=int(longest.total_seconds() / self.waiter_delay) + 1,
                cancel_on_kill=self.cancel_on_kill and intent is not None,
                follow_log=intent is not None,
                aws_conn_id=self.aws_conn_id,
                region_name=self.region_name,
                verify=self.verify,
                botocore_config=self.botocore_config,
            )
            resume = "execute_complete" if intent else "execute"
            self.defer(trigger=trigger, method_name=resume, timeout=longest)
        wait_here(
            self.hook,
            build.id,
            new_hook=self._new_hook,
            delay=self.waiter_delay,
            longest=longest,
            log=self.log,
        )
        return self._complete(context) if intent else self._advance(context)

    def _new_hook(self) -> CodeBuildHook:
        self.__dict__.pop("hook", None)
        return self.hook

    def _wait_for_room(self, context: Any, error: AccountLimitError) -> BuildSummary:
        """Ask again later, without spending a retry: a full account says nothing about the release."""
        self.log.info("Waiting %s: %s", ROOM_DELAY, error)
        if self.deferrable:
            again = timezone.utcnow() + ROOM_DELAY
            self.defer(trigger=DateTimeTrigger(moment=again), method_name="execute")
        time.sleep(ROOM_DELAY.total_seconds())
        return self._advance(context)

    def _persist_links(self, context: Any, build: Build) -> None:
        build_id = build.id.replace(":", "%3A")
        where = {
            "region_name": self.hook.conn_region_name,
            "aws_partition": self.hook.conn_partition,
            "sandbox_page": sandbox_page(self.hook.endpoint_url, build_id),
        }
        CodeBuildBuildLink.persist(
            context=context,
            operator=self,
            **where,
            account_id=build.account,
            project_name=build.project,
            build_id=build_id,
        )
        CodeBuildLogLink.persist(context=context, operator=self, **where, log_link=build.log_link)
