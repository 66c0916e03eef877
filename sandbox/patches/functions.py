"""Lambda runs functions in processes; moto wants Docker for it."""

import base64
import threading
from collections.abc import Callable
from typing import Any

from moto.awslambda import models
from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse

from sandbox.aws.clients import Clients
from sandbox.aws.roles import assume_for_service, service_may_assume
from sandbox.codebuild.environment import search_path
from sandbox.lambdas.runtime import Function, Invocation, Runtime
from sandbox.settings import Settings

SERVICE = "lambda.amazonaws.com"
_LOG_TAIL = 4096


def patch(settings: Settings, clients: Clients) -> None:
    path = search_path(settings.path)
    settings.functions.mkdir(parents=True, exist_ok=True)
    runtime = Runtime(settings.functions, path)
    credentials = _Credentials()

    def run(moto: LambdaFunction, event: str) -> Invocation:
        environment = {
            "AWS_ENDPOINT_URL": settings.endpoint,
            "AWS_REGION": moto.region,
            "AWS_DEFAULT_REGION": moto.region,
            **credentials.of(moto),
        }
        invocation = runtime.invoke(_function(moto), event, environment)
        moto.logs_backend.ensure_log_group(moto.logs_group_name)
        moto.save_logs(invocation.log)
        return invocation

    def invoke(moto: LambdaFunction, body: Any, request_headers: Any, response_headers: Any) -> bytes:
        event = body.decode() if isinstance(body, bytes) else body or "{}"
        kind = request_headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return b""
        if kind == "Event":
            threading.Thread(target=run, args=(moto, event), daemon=True).start()
            return b""
        invocation = run(moto, event)
        if invocation.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        response_headers["x-amz-executed-version"] = str(moto.version)
        tail = invocation.log.encode()[-_LOG_TAIL:]
        response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        return invocation.payload.encode()

    models._validate_s3_bucket_and_key = _require_code(models._validate_s3_bucket_and_key)
    setattr(LambdaFunction, "invoke", invoke)  # noqa: B010 - mypy refuses the plain assignment of a method
    setattr(LambdaResponse, "invoke", _invoke_by_qualifier(LambdaResponse.invoke))  # noqa: B010 - the same


def _require_code(find: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a function whose code is not in S3; moto makes one without code."""

    def found(*arguments: Any, **named: Any) -> Any:
        key = find(*arguments, **named)
        if key is None:
            raise InvalidParameterValueException(
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified "
                "key does not exist."
            )
        return key

    return found


def _invoke_by_qualifier(invoke: Callable[[LambdaResponse], Any]) -> Callable[[LambdaResponse], Any]:
    """Run the version or alias that is asked for: moto reads `qualifier`, and AWS sends `Qualifier`."""

    def invoke_by_qualifier(response: LambdaResponse) -> Any:
        if "Qualifier" in response.querystring:
            response.querystring["qualifier"] = response.querystring["Qualifier"]
        return invoke(response)

    return invoke_by_qualifier


class _Credentials:
    """A function's role, assumed once: a session lasts ten hours, as long as a sandbox at work."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, str], dict[str, str]] = {}

    def of(self, function: LambdaFunction) -> dict[str, str]:
        """The role's keys; none when Lambda may not assume the role, and then the function has no access."""
        role = function.role
        key = (role, function.function_arn)
        if key not in self._sessions:
            if not service_may_assume(role, SERVICE, {"aws:SourceAccount": function.account_id}):
                return {}
            session = assume_for_service(role, function.region, function.function_name)
            self._sessions[key] = session.as_environment()
        return self._sessions[key]


def _function(moto: LambdaFunction) -> Function:
    return Function(
        arn=moto.function_arn,
        name=moto.function_name,
        version=str(moto.version),
        runtime=moto.run_time or "",
        handler=moto.handler or "",
        code=moto.code_bytes,
        digest=moto.code_digest.replace("/", "_"),
        timeout=int(moto.timeout),
        memory=int(moto.memory_size),
        environment={name: str(value) for name, value in moto.environment_vars.items()},
    )
