"""Holds every request and every answer of a session's clients against botocore's model of the operation."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError, fromstring

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, Shape, StringShape, StructureShape
from botocore.parsers import create_parser
from botocore.validate import ParamValidator

from tests.contracts.aws.wire import JsonWire, Mistake, XmlWire, mistakes, text_scalar

# What every operation may answer, whatever its own list says.
# https://docs.aws.amazon.com/codebuild/latest/APIReference/CommonErrors.html
COMMON_ERRORS = {
    *("AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException"),
    *("IncompleteSignature", "InternalFailure", "InvalidClientTokenId", "MalformedQueryString"),
    *("MissingAction", "MissingAuthenticationToken", "MissingParameter", "NotAuthorized", "OptInRequired"),
    *("RequestExpired", "RequestLimitExceeded", "SerializationException", "ServiceUnavailable"),
    *("SignatureDoesNotMatch", "Throttling", "ThrottlingException", "UnknownOperationException"),
    *("UnrecognizedClientException", "ValidationError", "ValidationException"),
}
# Errors that a service documents for no single operation of its model.
DOCUMENTED_ERRORS = {
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; a HEAD has only its status.
    "S3": {
        *("BucketNotEmpty", "ConditionalRequestConflict", "InvalidArgument", "InvalidBucketName"),
        *("MethodNotAllowed", "NoSuchBucket", "NoSuchKey", "PreconditionFailed", "304", "403", "404", "412"),
    },
}
# What an error's body has besides the members of its shape.
_ERROR_TEXTS = {"__type", "message", "Message", "Type", "code", "Code"}


class ContractBrokenError(AssertionError):
    """A request or an answer that is not AWS's."""


class ServiceModelCheck:
    """Checks all clients that a session makes. ``calls`` says which operations were checked.

    A real account may answer with what the installed botocore does not know yet: with ``is_real`` that is
    kept in ``newer``, and no mistake."""

    def __init__(self, session: botocore.session.Session, *, is_real: bool = False) -> None:
        self.calls: set[str] = set()
        self.newer: list[str] = []
        self._is_real = is_real
        self._is_invalid_on_purpose = False
        session.register("before-parameter-build", self._check_request)
        session.register("before-parse", self._check_response)

    @contextmanager
    def invalid_on_purpose(self) -> Iterator[None]:
        """What is asked in here may break the model, to see the service refuse it."""
        self._is_invalid_on_purpose = True
        try:
            yield
        finally:
            self._is_invalid_on_purpose = False

    def check_result(self, model: OperationModel, result: Mapping[str, Any]) -> None:
        """Check what awscli printed of an answer: the model's members, in JSON."""
        self._judge(f"aws {model.name}", mistakes(CliWire(), model.output_shape, result, model.name))

    def _check_request(self, params: dict[str, Any], model: OperationModel, **_: Any) -> None:
        if self._is_invalid_on_purpose or model.input_shape is None:
            return
        report = ParamValidator().validate(params, model.input_shape)
        if report.has_errors():
            raise ContractBrokenError(f"{model.name}'s request: {report.generate_report()}")
        wrong = list(_unknown_values(model.input_shape, params, model.name))
        if wrong:
            raise ContractBrokenError(f"{model.name}'s request: {'; '.join(wrong)}")

    def _check_response(
        self, operation_model: OperationModel, response_dict: dict[str, Any], **_: Any
    ) -> None:
        model, status = operation_model, response_dict["status_code"]
        self.calls.add(f"{model.service_model.service_id}.{model.name}")
        if status >= 300:
            self._judge(f"{model.name}'s error", _in_error(model, response_dict))
        elif model.output_shape is not None:
            self._judge(f"{model.name}'s answer", _in_answer(model, model.output_shape, response_dict))

    def _judge(self, what: str, found: Iterator[Mistake]) -> None:
        wrong = list(found)
        if self._is_real:
            self.newer += [mistake for mistake in wrong if mistake.newer]
            wrong = [mistake for mistake in wrong if not mistake.newer]
        if wrong:
            raise ContractBrokenError(f"{what}: {'; '.join(wrong)}")


