"""What a signed request says about itself: service, region, key, operation."""

import io
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs

import botocore.session
from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.model import ServiceModel
from werkzeug.wrappers import Request

from sandbox.aws.rest import rest_operation

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
# Services whose requests are signed under another name than botocore's for them.
_SIGNS_AS = {
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "email": "ses",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
}
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to AWS; what a request does not say is ``None``."""

    access_key: str | None
    region: str | None
    service: str | None
    operation: str | None
    protocol: str

    @property
    def service_name(self) -> str | None:
        """The service as the AWS CLI calls it: `cloudwatch`, not `monitoring`."""
        model = service_model(self.service) if self.service else None
        return str(model.service_name) if model else self.service


def call_of(request: Request) -> Call:
    """Read a call without touching a body that a later application must read."""
    scope = _CREDENTIAL.search(request.headers.get("Authorization", ""))
    if scope is None and (credential := request.args.get("X-Amz-Credential")):
        scope = _CREDENTIAL.search(f"Credential={credential}")
    key, region, service = scope.groups() if scope else (None, None, None)
    if service == "apigateway" and request.path.startswith("/v2/"):
        service = "apigatewayv2"
    return Call(key, region, service, _operation(request, service), _protocol(request, service))


def _protocol(request: Request, service: str | None) -> str:
    """Which of AWS's protocols the client speaks, in botocore's words; an error must come in the same."""
    if request.headers.get("smithy-protocol") == "rpc-v2-cbor":
        return "smithy-rpc-v2-cbor"
    if "X-Amz-Target" in request.headers:
        return "json"
    if service in (None, "s3"):
        return "s3"
    model = service_model(service)
    return str(model.metadata["protocol"]) if model else "json"


def _operation(request: Request, service: str | None) -> str | None:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    if "smithy-protocol" in request.headers:
        return request.path.rpartition("/operation/")[2]
    if request.headers.get("Content-Type", "").startswith(_FORM):
        return form_of(request).get("Action")
    model = service_model(service) if service else None
    return rest_operation(model, request) if model else None


def form_of(request: Request) -> dict[str, str]:
    """A query-protocol request's parameters; the body stays readable for whoever comes next."""
    body = request.get_data(cache=True)
    request.environ["wsgi.input"] = io.BytesIO(body)
    return {key: values[0] for key, values in parse_qs(body.decode(), keep_blank_values=True).items()}


@lru_cache
def service_model(signing_name: str) -> ServiceModel | None:
    """botocore's model of the service that signs as this, if there is one."""
    loader = botocore.session.get_session().get_component("data_loader")
    name = _SIGNS_AS.get(signing_name, signing_name)
    try:
        description: dict[str, Any] = loader.load_service_model(name, "service-2")
    except (DataNotFoundError, UnknownServiceError):
        return None
    return ServiceModel(description, name)
