"""Which operation a REST request means: by its method, its path, and what it has to carry."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from botocore.model import OperationModel, ServiceModel
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

_PARAMETER = re.compile(r"\\\{([^}]*?)(\\\+)?\\\}")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation's place: the path, and what of the query and the headers tells it from its like."""

    operation: str
    path: re.Pattern[str]
    parameters: tuple[str, ...]
    query: tuple[tuple[str, str], ...]
    headers: tuple[str, ...]

    def fits(self, arguments: Mapping[str, str], headers: Headers) -> bool:
        return all(
            name in arguments and (not value or arguments[name] == value) for name, value in self.query
        ) and all(name in headers for name in self.headers)


def rest_operation(model: ServiceModel, request: Request) -> str | None:
    """The operation that a request means, if the service has such a one."""
    found = rest_call(model, request, request.path)
    return found[0] if found else None


def rest_call(model: ServiceModel, request: Request, path: str) -> tuple[str, dict[str, str]] | None:
    """The operation, and the parameters that its path carries."""
    for route in _routes(model).get(request.method, ()):
        match = route.path.fullmatch(path)
        if match and route.fits(request.args, request.headers):
            return route.operation, dict(zip(route.parameters, match.groups(), strict=True))
    return None


@lru_cache
def _routes(model: ServiceModel) -> dict[str, list[Route]]:
    """A service's operations by method, those first that ask for more."""
    routes: dict[str, list[Route]] = {}
    for operation in _operations(model):
        routes.setdefault(operation.http.get("method", "POST"), []).append(_route(operation))
    for alike in routes.values():
        alike.sort(key=lambda route: (-len(route.query) - len(route.headers), len(route.parameters)))
    return routes


def _operations(model: ServiceModel) -> Iterator[OperationModel]:
    for name in model.operation_names:
        yield model.operation_model(name)


def _route(operation: OperationModel) -> Route:
    path, _, query = operation.http.get("requestUri", "").partition("?")
    pattern = re.escape(path.rstrip("/"))
    names = tuple(match[1] for match in _PARAMETER.finditer(pattern))
    pattern = _PARAMETER.sub(lambda match: "(.+)" if match[2] else "([^/]+)", pattern)
    literals = [
        (name, value) for name, _, value in (part.partition("=") for part in query.split("&")) if name
    ]
    shape = operation.input_shape
    required = {
        member: (one.serialization.get("location"), one.serialization.get("name", member))
        for member, one in (shape.members.items() if shape else ())
        if member in shape.required_members
    }
    literals += [(name, "") for place, name in required.values() if place == "querystring"]
    headers = tuple(name for place, name in required.values() if place == "header")
    return Route(operation.name, re.compile(f"{pattern}/?"), names, tuple(literals), headers)
