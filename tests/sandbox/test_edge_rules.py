"""Which host means what, and which route a request takes."""

import pytest

from sandbox.edge.hosts import ApiHost, DistributionHost, edge_host
from sandbox.edge.routes import match_route


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("abc123.execute-api.eu-west-1.amazonaws.com", ApiHost("abc123", "eu-west-1")),
        ("abc123.execute-api.us-east-1.amazonaws.com.localhost:8080", ApiHost("abc123", "us-east-1")),
        ("ABC123.execute-api.eu-west-1.amazonaws.com:80", ApiHost("abc123", "eu-west-1")),
        ("d1.cloudfront.net", DistributionHost("d1.cloudfront.net")),
        ("d1.cloudfront.net.localhost:1", DistributionHost("d1.cloudfront.net")),
        ("127.0.0.1:8080", None),
        ("s3.eu-west-1.amazonaws.com", None),
        ("cloudfront.amazonaws.com", None),
        ("", None),
    ],
)
def test_edge_host(header: str, expected: object) -> None:
    assert edge_host(header) == expected


ROUTES = ["$default", "ANY /{proxy+}", "GET /a/{id}", "ANY /a/{id}", "GET /a/b", "GET /a/{id}/c", "POST /"]


@pytest.mark.parametrize(
    ("method", "path", "key", "parameters"),
    [
        ("GET", "/a/b", "GET /a/b", {}),
        ("GET", "/a/b/", "GET /a/b", {}),
        ("GET", "/a/x", "GET /a/{id}", {"id": "x"}),
        ("PUT", "/a/x", "ANY /a/{id}", {"id": "x"}),
        ("GET", "/a/x/c", "GET /a/{id}/c", {"id": "x"}),
        ("GET", "/a/x/d", "ANY /{proxy+}", {"proxy": "a/x/d"}),
        ("POST", "/", "POST /", {}),
        ("GET", "/", "$default", {}),
    ],
)
def test_the_closest_route_wins(method: str, path: str, key: str, parameters: dict[str, str]) -> None:
    match = match_route([(route, None) for route in ROUTES], method, path)
    assert match is not None
    assert (match.key, match.parameters) == (key, parameters)


def test_no_route_is_none() -> None:
    assert match_route([("GET /a", None)], "GET", "/b") is None
