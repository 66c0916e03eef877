"""A build's environment: which variable wins, where secrets come from, what is exported, what is kept out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

PRINT = "version: 0.2\nenv: {variables: {A: buildspec}}\nphases: {build: {commands: ['echo $A']}}"


def variable(name: str, value: str, kind: str = "PLAINTEXT") -> dict[str, str]:
    return {"name": name, "value": value, "type": kind}


def environment(*variables: dict[str, str]) -> dict[str, Any]:
    return {
        "type": "LINUX_CONTAINER",
        "image": "any",
        "computeType": "BUILD_GENERAL1_SMALL",
        "environmentVariables": list(variables),
    }


@pytest.mark.parametrize(
    ("project", "overrides", "expected"),
    [
        ([], [], "buildspec"),
        ([variable("A", "project")], [], "project"),
        ([variable("A", "project")], [variable("A", "start")], "start"),
        ([], [variable("A", "start")], "start"),
    ],
)
def test_the_start_wins_over_the_project_over_the_buildspec(
    project: list[Any], overrides: list[Any], expected: str, sandbox: Any, run_build: Callable[..., Any]
) -> None:
    build = run_build(PRINT, {"environment": environment(*project)}, environmentVariablesOverride=overrides)
    assert sandbox.output_of(build) == [expected]
    shown = {one["name"]: one["value"] for one in build["environment"]["environmentVariables"]}
    assert shown == ({"A": expected} if project or overrides else {})


@pytest.fixture(scope="module")
def secrets(sandbox: Any) -> str:
    """A parameter and a secret in dev; returns the secret's ARN."""
    sandbox.client("ssm").put_parameter(Name="/app/password", Value="par4m", Type="SecureString")
    secret = json.dumps({"user": "us3r", "other": "x"})
    arn: str = sandbox.client("secretsmanager").create_secret(Name="app", SecretString=secret)["ARN"]
    return arn


def test_variables_of_all_types_from_all_places(
    sandbox: Any, secrets: str, run_build: Callable[..., Any]
) -> None:
    spec = (
        "version: 0.2\n"
        "env:\n"
        "  parameter-store: {P1: /app/password}\n"
        "  secrets-manager: {S1: 'app:user'}\n"
        "phases: {build: {commands: ['for v in $P1 $P2 $P3 $S1 $S2 $S3; do echo ${#v}; done', 'echo $S1']}}"
    )
    project = environment(
        variable("P2", "/app/password", "PARAMETER_STORE"),
        variable("S2", f"{secrets}:user", "SECRETS_MANAGER"),
    )
    overrides = [
        variable("P3", "/app/password", "PARAMETER_STORE"),
        variable("S3", "app:other:AWSCURRENT", "SECRETS_MANAGER"),
    ]
    build = run_build(spec, {"environment": project}, environmentVariablesOverride=overrides)
    # The values themselves are shown as *** in the log.
    assert sandbox.output_of(build) == ["5", "5", "5", "4", "4", "1", "***"]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (variable("A", "/no/such", "PARAMETER_STORE"), "Decrypted Variables Error"),
        (variable("A", "no-such", "SECRETS_MANAGER"), "Secrets Manager Error"),
        (variable("A", "app:no-such-key", "SECRETS_MANAGER"), "Secrets Manager Error"),
    ],
)
def test_a_secret_that_is_not_there_fails_the_download(
    wanted: Any, code: str, secrets: str, run_build: Callable[..., Any]
) -> None:
    build = run_build(PRINT, environmentVariablesOverride=[wanted])
    assert build["buildStatus"] == "FAILED"
    assert build["phases"][-3]["phaseType"] == "DOWNLOAD_SOURCE"
    assert build["phases"][-3]["contexts"][0]["statusCode"] == code


def test_exported_variables(run_build: Callable[..., Any], secrets: str) -> None:
    spec = (
        "version: 0.2\n"
        "env: {variables: {GIVEN: g}, exported-variables: [GIVEN, MADE, EMPTY, NEVER, AWS_REGION, SECRET]}\n"
        "phases:\n"
        "  build: {commands: ['export MADE=before EMPTY=']}\n"
        "  post_build: {commands: ["
        'export MADE="a b=c"'
        "]}"
    ).replace("''", "'")
    secret = variable("SECRET", "/app/password", "PARAMETER_STORE")
    build = run_build(spec, environmentVariablesOverride=[secret])
    exported = {one["name"]: one["value"] for one in build["exportedEnvironmentVariables"]}
    assert exported == {"GIVEN": "g", "MADE": "a b=c", "EMPTY": "", "NEVER": ""}


def test_a_failed_build_exports_as_well(run_build: Callable[..., Any]) -> None:
    spec = "version: 0.2\nenv: {exported-variables: [A]}\nphases: {build: {commands: [export A=1, exit 1]}}"
    build = run_build(spec)
    assert build["buildStatus"] == "FAILED"
    assert build["exportedEnvironmentVariables"] == [{"name": "A", "value": "1"}]


def test_codebuild_s_own_variables(sandbox: Any, run_build: Callable[..., Any]) -> None:
    names = ["ID", "ARN", "NUMBER", "SUCCEEDING", "IMAGE"]
    echo = "; ".join(f"echo $CODEBUILD_BUILD_{name}" for name in names)
    build = run_build(f"version: 0.2\nphases: {{build: {{commands: ['{echo}', 'echo $CI $AWS_REGION']}}}}")
    printed = [build["id"], build["arn"], "1", "1", "aws/codebuild/standard:7.0", "true eu-west-1"]
    assert sandbox.output_of(build) == printed


def test_a_build_speaks_to_aws_as_its_service_role(
    sandbox: Any, build_role: str, run_build: Callable[..., Any]
) -> None:
    spec = (
        "version: 0.2\nphases: {build: {commands: [aws sts get-caller-identity --query Arn --output text]}}"
    )
    (printed,) = sandbox.output_of(run_build(spec))
    role = build_role.rpartition("/")[2]
    assert printed.startswith(f"arn:aws:sts::111111111111:assumed-role/{role}/AWSCodeBuild-")


def test_nothing_of_the_caller_s_shell_reaches_a_build(sandbox: Any, run_build: Callable[..., Any]) -> None:
    spec = "version: 0.2\nphases: {build: {commands: ['env | cut -d= -f1 | sort', 'ls -A $HOME']}}"
    printed = sandbox.output_of(run_build(spec))
    allowed = ("AWS_", "CODEBUILD_", "GIT_")
    others = {name for name in printed if not name.startswith(allowed)}
    bash_makes = {"OLDPWD", "PWD", "SHLVL", "_"}
    tools = {"NODE_COMPILE_CACHE", "SLS_AWS_MONITORING_FREQUENCY"}
    assert others - bash_makes - tools == {"CI", "HOME", "LANG", "LC_ALL", "PATH", "TMPDIR"}


def test_git_in_a_build_reads_codecommit_by_its_own_url(sandbox: Any, run_build: Callable[..., Any]) -> None:
    repository = sandbox.create_repository({"hello.txt": "hello from git"})
    url = f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{repository}"
    build = run_build(
        f"version: 0.2\nphases: {{build: {{commands: ['git clone -q {url} x', 'cat x/hello.txt']}}}}"
    )
    assert build["buildStatus"] == "SUCCEEDED", sandbox.log_of(build)
    assert sandbox.output_of(build)[-1] == "hello from git"
