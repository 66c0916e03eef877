"""An AWS error, and how each of AWS's protocols writes it."""

import json
import sys
import traceback
import uuid
from http import HTTPStatus
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

_DENIED = {
    "ec2": "UnauthorizedOperation",
    "query": "AccessDenied",
    "rest-xml": "AccessDenied",
    "s3": "AccessDenied",
}
_DENIED_BY_400 = ("json", "smithy-rpc-v2-cbor")


class AwsError(Exception):
    """A refusal in AWS's own terms: clients raise it under ``code``."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def broken(what: str, crash: Exception) -> AwsError:
    """The sandbox's own failure, told as AWS tells its own: 500, which clients retry."""
    traceback.print_exception(crash, file=sys.stderr)
    message = f"The sandbox broke on {what}: {type(crash).__name__}: {crash}"
    return AwsError("InternalFailure", message, HTTPStatus.INTERNAL_SERVER_ERROR)


def access_denied(message: str, protocol: str) -> AwsError:
    """A refusal for want of permission: each of AWS's protocols has its own name and status for it."""
    code = _DENIED.get(protocol, "AccessDeniedException")
    status = HTTPStatus.BAD_REQUEST if protocol in _DENIED_BY_400 else HTTPStatus.FORBIDDEN
    return AwsError(code, message, status)


def error_response(error: AwsError, protocol: str) -> Response:
    """The error as a client of this protocol (botocore's names for them) expects it."""
    request_id = str(uuid.uuid4())
    if protocol in ("json", "rest-json"):
        response = Response(
            json.dumps({"__type": error.code, "message": error.message}),
            status=error.status,
            content_type="application/x-amz-json-1.1" if protocol == "json" else "application/json",
        )
        response.headers["x-amzn-ErrorType"] = error.code
    elif protocol == "smithy-rpc-v2-cbor":
        response = Response(_cbor(error), error.status, content_type="application/cbor")
        response.headers["smithy-protocol"] = "rpc-v2-cbor"
    else:
        response = Response(_xml(error, protocol, request_id), error.status, content_type="text/xml")
    response.headers["x-amzn-RequestId"] = request_id
    return response


def _cbor(error: AwsError) -> bytes:
    """A CBOR map of two texts (RFC 8949); all that an error needs of it."""
    texts = (text.encode() for text in ("__type", error.code, "message", error.message))
    return b"\xa2" + b"".join(b"\x79" + len(text).to_bytes(2, "big") + text for text in texts)


def _xml(error: AwsError, protocol: str, request_id: str) -> str:
    body = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if protocol == "s3":
        return f"<Error>{body}<RequestId>{request_id}</RequestId></Error>"
    if protocol == "ec2":
        return (
            f"<Response><Errors><Error>{body}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
        )
    return (
        f"<ErrorResponse><Error><Type>Sender</Type>{body}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )
