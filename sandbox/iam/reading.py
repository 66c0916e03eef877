"""What a request asks for: the operation's parameters, from wherever its protocol puts them."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request

from sandbox.aws.calls import Call, form_of, service_model
from sandbox.aws.principals import Principal
from sandbox.aws.rest import rest_call

Parameters = Mapping[str, Any]
# Of the REST operations, those whose body says which resource or which role they mean.
_IN_THE_BODY = ("CreateFunction", "UpdateFunctionConfiguration", "UpdateFunctionCode")


@dataclass(frozen=True, slots=True)
class Reading:
    """A request, as far as permissions go by it. An unknown operation is an empty name."""

    service: str
    operation: str
    caller: Principal
    parameters: Parameters = field(default_factory=dict)
    request: Request | None = None

    def arn(self, resource: str, service: str | None = None, *, region: bool = True) -> str:
        where = self.caller.region if region else ""
        return f"arn:aws:{service or self.service}:{where}:{self.caller.account}:{resource}"


def read(request: Request, call: Call, caller: Principal) -> Reading:
    service, operation = call.service or "s3", call.operation or ""
    if "X-Amz-Target" in request.headers:
        parameters = _json(request)
    elif call.protocol in ("query", "ec2"):
        parameters = form_of(request)
    else:
        operation, parameters = _rest(request, service)
    return Reading(service, operation, caller, parameters, request)


def _rest(request: Request, service: str) -> tuple[str, Parameters]:
    model = service_model(service)
    found = (
        rest_call(model, request, s3_path(request) if service == "s3" else request.path) if model else None
    )
    if found is None:
        return "", request.args.to_dict()
    body = _json(request) if found[0] in _IN_THE_BODY else {}
    return found[0], {**body, **request.args.to_dict(), **found[1]}


def s3_path(request: Request) -> str:
    """A bucket in the host's name, brought into the path."""
    host = request.headers.get("Host", "").partition(":")[0]
    bucket, dot, rest = host.partition(".s3")
    virtual = dot and rest.endswith("amazonaws.com")
    return f"/{bucket}{request.path}" if virtual else request.path


def body_of(request: Request) -> bytes:
    """The body, which stays readable for whoever comes next."""
    body = request.get_data(cache=True)
    request.environ["wsgi.input"] = io.BytesIO(body)
    return body


def _json(request: Request) -> Parameters:
    try:
        parameters = json.loads(body_of(request) or b"{}")
    except ValueError:
        return {}  # the service itself says what is wrong with it
    return parameters if isinstance(parameters, dict) else {}
