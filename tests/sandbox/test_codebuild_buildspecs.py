"""Buildspecs in the shapes that people write: each ends as CodeBuild would have it.

The table is in buildspecs/*.yaml: name, buildspec, where AWS or somebody who ran it says so (`source`), and

    fails_in  the phase that fails; none: the build succeeds
    says      part of what that phase says
    prints    the commands' own lines; a star at the start stands for anything
    logs      parts of the log's lines
    exports   exported variables
    uploads   the artifact's files
    ends      the phases from the failed one on"""

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

TABLE = [
    pytest.param(case, id=case["name"])
    for path in sorted(Path(__file__).with_name("buildspecs").glob("*.yaml"))
    for case in yaml.safe_load(path.read_text())
]
KEYS = {
    *("name", "source", "buildspec", "image"),
    *("fails_in", "says", "prints", "logs", "exports", "uploads", "ends"),
}


@pytest.fixture(scope="module")
def secret(sandbox: Any) -> dict[str, str]:
    """The parameter and the secret that buildspecs name; returns what CreateSecret answered."""
    sandbox.client("ssm").put_parameter(Name="/buildspecs/password", Value="par4m", Type="SecureString")
    value = json.dumps({"user": "us3r", "port": 5432})
    made: dict[str, str] = sandbox.client("secretsmanager").create_secret(
        Name="buildspecs", SecretString=value
    )
    return made


@pytest.fixture(scope="module")
def bucket(sandbox: Any) -> str:
    name = f"buildspecs-{uuid.uuid4().hex[:8]}"
    sandbox.client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    return name


@pytest.mark.parametrize("case", TABLE)
def test_it_ends_as_codebuild_would_have_it(
    case: dict[str, Any], sandbox: Any, secret: dict[str, str], bucket: str, run_build: Callable[..., Any]
) -> None:
    assert set(case) <= KEYS
    spec = case["buildspec"].replace("{secret}", secret["ARN"]).replace("{version}", secret["VersionId"])
    build = run_build(spec, project_of(case, bucket))
    log = "\n".join(sandbox.log_of(build))
    statuses = {phase["phaseType"]: phase.get("phaseStatus") for phase in build["phases"]}
    assert [name for name, status in statuses.items() if status == "FAILED"] == failed_phases(case), log
    assert build["buildStatus"] == ("FAILED" if "fails_in" in case else "SUCCEEDED")
    if "fails_in" in case:
        failed = next(phase for phase in build["phases"] if phase["phaseType"] == case["fails_in"])
        assert case.get("says", "") in failed["contexts"][0]["message"]
    assert are_lines(sandbox.output_of(build), case.get("prints", [])), log
    assert [part for part in case.get("logs", []) if part not in log] == []
    exported = {one["name"]: one["value"] for one in build.get("exportedEnvironmentVariables", [])}
    assert exported == case.get("exports", {})
    if "ends" in case:
        assert list(statuses)[-len(case["ends"]) :] == case["ends"]
    if "uploads" in case:
        prefix = f"{build['projectName']}/"
        stored = sandbox.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        assert [one["Key"].removeprefix(prefix) for one in stored] == case["uploads"]


def failed_phases(case: dict[str, Any]) -> list[str]:
    return [case["fails_in"]] if "fails_in" in case else []


def project_of(case: dict[str, Any], bucket: str) -> dict[str, Any]:
    """What the case's project has beyond the usual."""
    members: dict[str, Any] = {}
    if "image" in case:
        compute = {"type": "LINUX_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL"}
        members["environment"] = {**compute, "image": case["image"]}
    if "uploads" in case:
        members["artifacts"] = {"type": "S3", "location": bucket}
    return members


def are_lines(printed: list[str], expected: list[str]) -> bool:
    return len(printed) == len(expected) and all(
        line.endswith(wanted[1:]) if wanted.startswith("*") else line == wanted
        for line, wanted in zip(printed, expected, strict=True)
    )


def test_the_table_is_of_different_buildspecs() -> None:
    cases = [case.values[0] for case in TABLE]
    assert len({case["name"] for case in cases}) == len(cases) > 30
    assert len({case["buildspec"] for case in cases}) == len(cases)


@pytest.mark.parametrize(
    ("files", "buildspec", "says"),
    [
        pytest.param({"buildspec.yml": "{spec}"}, None, None, id="buildspec.yml, where none is named"),
        pytest.param({"deploy/spec.yml": "{spec}"}, "deploy/spec.yml", None, id="a file by its path"),
        # https://github.com/meanjs/mean/issues/1865
        pytest.param({"a": "a"}, None, "YAML file does not exist", id="no buildspec.yml"),
        # https://github.com/aws-samples/mlops-e2e/issues/68
        pytest.param(
            {"a": "a"}, "deploy/spec.yml", "deploy/spec.yml: no such file or directory", id="no such file"
        ),
        pytest.param(
            {"buildspec.yml": ""}, None, "wrong number of container tags, expected 1", id="an empty file"
        ),
        pytest.param({"a": "a"}, "{spec}", None, id="a buildspec instead of a path"),
    ],
)
def test_where_the_buildspec_is(
    files: dict[str, str],
    buildspec: str | None,
    says: str | None,
    sandbox: Any,
    run_build: Callable[..., Any],
) -> None:
    spec = "version: 0.2\nphases: {build: {commands: ['echo built']}}"
    repository = sandbox.create_repository(
        {path: text.replace("{spec}", spec) for path, text in files.items()}
    )
    source = {
        "type": "CODECOMMIT",
        "location": f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{repository}",
    }
    if buildspec:
        source["buildspec"] = buildspec.replace("{spec}", spec)
    build = run_build("", {"source": source})
    assert sandbox.output_of(build) == ([] if says else ["built"])
    if says:
        failed = next(phase for phase in build["phases"] if phase.get("phaseStatus") == "FAILED")
        assert failed["phaseType"] == "DOWNLOAD_SOURCE"
        assert failed["contexts"][0]["statusCode"] == "YAML_FILE_ERROR"
        assert failed["contexts"][0]["message"].endswith(says)
