"""Git's own way in: `git clone`, `fetch` and `push` at https://git-codecommit.<region>.amazonaws.com/v1/repos/<name>.

git's own `http-backend` does the talking; here is who may."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import IO, cast

from werkzeug.wrappers import Request, Response

from sandbox.aws.calls import call_of
from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal, principal_of
from sandbox.codecommit.repositories import Repositories, Repository
from sandbox.git import own_environment

_HOST = re.compile(r"git-codecommit\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.localhost)?")
_PATH = re.compile(r"/v1/repos/(?P<name>[\w.-]+?)/?(?P<rest>/(info/refs|git-upload-pack|git-receive-pack))")
# What `aws codecommit credential-helper` gives as a password: a time and a signature.
_SIGNED = re.compile(r"(?P<time>\d{8}T\d{6})Z[0-9a-f]{64}")
# https://docs.aws.amazon.com/codecommit/latest/userguide/troubleshooting-ch.html: "signed credentials ...
# are valid for about 15 minutes"; a keychain that keeps them is the classic 403.
_VALID = timedelta(minutes=15)
_CHUNK = 1 << 16
Check = Callable[[Principal, str, str, str], None]


def _pass(caller: Principal, key: str, action: str, resource: str) -> None:
    """What nobody checks."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a git request asks for."""

    region: str
    name: str
    rest: str
    action: str


class SmartHttp:
    """``check`` refuses, with an AwsError, a caller and key that may not do an action to a repository."""

    def __init__(self, repositories: Repositories, check: Check = _pass) -> None:
        self._repositories, self._check = repositories, check

    def answer(self, request: Request) -> Response | None:
        """The answer, or None when the host is not CodeCommit's for git."""
        host = _HOST.fullmatch(request.host.lower().partition(":")[0])
        if host is None:
            return None
        place = _PATH.fullmatch(request.path)
        if place is None:
            return _refused(HTTPStatus.NOT_FOUND, f"{request.path} is no repository's; see its cloneUrlHttp")
        pushes = "git-receive-pack" in (place["rest"][1:], request.args.get("service"))
        wish = _Wish(host["region"], place["name"], place["rest"], "GitPush" if pushes else "GitPull")
        try:
            return self._serve(request, wish)
        except AwsError as error:
            return _refused(error.status, error.message)

    def _serve(self, request: Request, wish: _Wish) -> Response:
        key = _key(request)
        if key is None:
            # git sends credentials, or asks its helper for them, only after this.
            response = _refused(HTTPStatus.UNAUTHORIZED, "credentials are required")
            response.www_authenticate.type = "basic"
            response.headers["WWW-Authenticate"] = 'Basic realm="AWS CodeCommit"'
            return response
        caller = _known(key, wish.region)
        arn = f"arn:aws:codecommit:{wish.region}:{caller.account}:{wish.name}"
        self._check(caller, key, f"codecommit:{wish.action}", arn)
        try:
            repository = self._repositories.get(caller.account, wish.region, wish.name)
        except AwsError as missing:
            raise AwsError(missing.code, missing.message, HTTPStatus.NOT_FOUND) from missing
        if wish.action == "GitPush":
            repository.check_is_no_replica()
        return _from_backend(_start(request, repository, wish, caller))


def _key(request: Request) -> str | None:
    """The access key that the request comes with, if any."""
    given = request.authorization
    if given is None or given.type != "basic":
        return call_of(request).access_key
    # A session's token comes behind its key, as the credential helper puts it.
    key = (given.username or "").partition("%")[0]
    signed = _SIGNED.fullmatch(given.password or "")
    if signed:
        at = datetime.strptime(signed["time"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - at) > _VALID:
            raise AwsError(
                "AccessDenied",
                f"the password was signed at {at:%H:%M:%S} UTC and has expired; ask for another",
                HTTPStatus.FORBIDDEN,
            )
    return key


def _known(key: str, region: str) -> Principal:
    try:
        return principal_of(key, region)
    except AwsError as unknown:
        raise AwsError(unknown.code, unknown.message, HTTPStatus.FORBIDDEN) from unknown


def _refused(status: int, why: str) -> Response:
    """git shows a plain text to the person, each line after `remote:`."""
    return Response(f"{why}\n", status, content_type="text/plain; charset=utf-8")


def _start(
    request: Request, repository: Repository, wish: _Wish, caller: Principal
) -> "subprocess.Popen[bytes]":
    variables = {
        "GIT_PROJECT_ROOT": str(repository.path.resolve()),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_HTTP_MAX_REQUEST_BUFFER": "1g",
        "PATH_INFO": wish.rest,
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.query_string.decode(),
        "CONTENT_TYPE": request.headers.get("Content-Type", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
        "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        # A user that the web server vouches for may push.
        "REMOTE_USER": caller.name,
    }
    # The whole of it first: git answers while it reads, and nobody would read that meanwhile.
    with tempfile.TemporaryFile() as body:
        shutil.copyfileobj(request.stream, body, _CHUNK)
        variables["CONTENT_LENGTH"] = str(body.tell())
        body.seek(0)
        return subprocess.Popen(
            ["git", "http-backend"],
            cwd=repository.path,
            env=own_environment(repository.path) | variables,
            stdin=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )


def _from_backend(backend: "subprocess.Popen[bytes]") -> Response:
    output, status, headers = cast("IO[bytes]", backend.stdout), "200 OK", []
    for line in iter(output.readline, b""):
        name, _, value = line.decode().strip().partition(": ")
        if not name:
            break
        if name == "Status":
            status = value
        else:
            headers.append((name, value))
    return Response(_rest_of(backend, output), status, headers)


def _rest_of(backend: "subprocess.Popen[bytes]", output: IO[bytes]) -> Iterator[bytes]:
    try:
        while chunk := output.read(_CHUNK):
            yield chunk
    finally:
        # Closed first: a client that went away leaves a git that would wait for it.
        output.close()
        backend.wait()
