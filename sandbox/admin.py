"""`/_sandbox/...`: what no AWS account has."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.aws.errors import AwsError
from sandbox.aws.principals import SECRET, first_access_key
from sandbox.codecommit.repositories import Repositories
from sandbox.scripted.calls import Calls
from sandbox.scripted.document import ScriptDocument
from sandbox.scripted.reading import ScriptError, read_script
from sandbox.scripted.script import Script
from sandbox.settings import ACCOUNTS, REGION

Wire = dict[str, Any]


class Admin:
    def __init__(self, repositories: Repositories, script: Script, calls: Calls) -> None:
        self._repositories = repositories
        self._script, self._calls = script, calls
        self._routes: dict[tuple[str, str], Callable[[Request], Wire]] = {
            ("GET", "/_sandbox/health"): lambda request: {"status": "ok"},
            ("GET", "/_sandbox/accounts"): self._accounts,
            ("GET", "/_sandbox/codecommit"): self._list_repositories,
            ("POST", "/_sandbox/codecommit/replicas"): self._replicate,
            ("GET", "/_sandbox/script"): self._show_script,
            ("PUT", "/_sandbox/script"): self._put_script,
            ("DELETE", "/_sandbox/script"): self._clear_script,
            ("GET", "/_sandbox/calls"): self._count_calls,
            ("DELETE", "/_sandbox/calls"): self._reset_calls,
        }

    def answer(self, request: Request) -> Response:
        route = self._routes.get((request.method, request.path))
        if route is None:
            known = ", ".join(f"{method} {path}" for method, path in self._routes)
            return _json(
                {"error": f"no {request.method} {request.path} here; there is {known}"}, HTTPStatus.NOT_FOUND
            )
        try:
            return _json(route(request), HTTPStatus.OK)
        except AwsError as refused:
            return _json({"error": refused.message}, HTTPStatus.CONFLICT)
        except ScriptError as refused:
            return _json({"error": str(refused)}, HTTPStatus.BAD_REQUEST)
        except (KeyError, TypeError, ValueError) as wrong:
            return _json(
                {"error": f"the request's body is not as expected: {wrong!r}"}, HTTPStatus.BAD_REQUEST
            )

    def _accounts(self, request: Request) -> Wire:
        return {"accounts": [account_settings(name, account) for name, account in ACCOUNTS.items()]}

    def _list_repositories(self, request: Request) -> Wire:
        return {
            "repositories": [
                {
                    "account": one.account,
                    "region": one.region,
                    "name": one.name,
                    "path": str(one.path),
                    "branches": one.branches(),
                }
                for one in self._repositories.all()
            ]
        }

    def _replicate(self, request: Request) -> Wire:
        order = json.loads(request.get_data())
        source, replica = (
            [order[end][key] for key in ("account", "region", "name")] for end in ("source", "replica")
        )
        made = self._repositories.replicate(self._repositories.get(*source), *replica)
        return {"account": made.account, "region": made.region, "name": made.name, "path": str(made.path)}

    def _show_script(self, request: Request) -> Wire:
        return {"script": self._script.document.to_wire(), "used": self._script.used()}

    def _put_script(self, request: Request) -> Wire:
        self._script.replace(read_script(request.get_data(), "script"))
        return self._show_script(request)

    def _clear_script(self, request: Request) -> Wire:
        self._script.replace(ScriptDocument())
        return self._show_script(request)

    def _count_calls(self, request: Request) -> Wire:
        return {"calls": self._calls.came_in(request.args.get("account"))}

    def _reset_calls(self, request: Request) -> Wire:
        self._calls.reset()
        return self._count_calls(request)


def account_settings(name: str, account: str) -> Wire:
    """What `aws` and boto3 need to speak to this account."""
    return {
        "name": name,
        "account": account,
        "region": REGION,
        "access_key_id": first_access_key(account),
        "secret_access_key": SECRET,
    }


def _json(body: Wire, status: HTTPStatus) -> Response:
    return Response(json.dumps(body), status, content_type="application/json")
