"""Builds that end, or hang, as the sandbox's script says; and lists that lag."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

SUCCEEDS = "version: 0.2\nphases: {build: {commands: [echo built]}, post_build: {commands: [echo post]}}"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, running: Callable[..., Any]) -> Iterator[Any]:
    """A sandbox of this file's own, with short minutes: a script would disturb what all tests share."""
    with running(tmp_path_factory.mktemp("outcomes") / "state", "--seconds-per-minute", "0.4") as one:
        yield one


@pytest.fixture
def project(own: Any, trust: Callable[..., Any]) -> Any:
    """Put a script for one new project and return its name."""

    def make(lag: str | None = None, spec: str = SUCCEEDS, *, members: Any = None, **entry: Any) -> str:
        role = own.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
        name: str = own.create_project(role, spec, **(members or {}))
        script = {"builds": [{"project": name, **entry}]} if entry else {}
        script |= {"list_lag": lag} if lag else {}
        assert own.admin("PUT", "script", json=script).status_code == 200
        return name

    return make


def ended(own: Any, name: str) -> Any:
    return own.finished(own.client("codebuild").start_build(projectName=name)["build"]["id"])


@pytest.mark.parametrize(
    ("phase", "outcome", "reached"),
    [
        ("QUEUED", "FAILED", ["QUEUED", "COMPLETED"]),
        ("PROVISIONING", "FAULT", ["PROVISIONING", "COMPLETED"]),
        ("DOWNLOAD_SOURCE", "FAILED", ["DOWNLOAD_SOURCE", "FINALIZING", "COMPLETED"]),
        ("INSTALL", "FAILED", ["INSTALL", "FINALIZING", "COMPLETED"]),
        ("BUILD", "FAILED", ["BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"]),
        ("BUILD", "FAULT", ["BUILD", "COMPLETED"]),
        ("BUILD", "TIMED_OUT", ["BUILD", "COMPLETED"]),
        ("UPLOAD_ARTIFACTS", "FAILED", ["UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"]),
        ("FINALIZING", "FAULT", ["FINALIZING", "COMPLETED"]),
    ],
)
def test_a_build_ends_as_the_script_says(
    phase: str, outcome: str, reached: list[str], own: Any, project: Any
) -> None:
    name = project(phase=phase, outcome=outcome, message="because")
    build = ended(own, name)
    assert build["buildStatus"] == outcome
    names = [one["phaseType"] for one in build["phases"]]
    assert names[names.index(phase) :] == reached
    scripted = next(one for one in build["phases"] if one["phaseType"] == phase)
    assert scripted["phaseStatus"] == outcome
    timed_out = {"statusCode": "BUILD_TIMED_OUT", "message": "Build has timed out."}
    expected = timed_out if outcome == "TIMED_OUT" else {"statusCode": "SCRIPTED", "message": "because"}
    assert scripted["contexts"] == [expected]


def test_what_runs_after_a_scripted_failure_sees_it(own: Any, project: Any) -> None:
    say = "commands: ['echo $CODEBUILD_BUILD_SUCCEEDING']"
    spec = f"version: 0.2\nphases: {{pre_build: {{{say}}}, build: {{{say}}}, post_build: {{{say}}}}}"
    name = project(phase="BUILD", outcome="FAILED", spec=spec)
    assert own.output_of(ended(own, name)) == ["1", "0"]


def test_it_does_so_as_often_as_it_says(own: Any, project: Any) -> None:
    name = project(phase="BUILD", outcome="FAILED", times=2)
    statuses = [ended(own, name)["buildStatus"] for _ in range(3)]
    assert statuses == ["FAILED", "FAILED", "SUCCEEDED"]


def test_a_scripted_failure_is_retried_as_any_other(own: Any, project: Any) -> None:
    name = project(phase="BUILD", outcome="FAILED", times=1, members={"autoRetryLimit": 2})
    first = ended(own, name)
    second = own.finished(first["autoRetryConfig"]["nextAutoRetry"])
    assert (first["buildStatus"], second["buildStatus"]) == ("FAILED", "SUCCEEDED")
    assert "nextAutoRetry" not in second["autoRetryConfig"]


@pytest.mark.parametrize("phase", ["QUEUED", "BUILD"])
def test_a_hanging_build_can_be_stopped(phase: str, own: Any, project: Any) -> None:
    members = {"timeoutInMinutes": 2000, "queuedTimeoutInMinutes": 480}
    name = project(phase=phase, outcome="HANG", members=members)
    codebuild = own.client("codebuild")
    build_id = codebuild.start_build(projectName=name)["build"]["id"]
    own.wait_for(lambda: own.build(build_id), lambda build: build["currentPhase"] == phase)
    codebuild.stop_build(id=build_id)
    build = own.finished(build_id)
    assert build["buildStatus"] == "STOPPED"
    assert [one["phaseType"] for one in build["phases"][-2:]] == [phase, "COMPLETED"]


@pytest.mark.parametrize("phase", ["QUEUED", "DOWNLOAD_SOURCE", "POST_BUILD"])
def test_a_hanging_build_times_out_in_its_phase(phase: str, own: Any, project: Any) -> None:
    members = {"timeoutInMinutes": 10, "queuedTimeoutInMinutes": 5}
    name = project(phase=phase, outcome="HANG", members=members)
    build = ended(own, name)
    assert build["buildStatus"] == "TIMED_OUT"
    *_, last, _ = build["phases"]
    assert (last["phaseType"], last["phaseStatus"]) == (phase, "TIMED_OUT")


def test_the_lists_show_a_new_build_late_and_batch_get_builds_at_once(own: Any, project: Any) -> None:
    name = project(lag="1 hour")
    codebuild = own.client("codebuild")
    build_id = codebuild.start_build(projectName=name)["build"]["id"]
    assert own.build(build_id)["id"] == build_id
    assert codebuild.list_builds_for_project(projectName=name)["ids"] == []
    assert build_id not in codebuild.list_builds()["ids"]
    own.admin("DELETE", "script")
    assert codebuild.list_builds_for_project(projectName=name)["ids"] == [build_id]
    assert build_id in codebuild.list_builds()["ids"]
