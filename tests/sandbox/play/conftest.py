"""A Play on a free port, a real client for it, and bundles to publish."""

import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import google_auth_httplib2
import pytest
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.http import build_http

from release_ops.clients.play import PlayClient
from sandbox.play.app import PlayApp
from sandbox.play.model import App
from sandbox.play.server import serving

PACKAGE = "com.example.courier"
MAKE_BUNDLE = Path(__file__).parents[3] / "samples/courier/tools/make_bundle.py"


@dataclass
class Clock:
    now: float = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Wire:
    """What goes over the wire, and what somebody else does just before a certain request arrives."""

    app: PlayApp
    seen: list[str] = field(default_factory=list)
    meanwhile: list[tuple[str, Callable[[], object]]] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        path = re.sub(r"(?<=/edits/)\d+", "EDIT", environ["PATH_INFO"])
        line = f"{environ['REQUEST_METHOD']} {path.rsplit('/', 1)[-1]}"
        self.seen.append("piece" if "upload_id" in environ["QUERY_STRING"] else line)
        for entry in [entry for entry in self.meanwhile if line.endswith(entry[0])][:1]:
            self.meanwhile.remove(entry)
            entry[1]()
        return self.app(environ, start_response)

    def times(self, ending: str) -> int:
        return sum(line.endswith(ending) for line in self.seen)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def play(clock: Clock) -> PlayApp:
    """Play with the courier app, whose version 100 is in production."""
    play = PlayApp(clock)
    courier = App(PACKAGE)
    courier.put_live("production", 100)
    play.apps[PACKAGE] = courier
    return play


@pytest.fixture
def courier(play: PlayApp) -> App:
    return play.apps[PACKAGE]


@pytest.fixture(scope="session")
def line() -> Iterator[tuple[Wire, str]]:
    """One server for all tests: each test puts its own Play behind it."""
    wire = Wire(PlayApp())
    with serving(wire) as root:
        yield wire, root


@pytest.fixture
def wire(line: tuple[Wire, str], play: PlayApp) -> Wire:
    wire, _ = line
    wire.app, wire.seen, wire.meanwhile = play, [], []
    return wire


@pytest.fixture(scope="session")
def service(line: tuple[Wire, str]) -> Callable[[str], Any]:
    """Google's own client for an account, as the product's hook makes it; slow to make, so made once."""
    _, root = line
    document = json.loads(get_static_doc("androidpublisher", "v3"))
    document["rootUrl"] = document["mtlsRootUrl"] = root

    @cache
    def made(account: str) -> Any:
        http = google_auth_httplib2.AuthorizedHttp(Credentials(token=account), http=build_http())
        return build_from_document(document, http=http)

    return made


@pytest.fixture
def connect(service: Callable[[str], Any], wire: Wire) -> Callable[..., PlayClient]:
    """A client for any account that never sleeps."""

    def client(account: str = "robot", **options: Any) -> PlayClient:
        defaults = {"account": "robot@example.com", "sleep": lambda seconds: None}
        return PlayClient(service(account), **{**defaults, **options})

    return client


@pytest.fixture
def client(connect: Callable[..., PlayClient]) -> PlayClient:
    return connect()


@pytest.fixture(scope="session")
def make_bundle() -> ModuleType:
    """The sample app's own script."""
    spec = importlib.util.spec_from_file_location("make_bundle", MAKE_BUNDLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bundle(make_bundle: ModuleType, tmp_path: Path, capsys: Any) -> Callable[..., Path]:
    """Make a bundle; `size` bytes of assets, which `fill` tells apart from another build's."""

    def make(version_code: int, *, package: str = PACKAGE, size: int = 10, fill: str = "a") -> Path:
        assets = tmp_path / f"assets-{version_code}-{fill}"
        assets.mkdir(exist_ok=True)
        (assets / "asset.txt").write_text(fill * size)
        output = tmp_path / f"app-{version_code}-{fill}.aab"
        words = f"--package {package} --version-code {version_code} --version-name 1.{version_code}".split()
        assert make_bundle.main([*words, "--assets", str(assets), "--output", str(output)]) == 0
        return output

    return make
