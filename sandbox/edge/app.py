"""Requests under an API's or a distribution's own host name."""

from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from sandbox.aws.clients import Clients
from sandbox.edge.events import Answer, Received
from sandbox.edge.hosts import ApiHost, edge_host

if TYPE_CHECKING:
    from sandbox.edge.apis import Apis
    from sandbox.edge.distributions import Distributions


class EdgeApp:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._apis: Apis | None = None
        self._distributions: Distributions | None = None

    def answer(self, request: Request) -> Response | None:
        """The answer, or None when the host is none of the edge's."""
        host = edge_host(request.headers.get("Host", ""))
        if host is None:
            return None
        received = _received(request)
        answer = (
            self._api(host, received)
            if isinstance(host, ApiHost)
            else self._distribution(host.domain, received)
        )
        return _response(answer)

    def _api(self, host: ApiHost, received: Received) -> Answer:
        from sandbox.edge.apis import Apis

        self._apis = self._apis or Apis(self._clients)
        return self._apis.answer(host, received)

    def _distribution(self, domain: str, received: Received) -> Answer:
        from sandbox.edge.distributions import Distributions

        self._distributions = self._distributions or Distributions(self._clients)
        return self._distributions.answer(domain, received)


def _received(request: Request) -> Received:
    return Received(
        method=request.method,
        path=request.path,
        query=request.query_string.decode(),
        arguments=request.args.to_dict(flat=False),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
        address=request.remote_addr or "127.0.0.1",
    )


def _response(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    response.headers.pop("Content-Type", None)
    for name, value in answer.headers:
        response.headers.add(name, value)
    return response
