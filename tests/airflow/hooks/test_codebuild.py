"""The waiter is data: a test holds it to the one enum that classifies build states."""

import json
from pathlib import Path

import pytest
from botocore.stub import Stubber

from release_ops.domain.build import BuildStatus
from release_ops.hooks.codebuild import CodeBuildHook


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> CodeBuildHook:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    return CodeBuildHook(aws_conn_id=None, region_name="eu-west-1")


def test_the_waiter_classifies_every_known_status_as_the_enum_does() -> None:
    path = Path(CodeBuildHook.__module__.replace(".", "/"))
    file = Path(__file__).parents[3] / "plugins" / path.parents[1] / "waiters" / "codebuild.json"
    acceptors = json.loads(file.read_text())["waiters"]["build_complete"]["acceptors"]
    said = {a["expected"]: a["state"] for a in acceptors if a["argument"] == "builds[0].buildStatus"}
    meant = {
        str(status): "success" if status.is_success else "retry" if status.is_running else "failure"
        for status in BuildStatus
        if status is not BuildStatus.UNKNOWN
    }
    assert said == meant


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "STOPPED", "FAULT", "TIMED_OUT"])
def test_the_waiter_ends_on_it(hook: CodeBuildHook, status: str) -> None:
    from botocore.exceptions import WaiterError

    waiter = hook.get_waiter("build_complete")
    with Stubber(hook.conn) as stub:
        stub.add_response(
            "batch_get_builds", {"builds": [{"id": "p:1", "buildStatus": status}]}, {"ids": ["p:1"]}
        )
        if status == "SUCCEEDED":
            waiter.wait(ids=["p:1"], WaiterConfig={"MaxAttempts": 1})
        else:
            with pytest.raises(WaiterError, match="terminal failure"):
                waiter.wait(ids=["p:1"], WaiterConfig={"MaxAttempts": 1})


def test_a_status_that_aws_invents_is_waited_for_never_passed(hook: CodeBuildHook) -> None:
    from botocore.exceptions import WaiterError

    waiter = hook.get_waiter("build_complete")
    with Stubber(hook.conn) as stub:
        stub.add_response(
            "batch_get_builds", {"builds": [{"id": "p:1", "buildStatus": "PONDERING"}]}, {"ids": ["p:1"]}
        )
        with pytest.raises(WaiterError, match="Max attempts exceeded"):
            waiter.wait(ids=["p:1"], WaiterConfig={"MaxAttempts": 1})


def test_a_build_that_aws_does_not_know_ends_the_wait_badly(hook: CodeBuildHook) -> None:
    from botocore.exceptions import WaiterError

    waiter = hook.get_waiter("build_complete")
    with Stubber(hook.conn) as stub:
        stub.add_response("batch_get_builds", {"builds": [], "buildsNotFound": ["p:1"]}, {"ids": ["p:1"]})
        with pytest.raises(WaiterError, match="terminal failure"):
            waiter.wait(ids=["p:1"], WaiterConfig={"MaxAttempts": 1})
