"""The events that API Gateway makes of a request, and the response it makes of a function's answer. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html"""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Wire = dict[str, Any]
_TEXT = (
    "text/",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/x-www-form-urlencoded",
)


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it reached the edge; headers by lower-case name."""

    method: str
    path: str
    query: str
    arguments: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where it was routed."""

    account: str
    api: str
    region: str
    stage: str
    route_key: str
    parameters: Mapping[str, str]
    resource: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


class MalformedAnswerError(Exception):
    """The function's answer is none that API Gateway can send: 502 or 500."""


def event_v2(request: Received, target: Target) -> Wire:
    """Payload format 2.0."""
    body, encoded = _body(request)
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    cookies = [cookie.strip() for cookie in request.headers.get("cookie", "").split(";") if cookie.strip()]
    event: Wire = {
        "version": "2.0",
        "routeKey": target.route_key,
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": target.account,
            "apiId": target.api,
            "domainName": request.headers.get("host", ""),
            "domainPrefix": target.api,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.address,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": target.route_key,
            "stage": target.stage,
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": encoded,
    }
    optional = {
        "cookies": cookies,
        "queryStringParameters": {name: ",".join(values) for name, values in request.arguments.items()},
        "pathParameters": dict(target.parameters),
        "body": body,
    }
    return event | {name: value for name, value in optional.items() if value}


def event_v1(request: Received, target: Target) -> Wire:
    """Payload format 1.0, and the event of a REST API."""
    body, encoded = _body(request)
    return {
        "version": "1.0",
        "resource": target.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in request.arguments.items()} or None,
        "multiValueQueryStringParameters": dict(request.arguments) or None,
        "pathParameters": dict(target.parameters) or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": target.account,
            "apiId": target.api,
            "domainName": request.headers.get("host", ""),
            "httpMethod": request.method,
            "identity": {"sourceIp": request.address, "userAgent": request.headers.get("user-agent", "")},
            "path": request.path,
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "resourcePath": target.resource,
            "stage": target.stage,
        },
        "body": body,
        "isBase64Encoded": encoded,
    }


def answer_v2(payload: Any) -> Answer:
    """A function may answer with anything: without a statusCode it is the body."""
    if not (isinstance(payload, dict) and "statusCode" in payload):
        body = payload if isinstance(payload, str) else json.dumps(payload)
        return Answer(200, [("content-type", "application/json")], body.encode())
    answer = answer_v1(payload)
    cookies = [("set-cookie", cookie) for cookie in payload.get("cookies", [])]
    return Answer(answer.status, answer.headers + cookies, answer.body)


def answer_v1(payload: Any) -> Answer:
    """The answer that a Lambda proxy integration demands."""
    if not isinstance(payload, dict):
        raise MalformedAnswerError(f"the function answered {payload!r}, not an object with a statusCode")
    try:
        status = int(payload.get("statusCode", 200))
    except (TypeError, ValueError) as wrong:
        raise MalformedAnswerError(f"the function's statusCode is {payload['statusCode']!r}") from wrong
    headers = [(name, str(value)) for name, value in (payload.get("headers") or {}).items()]
    many = (payload.get("multiValueHeaders") or {}).items()
    headers += [(name, str(value)) for name, values in many for value in values]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/json"))
    text = payload.get("body")
    if text is not None and not isinstance(text, str):
        raise MalformedAnswerError("the function's body is no text")
    encoded = (text or "").encode()
    return Answer(status, headers, base64.b64decode(encoded) if payload.get("isBase64Encoded") else encoded)


def _body(request: Received) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    kind = request.headers.get("content-type", "")
    if not kind or kind.startswith(_TEXT):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True
