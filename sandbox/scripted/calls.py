"""In front of every service: counts the calls that come in, and answers those that the script means."""

import threading
from collections import Counter
from collections.abc import Callable
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from sandbox.aws.calls import Call
from sandbox.aws.clients import ITSELF
from sandbox.aws.errors import AwsError, access_denied, error_response
from sandbox.aws.principals import Principal
from sandbox.scripted.document import Answer
from sandbox.scripted.script import Script


class ScriptedResetError(ConnectionResetError):
    """The connection has to be reset, without an answer."""


class Calls:
    def __init__(self, script: Script) -> None:
        self._script = script
        self._lock = threading.Lock()
        self._came_in: Counter[tuple[str, str, str]] = Counter()

    def answer(
        self, request: Request, call: Call, caller: Principal, serve: Callable[[], Response]
    ) -> Response:
        """The service's answer, or the one that the script asks for instead."""
        if ITSELF in request.headers.get("User-Agent", ""):
            return serve()
        service, operation = call.service_name or "unknown", call.operation or "unknown"
        with self._lock:
            self._came_in[caller.account, service, operation] += 1
        scripted = self._script.answer(caller.account, service, operation)
        if scripted is None:
            return serve()
        if scripted in ("reset_before", "reset_after"):
            if scripted == "reset_after":
                serve().close()
            raise ScriptedResetError(f"the script says {scripted}")
        return error_response(_error(scripted, call, f"{call.service}:{operation}", caller), call.protocol)

    def came_in(self, account: str | None = None) -> dict[str, dict[str, int]]:
        """How many calls came in since the last reset, by service and operation."""
        with self._lock:
            counted = sorted(self._came_in.items())
        found: dict[str, dict[str, int]] = {}
        for (whose, service, operation), number in counted:
            if account in (None, whose):
                of_service = found.setdefault(service, {})
                of_service[operation] = of_service.get(operation, 0) + number
        return found

    def reset(self) -> None:
        with self._lock:
            self._came_in.clear()


def _error(scripted: Answer, call: Call, action: str, caller: Principal) -> AwsError:
    if scripted == "throttle":
        return _throttled(call)
    if scripted == "internal_error":
        code = "InternalError" if call.protocol == "s3" else "InternalFailure"
        return AwsError(code, "The script says internal_error.", HTTPStatus.INTERNAL_SERVER_ERROR)
    message = f"User: {caller.arn} is not authorized to perform: {action} (the script says access_denied)"
    return access_denied(message, call.protocol)


def _throttled(call: Call) -> AwsError:
    """Each service has its own word for it; botocore knows them all and retries."""
    if call.protocol == "s3":  # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
        return AwsError("SlowDown", "Please reduce your request rate.", HTTPStatus.SERVICE_UNAVAILABLE)
    if call.protocol == "ec2":
        return AwsError("RequestLimitExceeded", "Request limit exceeded.", HTTPStatus.SERVICE_UNAVAILABLE)
    if call.service in ("lambda", "apigateway", "apigatewayv2"):
        return AwsError("TooManyRequestsException", "Rate exceeded", HTTPStatus.TOO_MANY_REQUESTS)
    code = "Throttling" if call.protocol in ("query", "rest-xml") else "ThrottlingException"
    return AwsError(code, "Rate exceeded", HTTPStatus.BAD_REQUEST)
