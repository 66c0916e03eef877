"""API Gateway's data plane: HTTP APIs and REST APIs in front of Lambda functions."""

import fnmatch
import json
import re
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from moto.apigateway.models import RestAPI, apigateway_backends
from moto.apigatewayv2.models import Api, apigatewayv2_backends

from sandbox.aws.clients import Clients
from sandbox.edge.events import (
    Answer,
    MalformedAnswerError,
    Received,
    Target,
    answer_v1,
    answer_v2,
    event_v1,
    event_v2,
)
from sandbox.edge.hosts import ApiHost
from sandbox.edge.routes import match_route

_FUNCTION = re.compile(r"arn:aws:lambda:[^:/]+:\d{12}:function:[^/]+")


@dataclass(frozen=True, slots=True)
class _Integrated:
    function: str
    payload_version: str
    target: Target
    path_for_permission: str


class Apis:
    """Answers for the API of that id, whichever account it belongs to."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def answer(self, host: ApiHost, request: Received) -> Answer:
        for account, backends in list(apigatewayv2_backends.items()):
            api = backends[host.region].apis.get(host.id)
            if api is not None and not api.disable_execute_api_endpoint:
                return self._invoke(self._of_http_api(account, host, api, request), request)
        for account, rest_backends in list(apigateway_backends.items()):
            rest_api = rest_backends[host.region].apis.get(host.id)
            if rest_api is not None:
                return self._invoke(self._of_rest_api(account, host, rest_api, request), request)
        return _message(403, "Forbidden")

    def _of_http_api(
        self, account: str, host: ApiHost, api: Api, request: Received
    ) -> "_Integrated | Answer":
        stage, path = _stage(list(api.stages), request.path)
        if stage is None:
            return _message(404, "Not Found")
        routes = [(route.route_key, route) for route in list(api.routes.values())]
        match = match_route(routes, request.method, path)
        if match is None:
            return _message(404, "Not Found")
        if match.route.authorization_type not in (None, "NONE"):
            return _message(501, f"The sandbox has no {match.route.authorization_type} authorizer")
        integration = api.integrations.get(match.route.target.removeprefix("integrations/"))
        function = _FUNCTION.search(integration.integration_uri or "") if integration else None
        if integration is None or function is None:
            return _message(501, "The sandbox has only Lambda behind an HTTP API")
        _, _, resource = match.key.partition(" ")
        target = Target(account, host.id, host.region, stage, match.key, match.parameters, resource)
        route = match.key.replace(" ", "", 1) if " " in match.key else f"*/{match.key}"
        version = integration.payload_format_version or "1.0"
        return _Integrated(function[0], version, target, f"{stage}/{_permission_path(route)}")

    def _of_rest_api(
        self, account: str, host: ApiHost, api: RestAPI, request: Received
    ) -> "_Integrated | Answer":
        stage, path = _stage(list(api.stages), request.path)
        methods = [
            (f"{verb} {resource.get_path()}", method)
            for resource in list(api.resources.values())
            for verb, method in resource.resource_methods.items()
        ]
        match = match_route(methods, request.method, path)
        if stage is None or match is None:
            return _message(403, "Missing Authentication Token")
        integration = match.route.method_integration
        function = _FUNCTION.search(integration.uri or "") if integration else None
        if integration is None or function is None or integration.integration_type != "AWS_PROXY":
            return _message(501, "The sandbox has only Lambda proxy integrations behind a REST API")
        _, _, resource = match.key.partition(" ")
        target = Target(account, host.id, host.region, stage, match.key, match.parameters, resource)
        return _Integrated(
            function[0], "rest", target, f"{stage}/{_permission_path(match.key.replace(' ', '', 1))}"
        )

    def _invoke(self, integrated: "_Integrated | Answer", request: Received) -> Answer:
        if isinstance(integrated, Answer):
            return integrated
        target, is_v2 = integrated.target, integrated.payload_version == "2.0"
        is_rest = integrated.payload_version == "rest"
        failure = (
            _message(502, "Internal server error") if is_rest else _message(500, "Internal Server Error")
        )
        _, _, _, region, account, *_ = integrated.function.split(":")
        functions = self._clients.own("lambda", account, region)
        if not self._is_permitted(functions, integrated):
            return _internal_error()
        event = event_v2(request, target) if is_v2 else event_v1(request, target)
        try:
            invoked = functions.invoke(FunctionName=integrated.function, Payload=json.dumps(event))
        except ClientError:
            return failure
        if "FunctionError" in invoked:
            return failure
        payload: Any = json.loads(invoked["Payload"].read() or b"null")
        try:
            return answer_v2(payload) if is_v2 else answer_v1(payload)
        except MalformedAnswerError:
            return failure

    def _is_permitted(self, functions: Any, integrated: "_Integrated") -> bool:
        """Whether the function's own policy lets this API in; without it API Gateway says 500 as well."""
        target = integrated.target
        api = f"arn:aws:execute-api:{target.region}:{target.account}:{target.api}"
        source = f"{api}/{integrated.path_for_permission}"
        try:
            policy = json.loads(functions.get_policy(FunctionName=integrated.function)["Policy"])
        except ClientError:
            return False
        return any(_lets_in(statement, source) for statement in policy["Statement"])


def _lets_in(statement: dict[str, Any], source: str) -> bool:
    principal = statement.get("Principal")
    services = principal.get("Service") if isinstance(principal, dict) else principal
    if services not in ("apigateway.amazonaws.com", "*"):
        return False
    patterns = [
        pattern
        for operator, keys in (statement.get("Condition") or {}).items()
        if operator.lower() in ("arnlike", "stringlike", "arnequals", "stringequals")
        for key, pattern in keys.items()
        if key.lower() == "aws:sourcearn"
    ]
    return all(fnmatch.fnmatchcase(source, pattern) for pattern in patterns)


def _stage(stages: list[str], path: str) -> tuple[str | None, str]:
    """The stage that a path names, and the path under it; $default has no prefix."""
    first, _, rest = path.lstrip("/").partition("/")
    if first in stages and first != "$default":
        return first, f"/{rest}"
    return ("$default" if "$default" in stages else None), path


def _permission_path(route: str) -> str:
    """A route as it stands in a permission's source ARN: parameters and ANY are stars."""
    return re.sub(r"\{[^}]*\}", "*", route.replace("ANY/", "*/", 1))


def _internal_error() -> Answer:
    return _message(500, "Internal Server Error")


def _message(status: int, text: str) -> Answer:
    return Answer(status, [("content-type", "application/json")], json.dumps({"message": text}).encode())
