"""docker-compose.yaml and .env.example: nothing here runs them, so all that can be read is checked.

Each rule is a function that yields what it finds wrong, and is shown to find it in a file that was broken."""

import copy
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.cli.cli_parser import get_parser
from airflow.configuration import conf

import sandbox.__main__

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yaml"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ONE_SHOT = {"airflow-init", "sandbox-seed"}
VARIABLE = re.compile(r"(?<!\$)\$(?:\{(?P<name>\w+)(?P<rest>[^}]*)\}|(?P<bare>\w+))")
SECRET = re.compile(r"PASSWORD|SECRET(?!S__BACKEND)|FERNET|KEY")

Compose = dict[str, Any]
Finds = Iterator[str]


def compose() -> Compose:
    document: Compose = yaml.safe_load(COMPOSE.read_text())
    return document


def strings(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif node is not None:
        yield str(node)


def environments(document: Compose) -> Iterator[tuple[str, str, str]]:
    for name, service in document["services"].items():
        for variable, value in service.get("environment", {}).items():
            yield name, variable, value


def is_tracked(path: str) -> bool:
    listed = subprocess.run(["git", "ls-files", "--", path], cwd=ROOT, capture_output=True, check=True)
    return bool(listed.stdout)


def example() -> dict[str, str]:
    """What .env.example sets, and (behind one #) says that may be set."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.lstrip("#").split("=", 1) for line in lines if re.match(r"#?[A-Z_]+=", line))


# The rules


def whoever_is_waited_for_is_there(document: Compose) -> Finds:
    services = document["services"]
    for name, service in services.items():
        waited_for = set(service.get("depends_on", {}))
        mode = service.get("network_mode", "")
        if mode.startswith("service:"):
            waited_for.add(mode.removeprefix("service:"))
        for other in waited_for - set(services):
            yield f"{name} waits for {other}, which is no service"
        for other in waited_for & set(services):
            if set(services[other].get("profiles", [])) - set(service.get("profiles", [])):
                yield f"{name} waits for {other}, which is not always there"


def what_completes_is_a_one_shot_and_what_is_healthy_says_so(document: Compose) -> Finds:
    for name, service in document["services"].items():
        for other, how in service.get("depends_on", {}).items():
            awaited = document["services"].get(other, {})
            if how["condition"] == "service_healthy" and "healthcheck" not in awaited:
                yield f"{name} waits for {other}'s health, which nobody checks"
            if (how["condition"] == "service_completed_successfully") != (other in ONE_SHOT):
                yield f"{name} waits for {other} by the wrong condition"


def what_runs_on_has_a_health_check_and_is_restarted(document: Compose) -> Finds:
    for name, service in document["services"].items():
        if ("healthcheck" in service) == (name in ONE_SHOT):
            yield f"{name}: a health check is for whoever runs on"
        # The sandbox's state ends with its process.
        if service.get("restart") != ("no" if name in ONE_SHOT | {"sandbox"} else "always"):
            yield f"{name}: {service.get('restart')} is no restart policy for it"


def every_variable_is_known(document: Compose) -> Finds:
    for text in strings(document):
        for match in VARIABLE.finditer(text):
            name = match["name"] or match["bare"]
            if name not in example():
                yield f"{name} is not in .env.example"
            if match["bare"] or not (match["rest"] or "").startswith((":-", ":?")):
                yield f"{name} has no default, and nothing says that it is missing"


def defaults_are_those_of_the_example(document: Compose) -> Finds:
    for text in strings(document):
        for match in VARIABLE.finditer(text):
            rest = match["rest"] or ""
            said = example().get(match["name"] or "", "")
            if rest.startswith(":-") and rest != ":-" and rest[2:] != said:
                yield f"{match['name']} is {rest[2:]} by default, .env.example says {said}"


def secrets_come_from_dotenv_only(document: Compose) -> Finds:
    for service, variable, value in environments(document):
        if SECRET.search(variable) and not variable.endswith("_FILE") and not is_required(value):
            yield f"{service}: {variable} is {value}"
        for user in re.findall(r"//([^/@]*)@", value):
            if not is_required(user.partition(":")[2]):
                yield f"{service}: {variable} holds a password"


def is_required(value: str) -> bool:
    return bool(re.fullmatch(r"\$\{\w+:\?[^}]+\}", value))


def mounts_lead_to_what_git_has(document: Compose) -> Finds:
    for name, service in document["services"].items():
        for mount in service.get("volumes", []):
            source, target, *options = mount.split(":")
            if not source.startswith((".", "/")):
                if source not in document["volumes"]:
                    yield f"{name}: volume {source} is not declared"
            elif not is_tracked(source) or options != ["ro"]:
                yield f"{name}: {source} is not in git, or not read-only"
            # Found there and by its entry point, too, the plugin would be loaded twice.
            if target == "/opt/airflow/plugins":
                yield f"{name}: the product's plugin comes by its entry point"


def images_are_pinned(document: Compose) -> Finds:
    for name, service in document["services"].items():
        # A variable's default may hold a colon of its own.
        image = re.sub(r"^\$\{\w+:-([^}]+)\}$", r"\1", service["image"])
        if not re.fullmatch(r"[\w./-]+:\d[\w.-]*", image):
            yield f"{name}: {image} names no version"
        if image.startswith("release-ops:") and image != f"release-ops:{PROJECT['version']}":
            yield f"{name}: {image} is not version {PROJECT['version']}"


def settings_are_airflows(document: Compose) -> Finds:
    for service, variable, _ in environments(document):
        section, _, option = variable.removeprefix("AIRFLOW__").lower().partition("__")
        if variable.startswith("AIRFLOW__") and option not in known_options(section):
            yield f"{service}: Airflow has no [{section}] {option}"


def known_options(section: str) -> set[str]:
    return set(conf.configuration_description.get(section, {}).get("options", {}))


def commands_are_understood(document: Compose) -> Finds:
    for name, service in document["services"].items():
        command = service.get("command")
        checked = service.get("healthcheck", {}).get("test", [])[1:]
        asked = [shlex.split(command)] if isinstance(command, str) else []
        asked += [checked[1:]] if checked[:1] == ["airflow"] else []
        for arguments in asked:
            try:
                get_parser().parse_args(arguments)
            except SystemExit:
                yield f"{name}: airflow does not understand {arguments}"


def ports_are_loopbacks(document: Compose) -> Finds:
    for name, service in document["services"].items():
        for port in service.get("ports", []):
            if not port.startswith("127.0.0.1:"):
                yield f"{name}: {port} is open to the network, without TLS"


RULES: list[Callable[[Compose], Finds]] = [
    whoever_is_waited_for_is_there,
    what_completes_is_a_one_shot_and_what_is_healthy_says_so,
    what_runs_on_has_a_health_check_and_is_restarted,
    every_variable_is_known,
    defaults_are_those_of_the_example,
    secrets_come_from_dotenv_only,
    mounts_lead_to_what_git_has,
    images_are_pinned,
    settings_are_airflows,
    commands_are_understood,
    ports_are_loopbacks,
]


@pytest.mark.parametrize("rule", RULES)
def test_the_file_keeps_the_rule(rule: Callable[[Compose], Finds]) -> None:
    assert list(rule(compose())) == []


TRIGGERER, SCHEDULER, SEED = "airflow-triggerer", "airflow-scheduler", "sandbox-seed"
COMMON = ("services", SCHEDULER, "environment")


@pytest.mark.parametrize(
    ("rule", "where", "broken"),
    [
        (RULES[0], ("services", TRIGGERER, "depends_on", "postgress"), {"condition": "service_healthy"}),
        (RULES[0], ("services", SEED, "network_mode"), "service:sandpit"),
        (RULES[0], ("services", TRIGGERER, "depends_on", "sandbox"), {"condition": "service_healthy"}),
        (RULES[1], ("services", TRIGGERER, "depends_on", "airflow-init", "condition"), "service_healthy"),
        (RULES[1], ("services", "postgres", "healthcheck"), None),
        (RULES[2], ("services", TRIGGERER, "healthcheck"), None),
        (RULES[2], ("services", TRIGGERER, "restart"), "on-failure"),
        (RULES[2], ("services", "sandbox", "restart"), "always"),
        (RULES[3], (*COMMON, "AIRFLOW__CORE__PARALLELISM"), "${NOBODY_SAID:-8}"),
        (RULES[3], (*COMMON, "AIRFLOW__CORE__PARALLELISM"), "${AIRFLOW_PORT}"),
        (RULES[3], (*COMMON, "AIRFLOW__CORE__PARALLELISM"), "$AIRFLOW_PORT"),
        (RULES[4], (*COMMON, "AIRFLOW__API__BASE_URL"), "http://localhost:${AIRFLOW_PORT:-8081}"),
        (RULES[5], ("services", "postgres", "environment", "POSTGRES_PASSWORD"), "airflow"),
        (RULES[5], (*COMMON, "AIRFLOW__CORE__FERNET_KEY"), "${FERNET_KEY:-}"),
        (
            RULES[5],
            (*COMMON, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"),
            "postgresql://airflow:airflow@postgres/a",
        ),
        (RULES[6], ("services", TRIGGERER, "volumes"), ["./dag:/opt/airflow/dags:ro"]),
        (RULES[6], ("services", TRIGGERER, "volumes"), ["./dags:/opt/airflow/dags"]),
        (RULES[6], ("services", TRIGGERER, "volumes"), ["./plugins:/opt/airflow/plugins:ro"]),
        (RULES[6], ("services", TRIGGERER, "volumes"), ["airflow-log:/opt/airflow/logs"]),
        (RULES[7], ("services", "postgres", "image"), "postgres"),
        (RULES[7], ("services", "postgres", "image"), "postgres:latest"),
        (RULES[7], ("services", TRIGGERER, "image"), "${AIRFLOW_IMAGE_NAME:-release-ops:0.0.9}"),
        (RULES[8], (*COMMON, "AIRFLOW__CORE__EXECUTER"), "LocalExecutor"),
        (RULES[9], ("services", TRIGGERER, "command"), "trigerer"),
        (
            RULES[9],
            ("services", TRIGGERER, "healthcheck", "test"),
            ["CMD", "airflow", "jobs", "check", "--job-type", "Triggerer"],
        ),
        (RULES[10], ("services", "sandbox", "ports"), ["5100:5100"]),
    ],
)
def test_a_file_that_breaks_the_rule_is_found(
    rule: Callable[[Compose], Finds], where: tuple[str, ...], broken: object
) -> None:
    # Anchors are shared objects once read; broken is one place only.
    document = yaml.safe_load(yaml.dump(copy.deepcopy(compose()), Dumper=WithoutAnchors))
    node = document
    for key in where[:-1]:
        node = node[key]
    if broken is None:
        del node[where[-1]]
    else:
        node[where[-1]] = broken
    assert list(rule(document))


class WithoutAnchors(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True


# The schema


def schema_check(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_file_is_a_compose_file() -> None:
    checked = schema_check(COMPOSE)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("    healthcheck:", "    health_check:", id="a key that compose does not have"),
        pytest.param(
            "condition: service_healthy", "condition: healthy", id="a condition that it does not have"
        ),
    ],
)
def test_the_schema_refuses(before: str, after: str, tmp_path: Path) -> None:
    text = COMPOSE.read_text()
    assert before in text
    broken = tmp_path / "docker-compose.yaml"
    broken.write_text(text.replace(before, after))
    assert schema_check(broken).returncode == 1


# What belongs together


def test_the_services_are_those_of_airflows_own_file_without_celery() -> None:
    services = compose()["services"]
    always = {name for name, service in services.items() if not service.get("profiles")}
    assert always == {
        "postgres",
        *("airflow-apiserver", SCHEDULER, "airflow-dag-processor", TRIGGERER, "airflow-init"),
    }
    assert {tuple(services[name]["profiles"]) for name in set(services) - always} == {("demo",)}


def test_the_sandbox_understands_its_command() -> None:
    command = compose()["services"]["sandbox"]["command"]
    assert command[:3] == ["python", "-m", "sandbox"]
    options = sandbox.__main__._parser().parse_args(command[3:])
    assert str(options.port) == compose()["services"]["sandbox"]["ports"][0].rpartition(":")[2]


def test_the_demo_reads_the_connections_that_the_seeding_writes() -> None:
    (written,) = (
        part for part in compose()["services"][SEED]["command"] if part.startswith("--connections=")
    )
    assert f'"{written.partition("=")[2]}"' in example()["AIRFLOW__SECRETS__BACKEND_KWARGS"]
    volume = "sandbox-connections:" + str(Path(written.partition("=")[2]).parent)
    for name in (SCHEDULER, TRIGGERER):
        assert f"{volume}:ro" in compose()["services"][name]["volumes"]
    assert volume in compose()["services"][SEED]["volumes"]
