"""`/_sandbox/`, `/_sandbox/builds` and a page for every build. Plain HTML: it works without a script."""

import time
from collections import Counter
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.admin import account_settings
from sandbox.aws.clients import Clients
from sandbox.codebuild.builds import Builds
from sandbox.codebuild.model import Build
from sandbox.codecommit.repositories import Repositories
from sandbox.pages.logs import read_log
from sandbox.pages.views import BuildView, build_view, name_of_account
from sandbox.settings import ACCOUNTS, Settings

_HERE = Path(__file__).parent
_ROOT = "/_sandbox/"
_BUILDS = f"{_ROOT}builds"
_STYLE = f"{_ROOT}style.css"
_PER_PAGE = 100
_LATEST = 8
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Pages:
    def __init__(
        self, settings: Settings, clients: Clients, repositories: Repositories, builds: Builds
    ) -> None:
        self._settings, self._clients = settings, clients
        self._repositories, self._builds = repositories, builds
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def answer(self, request: Request) -> Response | None:
        """The page, or None when the path is none's."""
        if request.method not in ("GET", "HEAD"):
            return None
        if request.path == _ROOT.rstrip("/"):
            return redirect(_ROOT)
        if request.path == _ROOT:
            return self._index()
        if request.path == _BUILDS:
            return self._list(request)
        if request.path.startswith(f"{_BUILDS}/"):
            return self._one(request.path.removeprefix(f"{_BUILDS}/"))
        if request.path == _STYLE:
            return Response((_HERE / "style.css").read_text(), content_type="text/css; charset=utf-8")
        return None

    def _index(self) -> Response:
        views = [_view(build) for build in self._builds.all_newest_first()]
        script = self._settings.script
        used = script.used()
        return self._page(
            "index.html",
            accounts=[account_settings(name, account) for name, account in ACCOUNTS.items()],
            repositories=self._shown_repositories(),
            latest=views[:_LATEST],
            counted=Counter(view.status for view in views),
            script=[
                *zip(script.document.builds, used["builds"], strict=False),
                *zip(script.document.calls, used["calls"], strict=False),
            ],
            list_lag=script.document.list_lag,
            refresh=5 if any(view.is_running for view in views) else 0,
        )

    def _shown_repositories(self) -> list[dict[str, Any]]:
        return [
            {
                "owner": name_of_account(one.account),
                "account": one.account,
                "region": one.region,
                "name": one.name,
                "is_replica": one.path.is_symlink(),
                "branches": one.branches(),
            }
            for one in self._repositories.all()
        ]

    def _list(self, request: Request) -> Response:
        wanted = {name: request.args.get(name, "") for name in ("project", "account", "status")}
        views = [_view(build) for build in self._builds.all_newest_first()]
        found = [view for view in views if _fits(view, wanted)]
        pages = max(1, -(-len(found) // _PER_PAGE))
        page = min(max(1, request.args.get("page", 1, type=int)), pages)
        return self._page(
            "builds.html",
            builds=found[(page - 1) * _PER_PAGE : page * _PER_PAGE],
            total=len(found),
            page=page,
            pages=pages,
            wanted={name: value for name, value in wanted.items() if value},
            refresh=3 if any(view.is_running for view in found) else 0,
        )

    def _one(self, build_id: str) -> Response:
        build = next((one for one in self._builds.all_newest_first() if one.id == build_id), None)
        if build is None:
            return self._page("missing.html", HTTPStatus.NOT_FOUND, build_id=build_id, refresh=0)
        # The record first: a log that is read after the build was complete is complete as well.
        view = _view(build)
        log = read_log(self._clients, view)
        return self._page(
            "build.html",
            build=view,
            log=log.lines,
            cut=log.is_cut,
            refresh=2 if view.is_running else 0,
        )

    def _page(self, template: str, status: int = HTTPStatus.OK, **shown: Any) -> Response:
        html = self._templates.get_template(template).render(style=_STYLE, **shown)
        return Response(html, status, _SECURITY, content_type="text/html; charset=utf-8")


def _view(build: Build) -> BuildView:
    return build_view(build.account, build.region, build.to_wire(), time.time())


def _fits(view: BuildView, wanted: dict[str, str]) -> bool:
    told = {"project": str(view.record["projectName"]), "account": view.account, "status": view.status}
    return all(not value or told[name] == value for name, value in wanted.items())
