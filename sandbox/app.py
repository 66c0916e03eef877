"""The sandbox's front door: one WSGI application on one port."""

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.admin import Admin
from sandbox.aws.calls import Call, call_of, form_of
from sandbox.aws.clients import Clients
from sandbox.aws.errors import AwsError, error_response
from sandbox.aws.principals import Principal, principal_of
from sandbox.aws.roles import check_assume_role
from sandbox.codebuild.operations import CodeBuild
from sandbox.codecommit.operations import codecommit_service
from sandbox.codecommit.repositories import Repositories
from sandbox.codecommit.smart_http import SmartHttp
from sandbox.conditional_writes import ConditionalWrites
from sandbox.edge.app import EdgeApp
from sandbox.iam import permissions
from sandbox.iam.statements import Asked
from sandbox.moto_app import MotoApp
from sandbox.pages.app import Pages
from sandbox.patches import Patches
from sandbox.scripted.calls import Calls
from sandbox.settings import REGION, Settings

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_PLAY = (
    "/androidpublisher/",
    "/upload/androidpublisher/",
    "/resumable/upload/androidpublisher/",
    "/_sandbox/play/",
)
# moto's own door to a foreign account: here only the access key decides.
_MOTO_ACCOUNT = "HTTP_X_MOTO_ACCOUNT_ID"


class SandboxApp:
    """Edge by host, admin and Play by path, our own services by target; everything else is moto's."""

    def __init__(self, settings: Settings) -> None:
        clients = Clients(settings.endpoint)
        self._iam = settings.iam
        repositories = Repositories(settings.codecommit)
        self.codebuild = CodeBuild(settings, clients)
        self._own = [self.codebuild.service(), codecommit_service(repositories)]
        self._calls = Calls(settings.script)
        self._admin = Admin(repositories, settings.script, self._calls)
        self._pages = Pages(settings, clients, repositories, self.codebuild.builds)
        self._edge = EdgeApp(clients)
        self._git = SmartHttp(repositories, self._check_git)
        self._conditional_writes = ConditionalWrites()
        self._moto = MotoApp(Patches(settings, clients))
        self._play: Wsgi | None = None

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(_PLAY):
            return self._play_app()(environ, start_response)
        return self._answer(Request(environ), path)(environ, start_response)

    def _answer(self, request: Request, path: str) -> Response:
        by_host = self._edge.answer(request) or self._git.answer(request)
        if by_host is not None:
            return by_host
        # moto's own pages are not AWS's; a reset there would forget half of this sandbox.
        if path.startswith(("/_sandbox", "/moto-api")):
            return self._pages.answer(request) or self._admin.answer(request)
        return self._aws(request)

    def _aws(self, request: Request) -> Response:
        call = call_of(request)
        request.environ.pop(_MOTO_ACCOUNT, None)
        if call.access_key is None:
            return self._serve_anybody(request, call)
        try:
            caller = principal_of(call.access_key, call.region or REGION)
        except AwsError as error:
            return error_response(error, call.protocol)
        return self._calls.answer(request, call, caller, lambda: self._serve(request, call, caller))

    def _serve_anybody(self, request: Request, call: Call) -> Response:
        try:
            if self._iam:
                permissions.check_anonymous(request, call)
        except AwsError as error:
            return error_response(error, call.protocol)
        return self._moto.answer(request.environ, call)

    def _serve(self, request: Request, call: Call, caller: Principal) -> Response:
        try:
            self._check(request, call, caller)
        except AwsError as error:
            return error_response(error, call.protocol)
        for service in self._own:
            if request.headers.get("X-Amz-Target", "").startswith(f"{service.target_prefix}."):
                return service.answer(request, call.operation or "", caller)
        request.environ[_MOTO_ACCOUNT] = caller.account
        with self._conditional_writes.one_at_a_time(request):
            response = self._moto.answer(request.environ, call)
        return permissions.hide_missing(request, call, caller, response) if self._iam else response

    def _check(self, request: Request, call: Call, caller: Principal) -> None:
        if call.service == "sts" and call.operation == "AssumeRole":
            form = form_of(request)
            check_assume_role(caller, form.get("RoleArn", ""), form.get("ExternalId"))
        if self._iam:
            permissions.check(request, call, caller)

    def _check_git(self, caller: Principal, key: str, action: str, repository: str) -> None:
        if self._iam:
            permissions.require(permissions.Identity(caller, key), Asked(action, repository), "rest-json")

    def _play_app(self) -> Wsgi:
        if self._play is None:
            from sandbox.play.app import PlayApp

            self._play = PlayApp()
        return self._play
