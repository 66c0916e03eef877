"""What a build checks out, and what it makes of what comes with it."""

from collections.abc import Callable
from typing import Any

import pytest

SUCCEEDS = "version: 0.2\nphases: {build: {commands: [echo built]}}"


def source(repository: str, buildspec: str = SUCCEEDS) -> dict[str, Any]:
    location = f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{repository}"
    return {"source": {"type": "CODECOMMIT", "location": location, "buildspec": buildspec}}


VERSIONS = [
    pytest.param(lambda commit: {"sourceVersion": commit}, "first", id="a commit"),
    pytest.param(lambda commit: {"sourceVersion": commit[:8]}, "first", id="an abbreviated commit"),
    pytest.param(lambda commit: {"sourceVersion": "release"}, "second", id="a branch"),
    pytest.param(lambda commit: {"sourceVersion": "refs/heads/release"}, "second", id="a full branch name"),
    pytest.param(lambda commit: {}, "second", id="nothing: the latest of the default branch"),
]


@pytest.mark.parametrize(("overrides", "expected"), VERSIONS)
def test_the_source_version(
    overrides: Callable[[str], Any], expected: str, sandbox: Any, run_build: Callable[..., Any]
) -> None:
    repository = sandbox.create_repository({"which.txt": "first"})
    first = sandbox.client("codecommit").get_branch(repositoryName=repository, branchName="release")
    commits = {"first": first["branch"]["commitId"]}
    commits["second"] = sandbox.commit(repository, {"which.txt": "second"})
    spec = "version: 0.2\nphases: {build: {commands: [cat which.txt, git rev-parse HEAD]}}"
    build = run_build(spec, source(repository, spec), **overrides(commits["first"]))
    assert build["resolvedSourceVersion"] == commits[expected]
    assert sandbox.output_of(build) == [expected, commits[expected]]


@pytest.mark.parametrize(
    ("repository", "version", "message"),
    [
        (
            None,
            "refs/heads/nowhere",
            "reference not found for primary source and source version refs/heads/nowhere",
        ),
        (None, "0" * 40, f"reference not found for primary source and source version {'0' * 40}"),
        ("no-such-repository", "release", "repository not found for primary source"),
    ],
)
def test_a_source_that_is_not_there(
    repository: str | None, version: str, message: str, sandbox: Any, run_build: Callable[..., Any]
) -> None:
    repository = repository or sandbox.create_repository({"a": "a"})
    build = run_build("", source(repository), sourceVersion=version)
    assert build["buildStatus"] == "FAILED"
    context = build["phases"][-3]["contexts"][0]
    assert context["statusCode"] == "CLIENT_ERROR"
    assert message in context["message"]
    assert "resolvedSourceVersion" not in build


def test_the_buildspec_may_be_a_file_of_the_source(sandbox: Any, run_build: Callable[..., Any]) -> None:
    spec = "version: 0.2\nphases: {build: {commands: ['echo from file']}}"
    repository = sandbox.create_repository({"deploy/spec.yml": spec})
    assert sandbox.output_of(run_build("", source(repository, "deploy/spec.yml"))) == ["from file"]
    missing = run_build("", source(repository, "deploy/other.yml"))
    assert missing["phases"][-3]["contexts"][0]["statusCode"] == "YAML_FILE_ERROR"
    assert missing["phases"][-3]["contexts"][0]["message"].endswith("no such file or directory")


def test_secondary_sources_are_checked_out_beside_the_primary_one(
    sandbox: Any, run_build: Callable[..., Any]
) -> None:
    primary, library, tools = (
        sandbox.create_repository({"which.txt": name}) for name in ("primary", "library", "tools")
    )
    first = sandbox.client("codecommit").get_branch(repositoryName=tools, branchName="release")["branch"]
    sandbox.commit(tools, {"which.txt": "tools, later"})
    spec = (
        "version: 0.2\nphases: {build: {commands: ["
        "'cat which.txt $CODEBUILD_SRC_DIR_lib/which.txt $CODEBUILD_SRC_DIR_tools_2/which.txt', "
        "'echo $CODEBUILD_SOURCE_VERSION_tools_2', 'echo $CODEBUILD_SOURCE_REPO_URL_lib'"
        "]}}"
    )
    secondary = [
        {**source(library)["source"], "sourceIdentifier": "lib"},
        {**source(tools)["source"], "sourceIdentifier": "tools_2"},
    ]
    versions = [{"sourceIdentifier": "tools_2", "sourceVersion": first["commitId"]}]
    project = {**source(primary, spec), "secondarySources": secondary, "secondarySourceVersions": versions}
    build = run_build("", project)
    assert sandbox.output_of(build) == [
        "primarylibrarytools",
        first["commitId"],
        secondary[0]["location"],
    ]
    assert build["secondarySourceVersions"] == versions
    assert [one["sourceIdentifier"] for one in build["secondarySources"]] == ["lib", "tools_2"]

    later = [{"sourceIdentifier": "tools_2", "sourceVersion": "release"}]
    build = run_build("", project, secondarySourcesVersionOverride=later)
    assert sandbox.output_of(build)[0] == "primarylibrarytools, later"

    missing = [{"sourceIdentifier": "lib", "sourceVersion": "nowhere"}]
    build = run_build("", project, secondarySourcesVersionOverride=missing)
    message = build["phases"][-3]["contexts"][0]["message"]
    assert message == "reference not found for secondary source lib and source version nowhere"


