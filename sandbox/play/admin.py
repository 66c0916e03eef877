"""What a person does in the Console and a robot cannot: make an app. And faults, which nobody asks for.

PUT  /_sandbox/play/apps/<package>   {"production": 100}   make it, with that version live
GET  /_sandbox/play/apps/<package>                         its tracks and bundles
GET  /_sandbox/play/apps                                   all packages
POST /_sandbox/play/faults           {"method": "edits.commit", "status": 503, "when": "after", "times": 1}

An app that is there already stays as it is.
"""

import json
from dataclasses import asdict
from typing import Any

from sandbox.play import wordings
from sandbox.play.faults import Fault, Faults
from sandbox.play.model import App
from sandbox.play.wordings import Refusal

ADMIN = "/_sandbox/play/"
Json = dict[str, Any]


class Admin:
    def __init__(self, apps: dict[str, App], faults: Faults) -> None:
        self._apps = apps
        self._faults = faults

    def answer(self, verb: str, path: str, body: bytes, now: float) -> Json:
        match verb, path.split("/"):
            case "GET", ["apps"]:
                return {"packages": sorted(self._apps)}
            case "GET", ["apps", package] if package in self._apps:
                return self._apps[package].as_json(now)
            case "GET", ["apps", package]:
                raise Refusal(wordings.PACKAGE_UNKNOWN, package=package)
            case "PUT", ["apps", package]:
                return self._make(package, _parsed(body)).as_json(now)
            case "POST", ["faults"]:
                return self._script(_parsed(body))
        raise Refusal(wordings.URL_UNKNOWN)

    def _make(self, package: str, wish: Json) -> App:
        """The app, made unless it is there: seeding twice changes nothing."""
        production = wish.pop("production", None)
        if wish or not (production is None or isinstance(production, int)):
            raise Refusal(wordings.ADMIN_INVALID, example='{"production": 100}, or nothing')
        if package not in self._apps:
            app = App(package)
            if production is not None:
                app.put_live("production", production)
            self._apps[package] = app
        return self._apps[package]

    def _script(self, wish: Json) -> Json:
        try:
            fault = Fault(**wish)
        except TypeError:
            example = '{"method": "edits.commit", "status": 503, "when": "after", "times": 1}'
            raise Refusal(wordings.ADMIN_INVALID, example=example) from None
        self._faults.add(fault)
        return asdict(fault)


def _parsed(body: bytes) -> Json:
    try:
        wish: Any = json.loads(body or b"{}")
    except ValueError:
        wish = None
    if not isinstance(wish, dict):
        raise Refusal(wordings.ADMIN_INVALID, example="a JSON object")
    return wish
