"""The process: how it starts, what it says, how it refuses, how it ends."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions
import httpx
import pytest

ROOT = Path(__file__).parents[2]


def start(*options: str, **popen: Any) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "sandbox", *options]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen
    )


def test_it_says_where_it_is_and_how_to_speak_to_it(tmp_path: Path) -> None:
    with start("--port", "0") as process:
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(7)]
        endpoint = printed[0].split()[-1]
        assert f"export AWS_ENDPOINT_URL={endpoint}\n" in printed
        keys = re.findall(
            r"AWS_ACCESS_KEY_ID=(\w+) AWS_SECRET_ACCESS_KEY=(\S+)  # (\w+) (\d+)", "".join(printed)
        )
        assert [key[2:] for key in keys] == [
            ("dev", "111111111111"),
            ("staging", "222222222222"),
            ("production", "333333333333"),
        ]
        assert httpx.get(f"{endpoint}/_sandbox/health").json() == {"status": "ok"}
        accounts = httpx.get(f"{endpoint}/_sandbox/accounts").json()["accounts"]
        assert [one["access_key_id"] for one in accounts] == [key[0] for key in keys]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=5) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start("--port", str(port)) as process:
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}" in errors
    assert "another --port" in errors


def test_its_end_kills_what_builds_run(
    start_sandbox: Callable[..., Any], trust: Callable[..., Any], tmp_path: Path
) -> None:
    sandbox = start_sandbox()
    role = sandbox.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    pids = tmp_path / "pids"
    spec = (
        "version: 0.2\nenv: {shell: bash}\n"
        f"phases: {{build: {{commands: ['(echo $BASHPID >>{pids}; sleep 300) & sleep 300']}}}}"
    )
    name = sandbox.create_project(role, spec)
    sandbox.client("codebuild").start_build(projectName=name)
    deadline = time.monotonic() + 20
    while not (pids.exists() and pids.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    started = time.monotonic()
    sandbox.process.send_signal(signal.SIGTERM)
    sandbox.process.wait(timeout=5)
    assert time.monotonic() - started < 3
    pid = int(pids.read_text())
    stat = Path(f"/proc/{pid}/stat")
    # A killed process may wait for whoever adopts it; it no longer runs.
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] in "ZX"
    assert list((sandbox.state / "builds").glob("*")) == []


GAPS = [
    ("ssm", "get_calendar_state", {"CalendarNames": ["x"]}, "SSM's GetCalendarState"),
    (
        "cloudwatch",
        "put_composite_alarm",
        {"AlarmName": "a", "AlarmRule": "TRUE"},
        "CloudWatch's PutCompositeAlarm",
    ),
    ("lambda", "get_runtime_management_config", {"FunctionName": "f"}, "Lambda's GetRuntimeManagementConfig"),
    ("cloudfront", "list_realtime_log_configs", {}, "CloudFront's ListRealtimeLogConfigs"),
    (
        "apigatewayv2",
        "export_api",
        {"ApiId": "x", "OutputType": "JSON", "Specification": "OAS30"},
        "'s ExportApi",
    ),
    (
        "iam",
        "list_server_certificate_tags",
        {"ServerCertificateName": "x"},
        "IAM's ListServerCertificateTags",
    ),
    ("codebuild", "retry_build_batch", {"id": "x:y"}, "CodeBuild's RetryBuildBatch"),
    ("codecommit", "list_tags_for_resource", {"resourceArn": "arn:x"}, "CodeCommit's ListTagsForResource"),
    ("qbusiness", "list_applications", {}, "QBusiness's ListApplications"),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "named"), GAPS)
def test_what_is_not_there_is_refused_by_name_at_once(
    service: str, operation: str, parameters: dict[str, Any], named: str, sandbox: Any
) -> None:
    client = sandbox.client(service)
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(client, operation)(**parameters)
    error = refused.value.response
    assert error["Error"]["Code"] == "NotImplementedException"
    assert named in error["Error"]["Message"]
    assert error["ResponseMetadata"]["RetryAttempts"] == 0


def test_the_command_line_works_unmodified(sandbox: Any) -> None:
    command = ["aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"]
    run = subprocess.run(command, env=sandbox.environment("staging"), capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("arn:aws:iam::222222222222:user/admin\n", "")


def test_an_unknown_admin_path_says_what_there_is(sandbox: Any) -> None:
    answer = sandbox.admin("GET", "nothing")
    assert answer.status_code == 404
    assert "GET /_sandbox/health" in answer.json()["error"]