class CliWire(JsonWire):
    """An answer as awscli prints it: by the members' own names, times as its settings say or as they came."""

    def key(self, name: str, shape: Shape) -> str:
        return name

    def scalar(self, shape: Shape, value: Any) -> Any:
        if shape.type_name == "timestamp" and isinstance(value, str):
            return text_scalar(shape, value, "iso8601")
        return super().scalar(shape, value)


def _in_answer(model: OperationModel, shape: StructureShape, response: dict[str, Any]) -> Iterator[Mistake]:
    yield from _in_headers(shape, response["headers"], model.name)
    payload = shape.serialization.get("payload")
    body: Shape = shape.members[payload] if payload else shape
    if not isinstance(body, StructureShape):
        return  # the object or the function's result: not AWS's to describe
    protocol = model.service_model.metadata["protocol"]
    if protocol in ("json", "rest-json"):
        yield from _in_json(body, response["body"], model.name)
    else:
        yield from _in_xml(body, response["body"], model.name)


def _in_json(shape: StructureShape, body: bytes, place: str) -> Iterator[Mistake]:
    try:
        value = json.loads(body or b"{}")
    except ValueError as wrong:
        yield Mistake(f"{place} is no JSON: {wrong}")
        return
    yield from mistakes(JsonWire(), shape, value, place)


def _in_xml(shape: StructureShape, body: bytes, place: str) -> Iterator[Mistake]:
    if not body:
        if any("location" not in member.serialization for member in shape.members.values()):
            yield Mistake(f"{place} has no body")
        return
    try:
        element = fromstring(body)  # noqa: S314 - AWS's answer, or the sandbox's
    except ParseError as wrong:
        yield Mistake(f"{place} is no XML: {wrong}")
        return
    wrapper = shape.serialization.get("resultWrapper")
    if wrapper:
        wrapped = [child for child in element if child.tag.rpartition("}")[2] == wrapper]
        if len(wrapped) != 1:
            yield Mistake(f"{place} has {len(wrapped)} elements {wrapper}")
            return
        element = wrapped[0]
    yield from mistakes(XmlWire(), shape, [element], place)


def _in_headers(shape: StructureShape, headers: Mapping[str, str], place: str) -> Iterator[Mistake]:
    for name, member in shape.members.items():
        header = member.serialization.get("name", name)
        if member.serialization.get("location") == "header" and header in headers:
            try:
                text_scalar(member, headers[header], "rfc822")
            except ValueError as wrong:
                yield Mistake(f"{place}'s header {header} is no {member.type_name}: {wrong}")


def _in_error(model: OperationModel, response: dict[str, Any]) -> Iterator[Mistake]:
    """The code has to be one of the operation's, with that error's own status and members."""
    service = model.service_model
    parser = create_parser(service.metadata["protocol"])
    code = parser.parse(response, model.output_shape)["Error"]["Code"]
    if response["status_code"] >= 500 or code in COMMON_ERRORS:
        return
    shapes = {name: shape for shape in model.error_shapes for name in (shape.name, shape.error_code)}
    if code not in shapes:
        if code not in DOCUMENTED_ERRORS.get(str(service.service_id), ()):
            known = ", ".join(sorted({shape.name for shape in model.error_shapes})) or "none"
            yield Mistake(f"{code} is none of {model.name}'s errors ({known}) and no common one")
        return
    shape = shapes[code]
    expected = shape.metadata.get("error", {}).get("httpStatusCode")
    if expected and response["status_code"] != expected:
        yield Mistake(f"{code} came with status {response['status_code']}, not {expected}")
    if service.metadata["protocol"] in ("json", "rest-json"):
        body = json.loads(response["body"])
        members = {key: value for key, value in body.items() if key not in _ERROR_TEXTS - set(shape.members)}
        yield from mistakes(JsonWire(), shape, members, f"{model.name}'s {code}")


def _unknown_values(shape: Shape, value: Any, place: str) -> Iterator[str]:
    """Values that an enum does not have; botocore's validator lets them pass."""
    if isinstance(shape, StructureShape):
        for name, item in value.items():
            yield from _unknown_values(shape.members[name], item, f"{place}.{name}")
    elif isinstance(shape, ListShape):
        for item in value:
            yield from _unknown_values(shape.member, item, f"{place}[]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _unknown_values(shape.value, item, f"{place}[{key!r}]")
    elif isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{place} is {value!r}, none of {', '.join(shape.enum)}"
