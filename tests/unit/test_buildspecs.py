"""The buildspecs are read as CodeBuild reads them, and their commands are tried in bash."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
KINDS = ("serverless", "web", "android")
ENVIRONMENTS = ("staging", "production")
EXPORTS = {
    "serverless": {"RELEASE_COMMIT", "RELEASE_STACK", "RELEASE_URL"},
    "web": {"RELEASE_COMMIT", "RELEASE_URL", "RELEASE_DISTRIBUTION", "RELEASE_INVALIDATION"},
    "android": {
        "RELEASE_COMMIT",
        "RELEASE_BUNDLE",
        "RELEASE_BUNDLE_SHA256",
        "RELEASE_VERSION_CODE",
        "RELEASE_PACKAGE",
    },
}
EACH = pytest.mark.parametrize(
    ("kind", "environment"), [(kind, environment) for kind in KINDS for environment in ENVIRONMENTS]
)


def buildspec(kind: str, environment: str) -> dict[str, Any]:
    text = (ROOT / "buildspecs" / f"{kind}-{environment}.yml").read_text()
    # BaseLoader makes nothing but text: CodeBuild does not read 3.13 as a number either.
    spec: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - see above; it is the safest of all
    return spec


def commands(kind: str, environment: str) -> list[str]:
    phases = buildspec(kind, environment)["phases"]
    return [command for phase in phases.values() for command in phase.get("commands", [])]


def questions(kind: str, environment: str) -> list[str]:
    """What every build asks before it does anything: is this the environment, is this the commit?"""
    first: list[str] = buildspec(kind, environment)["phases"]["pre_build"]["commands"][:2]
    return first


def unquoted_variables(command: str) -> Iterator[str]:
    """Yield each $variable that the shell would split or glob; inside $(...) quoting starts again."""
    inside = [""]
    for match in re.finditer(r"\$\(|\)|\"|'|(?<!\\)\$\{?[A-Za-z_]\w*", command):
        token, quote = match[0], inside[-1]
        if token == "'":
            inside[-1] = {"": "'", "'": ""}.get(quote, quote)
        elif quote == "'":
            continue
        elif token == '"':
            inside[-1] = "" if quote else '"'
        elif token == "$(":
            inside.append("")
        elif token == ")":
            inside = inside[:-1] if len(inside) > 1 else inside
        elif not quote:
            yield token


@EACH
def test_it_exports_what_later_steps_need(kind: str, environment: str) -> None:
    assert set(buildspec(kind, environment)["env"]["exported-variables"]) == EXPORTS[kind]


@EACH
def test_codebuild_knows_every_key(kind: str, environment: str) -> None:
    spec = buildspec(kind, environment)
    assert spec["version"] == "0.2"
    assert spec["env"]["shell"] == "bash"
    assert set(spec) <= {"version", "env", "phases", "artifacts"}
    assert set(spec["phases"]) <= {"install", "pre_build", "build"}, (
        "post_build runs after a failed build, too"
    )
    assert all(set(phase) <= {"runtime-versions", "commands"} for phase in spec["phases"].values())


@pytest.mark.parametrize("kind", ["serverless", "web"])
def test_production_gets_what_staging_got(kind: str) -> None:
    """Two files, as CodeBuild knows no include; but one set of commands."""
    staging = [command.replace("staging", "production") for command in commands(kind, "staging")]
    assert staging == commands(kind, "production")
    assert buildspec(kind, "staging")["env"] == buildspec(kind, "production")["env"]


def test_production_builds_no_bundle_of_its_own() -> None:
    assert any("ci/bundle.sh" in command for command in commands("android", "staging"))
    assert not any("ci/bundle.sh" in command for command in commands("android", "production"))


@EACH
def test_every_command_is_bash(kind: str, environment: str) -> None:
    for command in commands(kind, environment):
        checked = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr


@EACH
def test_every_variable_is_quoted(kind: str, environment: str) -> None:
    found = {command: list(unquoted_variables(command)) for command in commands(kind, environment)}
    assert {command: names for command, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("command", "found"),
    [
        pytest.param('aws s3 cp "$FROM" x', [], id="in quotes"),
        pytest.param("aws s3 cp $FROM x", ["$FROM"], id="bare"),
        pytest.param('X="$(aws ssm $NAME)"', ["$NAME"], id="the outer quotes do not reach into $(...)"),
        pytest.param('X="$(aws ssm "$NAME")$Y"', [], id="after $(...) the outer quotes are back"),
        pytest.param("echo '$X'", [], id="in single quotes it is no variable"),
    ],
)
def test_the_search_for_unquoted_variables(command: str, found: list[str]) -> None:
    assert list(unquoted_variables(command)) == found


@EACH
def test_no_command_prints_credentials(kind: str, environment: str) -> None:
    for command in commands(kind, environment):
        assert not re.search(r"\bset -\w*x|\bprintenv\b|(^|[;&|] *)env\b|export -p|declare -p", command), (
            command
        )
        assert not re.search(r"\b(echo|printf)\b.*(AWS_|credentials)", command)


@EACH
def test_a_build_is_of_its_own_environment_and_commit(kind: str, environment: str, tmp_path: Path) -> None:
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message=one"], check=True)
    head = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    other = ENVIRONMENTS[1 - ENVIRONMENTS.index(environment)]

    def tried(**variables: str) -> subprocess.CompletedProcess[str]:
        passed = {"RELEASE_ENVIRONMENT": environment, "RELEASE_COMMIT": head, **variables}
        script = " && ".join(f"{{ {one}\n}}" for one in questions(kind, environment))
        return subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", **passed},
            capture_output=True,
            text=True,
        )

    assert tried().returncode == 0
    assert other in tried(RELEASE_ENVIRONMENT=other).stderr
    assert head in tried(RELEASE_COMMIT="0" * 40).stderr
    assert tried(RELEASE_ENVIRONMENT=other).returncode == tried(RELEASE_COMMIT="").returncode == 1


def test_osls_is_the_version_that_is_locked() -> None:
    locked = json.loads((ROOT / "package.json").read_text())["dependencies"]["osls"]
    for environment in ENVIRONMENTS:
        assert f"osls@{locked}" in buildspec("serverless", environment)["phases"]["install"]["commands"][0]
