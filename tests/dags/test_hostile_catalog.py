"""Nothing that a catalog can say reaches a shell, a template or StartBuild's overrides."""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG

import release_ops
from release_ops.assembly.release_dag import release_dag
from release_ops.clients.codebuild import CodeBuildClient
from release_ops.config import Catalog, CatalogError, read_catalog
from release_ops.hooks.release import ServiceRelease
from release_ops.operators import release_build
from release_ops.operators.release_build import ReleaseBuildOperator

COMMIT, KEY, BUNDLE = "c" * 40, "k" * 64, "s3://bundles/app.aab"
REGIONS = {"staging": ["eu-west-1"], "production": ["eu-west-1"]}
BUILDSPECS = {"staging": "repository:ci/a.yml", "production": "repository:ci/b.yml"}


def environment(number: int, name: str, **more: Any) -> dict[str, Any]:
    connections = {f"{kind}_connection": f"{kind}_{name}" for kind in ("aws", "http", "play")}
    return {"account": str(number) * 12, "regions": ["eu-west-1"], **connections, **more}


EVERY_KEY: dict[str, Any] = {
    "train": {"schedule": "0 9 * * 1", "timezone": "Europe/Berlin"},
    "environments": {
        "dev": {
            "account": "1" * 12,
            "regions": ["eu-west-1"],
            "aws_connection": "aws_dev",
            "ledger_bucket": "ledger",
        },
        "staging": environment(2, "staging", play_track="internal", builds_in="dev"),
        "production": environment(3, "production", play_track="production", builds_in="production"),
    },
    "defaults": {"branch": "release", "soak": "2 days", "regions": REGIONS},
    "services": {
        "orders": {
            "kind": "serverless",
            "repository": "orders",
            "branch": "release",
            "regions": REGIONS,
            "checks": [
                {"http": {"path": "/health", "contains": "ready", "name": "smoke"}},
                {
                    "invoke": {
                        "function": "api",
                        "payload": {"key": "value"},
                        "contains": "ok",
                        "name": "call",
                    }
                },
            ],
            "soak": "2 days",
            "build_projects": {"staging": "orders-staging", "production": "orders-production"},
            "buildspecs": BUILDSPECS,
        },
        "storefront": {"kind": "web", "depends_on": ["orders"]},
        "courier": {
            "kind": "android",
            "package_name": "com.example.courier",
            "checks": [{"track": {"name": "on_track"}}],
        },
    },
}
HOSTILE = (
    "$(id)",
    "`id`",
    ";id",
    "&&id",
    "'||id||'",
    '"$IFS"',
    "\nid\n",
    "--flag",
    "/../..",
    "{{ti}}",
    "{%raw%}",
    "{#x",
    "%(id)s",
)


SAID_TO_CODEBUILD = {
    "projectName",
    "sourceVersion",
    "idempotencyToken",
    "autoRetryLimitOverride",
    "environmentVariablesOverride",
    "queuedTimeoutInMinutesOverride",
    "timeoutInMinutesOverride",
}


def texts(content: Any, *place: str | int) -> Iterator[tuple[str | int, ...]]:
    """Every place in the catalog that holds text."""
    if isinstance(content, str):
        yield place
    elif isinstance(content, dict | list):
        for key, inner in content.items() if isinstance(content, dict) else enumerate(content):
            yield from texts(inner, *place, key)


def with_text(place: tuple[str | int, ...], text: str) -> bytes:
    content = copy.deepcopy(EVERY_KEY)
    holder = content
    for key in place[:-1]:
        holder = holder[key]  # type: ignore[index]
    holder[place[-1]] = text.format(holder[place[-1]]) if text.startswith("{}") else text  # type: ignore[index]
    return json.dumps(content).encode()


class StartBuilds:
    """CodeBuild's client, and what StartBuild was asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def start_build(self, **arguments: Any) -> dict[str, Any]:
        self.asked.append(arguments)
        return {"build": {"id": "p:1", "buildStatus": "IN_PROGRESS"}}


def started(dag: DAG, catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Return what every build of a release asks CodeBuild for."""
    aws = StartBuilds()
    exported = {"RELEASE_BUNDLE": BUNDLE, "RELEASE_BUNDLE_SHA256": "0" * 64}
    result = SimpleNamespace(exported=exported)
    records: Any = SimpleNamespace(intent=lambda *_: True, build_result=lambda *_: result)
    cut: Any = SimpleNamespace(commit=COMMIT, redeploy=False)
    monkeypatch.setattr(
        release_build,
        "service_release",
        lambda _ledger, _run, step: ServiceRelease(
            records, cut, catalog.services[step.service], dict(catalog.environments)
        ),
    )
    for task in dag.tasks:
        if isinstance(task, ReleaseBuildOperator):
            request = task.build_request({"run_id": "r"})
            CodeBuildClient(aws).start(request, key=KEY)
    return aws.asked


def in_templates(dag: DAG) -> str:
    """Return everything that Airflow renders."""
    return str([[getattr(task, name, None) for name in task.template_fields] for task in dag.tasks])


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    file = tmp_path / "services.yaml"
    monkeypatch.setenv("RELEASE_OPS_CATALOG", str(file))

    def build(content: bytes) -> DAG:
        file.write_bytes(content)
        return release_dag("weekly_release", file)

    return build


@pytest.mark.parametrize("place", list(texts(EVERY_KEY)), ids=lambda place: ".".join(map(str, place)))
def test_a_hostile_text_is_refused_or_stays_data(
    place: tuple[str | int, ...], build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hostile in HOSTILE:
        for text in (hostile, "{}" + hostile.replace("{", "{{").replace("}", "}}")):
            content = with_text(place, text)
            try:
                catalog = read_catalog(content, Path("services.yaml"))
            except CatalogError:
                continue
            assert not {"{{", "{%", "{#"} & {hostile[:2]}, "a template was let in"
            dag = build(content)
            assert hostile not in in_templates(dag)
            asked = started(dag, catalog, monkeypatch)
            # A project's name is the catalog's to choose; AWS looks it up, and nothing else is done with it.
            said = [{**each, "projectName": ""} for each in asked]
            assert hostile not in json.dumps(said)
            assert {name for each in asked for name in each} == SAID_TO_CODEBUILD


def test_startbuild_overrides_the_same_few_things_whatever_the_catalog_says(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Buildspec, image, role and source are the project's own: whoever sets them owns production."""
    content = json.dumps(EVERY_KEY).encode()
    asked = started(build(content), read_catalog(content, Path("services.yaml")), monkeypatch)
    assert len(asked) == 6
    for arguments in asked:
        assert set(arguments) == SAID_TO_CODEBUILD
        names = {each["name"] for each in arguments["environmentVariablesOverride"]}
        assert all(name.startswith("RELEASE_") for name in names)


def test_no_task_is_made_of_an_operator_that_runs_text(build: Any) -> None:
    dag = build(json.dumps(EVERY_KEY).encode())
    assert {type(task).__module__.partition(".")[0] for task in dag.tasks} == {"release_ops"}


def test_the_product_hands_no_text_to_a_shell() -> None:
    """Lists of arguments only, and no other way to a shell."""
    (folder,) = release_ops.__path__
    for file in Path(folder).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                shell = any(word.arg == "shell" for word in node.keywords)
                assert not shell, f"{file}:{node.lineno}"
                assert called not in ("os.system", "os.popen", "subprocess.getoutput", "eval", "exec"), file
