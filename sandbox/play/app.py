"""The stand-in for Google Play as a WSGI application: routes, sessions, faults and errors."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request, Response

from sandbox.play import wordings
from sandbox.play.admin import ADMIN, Admin
from sandbox.play.discovery import Json, Method, androidpublisher
from sandbox.play.faults import UPLOAD_PIECE, Faults
from sandbox.play.methods import METHODS, Call
from sandbox.play.model import App
from sandbox.play.uploads import Sessions
from sandbox.play.wordings import Refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Google's parameters that say how to transfer, not what: they are in no method's description.
_TRANSFER = ("upload_id", "uploadType")


class PlayApp:
    """Google Play for one process: its state lives in memory and ends with it.

    Callers are told apart by their Authorization header, as Google tells service accounts apart; any value
    will do.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.apps: dict[str, App] = {}
        self.faults = Faults()
        self._clock = clock
        self._sessions = Sessions()
        self._admin = Admin(self.apps, self.faults)
        # A request is small and a threaded server sends several at once: one at a time keeps an app whole.
        self._lock = threading.Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        try:
            body = request.get_data()
        except ClientDisconnected:  # half a request has no effect
            return Response(status=400)(environ, start_response)
        try:
            with self._lock:
                response = self._answer(request, _path(request), body)
        except Refusal as refusal:
            response = _json(refusal.as_json(), refusal.wording.code)
        return response(environ, start_response)

    def _answer(self, request: Request, path: str, body: bytes) -> Response:
        if path.startswith(ADMIN):
            answer = self._admin.answer(request.method, path.removeprefix(ADMIN), body, self._clock())
            return _json(answer)
        user = request.headers.get("Authorization")
        if not user:
            raise Refusal(wordings.NO_CREDENTIALS)
        if "upload_id" in request.args:
            return self._take_piece(request, user, body)
        route = androidpublisher().route(request.method, path)
        if route is None:
            raise Refusal(wordings.URL_UNKNOWN)
        method, values = route
        query = {name: value for name, value in request.args.items() if name not in _TRANSFER}
        androidpublisher().check_query(method, query)
        if method.takes_media and request.args.get("uploadType") == "resumable":
            return self._start_upload(request, user, method, values)
        call = Call(self.apps, user, self._clock(), values, query)
        return self._perform(method, call, body)

    def _perform(self, method: Method, call: Call, body: bytes) -> Response:
        act = METHODS.get(method.name)
        if act is None:
            raise Refusal(wordings.NOT_BUILT, method=method.name)
        self._fault(method.name, "before")
        if method.takes_media:
            call = Call(call.apps, call.user, call.now, call.path, call.query, media=body)
        elif body and method.request:
            said = _parsed(body)
            androidpublisher().check(method.request, said, method.name)
            call = Call(call.apps, call.user, call.now, call.path, call.query, said)
        answer = act(call)
        self._fault(method.name, "after")
        if answer is None:
            return Response(status=204)
        _check_own_answer(method, answer)
        return _json(answer)

    def _start_upload(self, request: Request, user: str, method: Method, values: dict[str, str]) -> Response:
        self._fault(method.name, "before")
        # An edit that is gone is said before the file is sent, not after.
        _ = Call(self.apps, user, self._clock(), values).edit
        upload_id = self._sessions.start(user, values)
        address = f"{request.host_url.rstrip('/')}{_path(request)}?uploadType=resumable&upload_id={upload_id}"
        return Response(status=200, headers={"Location": address, "X-GUploader-UploadID": upload_id})

    def _take_piece(self, request: Request, user: str, body: bytes) -> Response:
        self._fault(UPLOAD_PIECE, "before")
        session = self._sessions.get(request.args["upload_id"], user)
        if session.answer is None and session.take(body, request.headers.get("Content-Range", "")):
            call = Call(self.apps, user, self._clock(), session.path, media=bytes(session.received))
            session.answer = METHODS["edits.bundles.upload"](call)
            session.received.clear()
        self._fault(UPLOAD_PIECE, "after")
        if session.answer is not None:
            return _json(session.answer)
        return Response(status=308, headers={"Range": session.range} if session.range else {})

    def _fault(self, method: str, when: str) -> None:
        status = self.faults.take(method, when)
        if status is not None:
            raise Refusal(wordings.backend_error(status))


def _path(request: Request) -> str:
    """The path as it was sent: decoding comes after routing, or wear%3Aproduction would look like a verb."""
    sent = request.environ.get("REQUEST_URI") or request.environ.get("RAW_URI")
    return urlsplit(sent).path if sent else quote(request.path)


def _parsed(body: bytes) -> Json:
    try:
        said: Any = json.loads(body)
    except ValueError:
        raise Refusal(wordings.BODY_INVALID) from None
    if not isinstance(said, dict):
        raise Refusal(wordings.BODY_INVALID)
    return said


def _check_own_answer(method: Method, answer: Json) -> None:
    try:
        androidpublisher().check(method.response or {}, answer, method.name)
    except Refusal as refusal:
        raise AssertionError(f"{method.name} answers what Google never would: {refusal}") from None


def _json(answer: Json, status: int = 200) -> Response:
    return Response(json.dumps(answer) + "\n", status=status, mimetype="application/json")
