"""moto, behind a door: its crashes and gaps become AWS errors, its parts are mended as they are asked for."""

from http import HTTPStatus
from typing import Any

from flask import Flask
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from sandbox.aws.calls import Call, service_model
from sandbox.aws.errors import AwsError, broken, error_response
from sandbox.aws.json_service import not_here
from sandbox.patches import Patches

Environ = dict[str, Any]


class MotoApp:
    """A WSGI application for whatever the sandbox leaves to moto."""

    def __init__(self, patches: Patches) -> None:
        def create_app(backend: Any) -> Flask:
            if backend is None:
                raise NotImplementedError("moto does not have that service at all")
            patches.before(backend)
            return create_backend_app(backend)

        self._moto = DomainDispatcherApplication(create_app)

    def answer(self, environ: Environ, call: Call) -> Response:
        try:
            response = Response.from_app(self._moto, environ)
        except NotImplementedError:
            return error_response(_gap(environ, call), call.protocol)
        except Exception as crash:  # noqa: BLE001 - whatever breaks in moto is one failed request, said in AWS's terms
            return error_response(broken(f"{call.service} {call.operation}", crash), call.protocol)
        if _is_unrouted(response, call):
            return error_response(_gap(environ, call), call.protocol)
        return response


def _gap(environ: Environ, call: Call) -> AwsError:
    path = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    model = service_model(call.service or "s3")
    if model is None:
        return not_here(str(call.service), call.operation or path)
    return not_here(str(model.service_id), call.operation or path)


def _is_unrouted(response: Response, call: Call) -> bool:
    """Flask's own 404: moto has no route for that path. S3 answers every path itself."""
    return (
        response.status_code == HTTPStatus.NOT_FOUND
        and call.service not in (None, "s3")
        and response.mimetype == "text/html"
        and b"<title>404 Not Found</title>" in response.get_data()
    )