SUBMODULES = {"fetchSubmodules": True}
SAID = [
    pytest.param({}, "reports: {tests: {files: ['*.xml']}}", "accepts the buildspec's reports", id="reports"),
    pytest.param({}, "run-as: somebody", "accepts the buildspec's run-as", id="run-as"),
    pytest.param({}, "cache: {paths: ['/root/.npm/**/*']}", "accepts the buildspec's cache", id="cache"),
    pytest.param(
        {"cache": {"type": "LOCAL", "modes": ["LOCAL_SOURCE_CACHE"]}},
        "",
        "accepts the project's LOCAL cache",
        id="a local cache",
    ),
    pytest.param(
        {"source": {"type": "NO_SOURCE", "buildspec": SUCCEEDS, "gitSubmodulesConfig": SUBMODULES}},
        "",
        "the source's submodules",
        id="submodules",
    ),
    pytest.param(
        {"logsConfig": {"s3Logs": {"status": "ENABLED", "location": "bucket/logs"}}},
        "",
        "the project's S3 log",
        id="a log in S3",
    ),
    pytest.param(
        {"vpcConfig": {"vpcId": "vpc-1", "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}},
        "",
        "the project's vpcConfig",
        id="a VPC",
    ),
    pytest.param(
        {"cache": {"type": "S3", "location": "bucket/cache"}},
        "",
        "the project's S3 cache",
        id="a cache in S3",
    ),
]


@pytest.mark.parametrize(("project", "section", "said"), SAID)
def test_what_has_no_effect_is_said_in_the_log(
    project: Any, section: str, said: str, sandbox: Any, run_build: Callable[..., Any]
) -> None:
    build = run_build(f"version: 0.2\nphases: {{build: {{commands: [echo built]}}}}\n{section}", project)
    assert build["buildStatus"] == "SUCCEEDED"
    assert [line for line in sandbox.log_of(build) if said in line]


RUNTIMES = [
    pytest.param("{nodejs: 22}", "standard:7.0", None, "'nodejs' runtime version '22'", id="a runtime"),
    pytest.param(
        "{python: 3.12, java: corretto21}", "amazonlinux-x86_64-standard:5.0", None, "'corretto21'", id="two"
    ),
    pytest.param(
        "{docker: 20}",
        "standard:7.0",
        "Unknown runtime named 'docker'. This build image has the following runtimes: "
        "dotnet, golang, java, nodejs, php, python, ruby",
        None,
        id="an unknown runtime",
    ),
]


@pytest.mark.parametrize(("runtimes", "image", "refusal", "said"), RUNTIMES)
def test_runtime_versions(
    runtimes: str, image: str, refusal: str | None, said: str | None, sandbox: Any, run_build: Any
) -> None:
    """The words are AWS's: https://github.com/aws/aws-codebuild-docker-images/issues/489"""
    install = f"{{runtime-versions: {runtimes}, commands: [echo installed]}}"
    build = run_build(f"version: 0.2\nphases: {{install: {install}}}", imageOverride=f"aws/codebuild/{image}")
    assert (build["buildStatus"] == "FAILED") is (refusal is not None)
    if refusal:
        context = {"statusCode": "YAML_FILE_ERROR", "message": refusal}
        assert build["phases"][-3]["contexts"] == [context]
    else:
        assert sandbox.output_of(build) == ["installed"]
        assert [line for line in sandbox.log_of(build) if said in line]


def test_an_image_of_one_s_own_selects_no_runtimes(sandbox: Any, run_build: Callable[..., Any]) -> None:
    install = "{runtime-versions: {docker: 20}, commands: [echo installed]}"
    build = run_build(f"version: 0.2\nphases: {{install: {install}}}", imageOverride="my/image:1")
    assert build["buildStatus"] == "SUCCEEDED"
    assert [line for line in sandbox.log_of(build) if "Skipping install of runtimes" in line]
