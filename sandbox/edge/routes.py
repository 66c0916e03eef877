"""Which route of an API a request takes. Pure.

A full match goes before path parameters, those before a greedy one, it before $default; a method before ANY:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    route: T
    key: str
    parameters: dict[str, str]


def match_route(routes: Iterable[tuple[str, T]], method: str, path: str) -> Match[T] | None:
    """The route for a method and path among (route key, route) pairs; a key is `GET /a/{b}` or `$default`."""
    found = [
        (rank, Match(route, key, parameters))
        for key, route in routes
        for rank, parameters in [_rank(key, method, path)]
        if rank is not None
    ]
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _rank(key: str, method: str, path: str) -> tuple[tuple[int, int, int] | None, dict[str, str]]:
    if key == "$default":
        return (3, 0, 0), {}
    wanted, _, template = key.partition(" ")
    if wanted not in ("ANY", method):
        return None, {}
    found = _template(template).fullmatch(path.rstrip("/") or "/")
    if found is None:
        return None, {}
    kind = 2 if "+}" in template else 1 if "{" in template else 0
    literals = len(re.sub(r"\{[^}]*\}", "", template))
    return (kind, -literals, int(wanted == "ANY")), found.groupdict()


def _template(template: str) -> re.Pattern[str]:
    parts = []
    for token in re.split(r"(\{[^}]+\})", template.rstrip("/") or "/"):
        greedy, one = re.fullmatch(r"\{(\w+)\+\}", token), re.fullmatch(r"\{(\w+)\}", token)
        if greedy:
            parts.append(f"(?P<{greedy[1]}>.+)")
        else:
            parts.append(f"(?P<{one[1]}>[^/]+)" if one else re.escape(token))
    return re.compile("".join(parts))
