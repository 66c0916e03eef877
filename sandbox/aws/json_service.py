"""A service of our own that speaks AWS's JSON protocol."""

import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.aws.calls import service_model
from sandbox.aws.errors import AwsError, broken, error_response
from sandbox.aws.principals import Principal
from sandbox.aws.validation import Refusal, validate

Operation = Callable[[Principal, dict[str, Any]], dict[str, Any]]


class JsonService:
    """Checks a request against botocore's model of the operation and hands it to the function for it."""

    def __init__(self, name: str, operations: Mapping[str, Operation], refusal: Refusal) -> None:
        model = service_model(name)
        if model is None:
            raise LookupError(f"botocore has no model of {name}; is the lock's botocore installed?")
        self._model = model
        self._operations = operations
        self._refusal = refusal

    @property
    def target_prefix(self) -> str:
        return str(self._model.metadata["targetPrefix"])

    def answer(self, request: Request, operation: str, caller: Principal) -> Response:
        try:
            result = self._run(request, operation, caller)
        except AwsError as error:
            return error_response(error, "json")
        except Exception as crash:  # noqa: BLE001 - whatever breaks here is one failed request, said in AWS's terms
            return error_response(broken(operation, crash), "json")
        return Response(json.dumps(result), content_type="application/x-amz-json-1.1")

    def _run(self, request: Request, operation: str, caller: Principal) -> dict[str, Any]:
        if operation not in self._model.operation_names:
            raise AwsError(
                "UnknownOperationException", f"{self._model.service_name} has no operation {operation!r}"
            )
        run = self._operations.get(operation)
        if run is None:
            raise not_here(str(self._model.service_id), operation)
        try:
            parameters = json.loads(request.get_data() or b"{}")
        except ValueError as broken:
            raise AwsError("SerializationException", f"The request's body is not JSON: {broken}") from broken
        validate(self._model.operation_model(operation).input_shape, parameters, self._refusal)
        return run(caller, {name: value for name, value in parameters.items() if value is not None})


def not_here(service: str, operation: str) -> AwsError:
    """AWS has this operation, the sandbox has not. 400, because clients retry every 5xx for seconds."""
    return AwsError(
        "NotImplementedException",
        f"The sandbox does not have {service}'s {operation}; real AWS does",
        HTTPStatus.BAD_REQUEST,
    )
