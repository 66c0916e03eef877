"""Lambda functions that really run."""

import base64
import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

PYTHON = """
import os, sys, time
import {imports}

def hello(event, context):
    print("said")
    return {{"event": event, "name": context.function_name, "mine": os.environ.get("MINE"),
             "version": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
             "left": context.get_remaining_time_in_millis() <= 3000}}

def fail(event, context):
    raise ValueError("no good")

def sleep(event, context):
    time.sleep(30)

def die(event, context):
    os._exit(7)

def unserializable(event, context):
    return object()

def whoami(event, context):
    import boto3
    return boto3.client("sts").get_caller_identity()["Arn"]
"""
NODE = """
exports.hello = async (event, context) => {
  console.log("said");
  return { event, name: context.functionName, version: process.env.AWS_LAMBDA_FUNCTION_VERSION,
           mine: process.env.MINE, left: context.getRemainingTimeInMillis() <= 3000 };
};
exports.fail = async () => { throw new TypeError("no good"); };
exports.callback = (event, context, callback) => setTimeout(() => callback(null, "called back"), 10);
"""
MODULE = "export const hello = async () => 'from a module';"


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name.replace("__", "."), text)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def role(sandbox: Any, trust: Callable[..., Any]) -> str:
    arn: str = sandbox.create_role("staging", trust({"Service": "lambda.amazonaws.com"}))
    return arn


@pytest.fixture
def create(sandbox: Any, role: str) -> Callable[..., str]:
    def make(handler: str, code: bytes, runtime: str = "python3.12", **members: Any) -> str:
        name = f"function-{uuid.uuid4().hex[:8]}"
        definition = {
            "Role": role,
            "Runtime": runtime,
            "Handler": handler,
            "Code": {"ZipFile": code},
            **members,
        }
        sandbox.client("lambda", "staging").create_function(FunctionName=name, **definition)
        return name

    return make


def invoke(sandbox: Any, name: str, event: Any = None, **parameters: str) -> tuple[Any, dict[str, Any]]:
    payload = {"Payload": json.dumps(event)} if event is not None else {}
    answer = sandbox.client("lambda", "staging").invoke(FunctionName=name, **payload, **parameters)
    read = answer["Payload"].read()
    return (json.loads(read) if read else None), answer


@pytest.mark.parametrize(
    ("runtime", "code"),
    [("python3.12", archive(app__py=PYTHON.format(imports="json"))), ("nodejs22.x", archive(app__js=NODE))],
)
def test_it_runs(runtime: str, code: bytes, create: Callable[..., str], sandbox: Any) -> None:
    name = create("app.hello", code, runtime, Environment={"Variables": {"MINE": "yes"}})
    result, answer = invoke(sandbox, name, {"a": [1]}, LogType="Tail")
    assert "FunctionError" not in answer
    assert result == {"event": {"a": [1]}, "name": name, "version": "$LATEST", "mine": "yes", "left": True}
    assert "said" in base64.b64decode(answer["LogResult"]).decode()
    logs = sandbox.client("logs", "staging")
    (stream,) = logs.describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    events = logs.get_log_events(logGroupName=f"/aws/lambda/{name}", logStreamName=stream["logStreamName"])
    assert "said" in [event["message"] for event in events["events"]]


FAILURES = [
    ("app.fail", {"errorType": "ValueError", "errorMessage": "no good"}),
    ("app.die", {"errorType": "Runtime.ExitError"}),
    ("app.missing", {"errorType": "Runtime.HandlerNotFound"}),
    ("other.hello", {"errorType": "Runtime.ImportModuleError"}),
    ("app", {"errorType": "Runtime.MalformedHandlerName"}),
    ("app.unserializable", {"errorType": "Runtime.MarshalError"}),
]


@pytest.mark.parametrize(("handler", "expected"), FAILURES)
def test_a_failure_has_lambda_s_shape(
    handler: str, expected: dict[str, str], create: Callable[..., str], sandbox: Any
) -> None:
    result, answer = invoke(sandbox, create(handler, archive(app__py=PYTHON.format(imports="json"))), {})
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert {key: result[key] for key in expected} == expected
    assert isinstance(result["errorMessage"], str)


def test_a_node_failure_has_lambda_s_shape(create: Callable[..., str], sandbox: Any) -> None:
    result, answer = invoke(sandbox, create("app.fail", archive(app__js=NODE), "nodejs22.x"), {})
    assert answer["FunctionError"] == "Unhandled"
    assert (result["errorType"], result["errorMessage"]) == ("TypeError", "no good")


def test_callbacks_and_modules(create: Callable[..., str], sandbox: Any) -> None:
    code = archive(app__js=NODE, module__mjs=MODULE)
    assert invoke(sandbox, create("app.callback", code, "nodejs22.x"))[0] == "called back"
    assert invoke(sandbox, create("module.hello", code, "nodejs22.x"))[0] == "from a module"


def test_it_runs_out_of_time(create: Callable[..., str], sandbox: Any) -> None:
    name = create("app.sleep", archive(app__py=PYTHON.format(imports="json")), Timeout=1)
    result, answer = invoke(sandbox, name)
    assert answer["FunctionError"] == "Unhandled"
    assert result["errorType"] == "Sandbox.Timedout"
    assert result["errorMessage"].endswith("Task timed out after 1.00 seconds")


def test_new_code_is_run_at_once(create: Callable[..., str], sandbox: Any) -> None:
    name = create("app.hello", archive(app__py="def hello(event, context): return 1"))
    assert invoke(sandbox, name)[0] == 1
    code = archive(app__py="def hello(event, context): return 2")
    sandbox.client("lambda", "staging").update_function_code(FunctionName=name, ZipFile=code)
    assert invoke(sandbox, name)[0] == 2


def test_it_speaks_to_aws_as_its_role(create: Callable[..., str], sandbox: Any, role: str) -> None:
    name = create("app.whoami", archive(app__py=PYTHON.format(imports="json")), Timeout=30)
    arn = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
    assert invoke(sandbox, name)[0] == f"{arn}/{name}"


def test_dry_run_and_event(create: Callable[..., str], sandbox: Any) -> None:
    name = create("app.hello", archive(app__py=PYTHON.format(imports="json")))
    assert invoke(sandbox, name, {}, InvocationType="DryRun")[1]["StatusCode"] == 204
    assert invoke(sandbox, name, {}, InvocationType="Event")[1]["StatusCode"] == 202
    logs = sandbox.client("logs", "staging")
    sandbox.wait_for(
        lambda: (
            logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="said")
            if logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
            else {"events": []}
        ),
        lambda found: len(found["events"]) == 1,
    )
