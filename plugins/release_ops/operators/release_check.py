"""Checks of what a build has deployed. Each leaves a record that the gate can read.

A red answer is *failed*: the release is bad, and no retry can help. A network fault is *errored*: it is
retried, and nothing is recorded.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow.sdk import BaseOperator, timezone
from airflow.sdk.exceptions import AirflowFailException
from botocore.exceptions import BotoCoreError, ClientError

from release_ops.config.models import Check, Environment
from release_ops.domain.checks import Answer, Expectation, Judgement, judge
from release_ops.domain.errors import ErroredError, FailedError
from release_ops.domain.records import BuildResult, StepResult
from release_ops.hooks import accounts
from release_ops.hooks.functions import FunctionHook
from release_ops.hooks.release import LedgerAddress, ServiceRelease, service_release
from release_ops.plan.steps import Step, StepKind

HTTP_TIMEOUT = 30.0


@dataclass(frozen=True)
class Finding:
    """What a look at the deployed service came to, and the facts behind it."""

    judgement: Judgement
    facts: Mapping[str, Any] = field(default_factory=dict)


class ReleaseStepOperator(BaseOperator):
    """A step that acts on what its target's build made, and records how that went.

    :param step: The step.
    :param ledger: Where the build's result is read and this step's is written.
    """

    def __init__(self, *, step: Step, ledger: LedgerAddress, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.step = step
        self.ledger = ledger

    @abstractmethod
    def act(self, context: Any, release: ServiceRelease, build: BuildResult) -> Finding:
        """Do the step's work for this build."""

    def execute(self, context: Any, event: Any = None) -> dict[str, Any]:
        """Act and record; also the way back from waiting until production opens."""
        release = service_release(self.ledger, context["run_id"], self.step)
        build = target_build(release, self.step)
        try:
            finding = self.act(context, release, build)
        except FailedError as error:
            finding = Finding(Judgement(False, str(error)))
        result = release.records.write_step_result(
            self.step.service,
            StepResult(
                step=self.step.path,
                build_id=build.build_id,
                passed=finding.judgement.passed,
                at=timezone.utcnow(),
                summary=finding.judgement.summary,
                facts=finding.facts,
            ),
        )
        if not result.passed:
            raise AirflowFailException(result.summary)
        self.log.info("%s: %s", self.step.path, result.summary)
        return {"build_id": result.build_id, "summary": result.summary, **result.facts}


class HttpCheckOperator(ReleaseStepOperator):
    """Ask a URL of the deployed service; it must answer as the catalog says, with this commit."""

    ui_color = "#e3e0f5"

    def act(self, context: Any, release: ServiceRelease, build: BuildResult) -> Finding:
        check = check_of(release, self.step)
        url = build.exported.get("RELEASE_URL", "")
        if not url:
            raise FailedError("the build exported no RELEASE_URL, so there is nothing to ask")
        asked = url.rstrip("/") + check.path
        environment = release.environments[self.step.environment]
        answer = self._get(asked, accounts.http_endpoint(environment.http_connection))
        expected = Expectation(check.status, check.contains, build.commit if check.shows_commit else None)
        return Finding(judge(expected, answer), {"asked": asked, "status": answer.status})

    @staticmethod
    def _get(url: str, instead: str | None) -> Answer:
        """GET the URL, or the same path and Host from the address that the connection names."""
        import httpx

        target = httpx.URL(url)
        headers = {"Host": target.netloc.decode()}
        if instead:
            base = httpx.URL(instead)
            target = target.copy_with(scheme=base.scheme, host=base.host, port=base.port)
        try:
            response = httpx.get(target, headers=headers, timeout=HTTP_TIMEOUT, follow_redirects=False)
        except httpx.HTTPError as error:
            raise ErroredError(f"{url} did not answer: {error}") from error
        return Answer(response.status_code, response.text)


class InvokeCheckOperator(ReleaseStepOperator):
    """Invoke a Lambda function of the deployed service; it must answer without error, with this commit."""

    ui_color = "#e3e0f5"

    def act(self, context: Any, release: ServiceRelease, build: BuildResult) -> Finding:
        check = check_of(release, self.step)
        function = f"{self.step.service}-{self.step.environment}-{check.function}"
        answer = self._invoke(release.environments[self.step.environment], function, check.payload)
        expected = Expectation(200, check.contains, build.commit if check.shows_commit else None)
        return Finding(judge(expected, answer), {"asked": function, "status": answer.status})

    def _invoke(self, environment: Environment, function: str, payload: Mapping[str, Any]) -> Answer:
        hook = FunctionHook(aws_conn_id=environment.aws_connection, region_name=self.step.region)
        try:
            response = hook.invoke_lambda(function_name=function, payload=json.dumps(payload))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                raise FailedError(f"function {function} is not in {environment.account}") from error
            raise ErroredError(f"cannot invoke {function}: {error}") from error
        except BotoCoreError as error:
            raise ErroredError(f"cannot invoke {function}: {error}") from error
        body = response["Payload"].read().decode("utf-8", "replace")
        if problem := response.get("FunctionError"):
            return Answer(500, f"{problem}: {body}")
        return Answer(response["StatusCode"], body)


def target_build(release: ServiceRelease, step: Step) -> BuildResult:
    """Return the recorded result of the build that this step's target holds."""
    path = f"{step.environment}.{step.region}.{StepKind.BUILD}"
    intent = release.records.intent(step.service, path)
    result = release.records.build_result(step.service, path, intent) if intent else None
    if result is None or result.failure:
        raise AirflowFailException(
            f"{step.service}.{path} has no successful build on record; clear it with downstream"
        )
    return result


def check_of(release: ServiceRelease, step: Step) -> Check:
    """Return the frozen catalog entry of a check."""
    return next(check for check in release.service.checks if check.name == step.name)
