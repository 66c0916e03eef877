"""Lambda: a function that runs, fails, is published and changed."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.contracts.aws.account import Account, once_allowed
from tests.contracts.aws.conftest import LOGS

CODE = """
import os
def handler(event, context):
    if event.get("fail"):
        raise ValueError("asked to")
    return {"text": os.environ["TEXT"], "name": context.function_name, "event": event}
"""


def zipped(code: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", code)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def function(account: Account) -> dict[str, Any]:
    client, name = account.client("lambda"), account.name("function")
    role = account.create_role({"Service": "lambda.amazonaws.com"}, *LOGS)
    request = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": role,
        "Code": {"ZipFile": zipped(CODE)},
        "Environment": {"Variables": {"TEXT": "one"}},
        "Timeout": 10,
    }
    made = once_allowed(lambda: client.create_function(**request), "cannot be assumed by Lambda")
    account.afterwards.callback(account.delete_logs, f"/aws/lambda/{name}")
    account.afterwards.callback(client.delete_function, FunctionName=name)
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return {"request": request, "made": made}


def test_it_is_described(account: Account, function: dict[str, Any]) -> None:
    client, name = account.client("lambda"), function["request"]["FunctionName"]
    found = client.get_function(FunctionName=name)["Configuration"]
    assert found["FunctionArn"] == f"arn:aws:lambda:{account.region}:{account.id}:function:{name}"
    assert (found["State"], found["Version"], found["Runtime"]) == ("Active", "$LATEST", "python3.12")
    assert found["CodeSha256"] == function["made"]["CodeSha256"]
    with pytest.raises(client.exceptions.ResourceConflictException):
        client.create_function(**function["request"])
    told = account.cli("lambda", "GetFunctionConfiguration", "--function-name", name)
    assert told["FunctionArn"] == found["FunctionArn"]
    pages = client.get_paginator("list_functions").paginate()
    assert name in [one["FunctionName"] for page in pages for one in page["Functions"]]


def test_it_runs(account: Account, function: dict[str, Any]) -> None:
    name = function["request"]["FunctionName"]
    answer = account.client("lambda").invoke(FunctionName=name, Payload=json.dumps({"a": 1}))
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    assert json.load(answer["Payload"]) == {"text": "one", "name": name, "event": {"a": 1}}


def test_a_failure_is_an_answer(account: Account, function: dict[str, Any]) -> None:
    name = function["request"]["FunctionName"]
    answer = account.client("lambda").invoke(FunctionName=name, Payload=b'{"fail": true}')
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    told = json.load(answer["Payload"])
    assert (told["errorType"], told["errorMessage"]) == ("ValueError", "asked to")


def test_a_version_keeps_what_it_was(account: Account, function: dict[str, Any]) -> None:
    client, name = account.client("lambda"), function["request"]["FunctionName"]
    version = client.publish_version(FunctionName=name)["Version"]
    assert version == "1"
    published = client.get_waiter("published_version_active")
    published.wait(FunctionName=name, Qualifier=version, WaiterConfig={"Delay": 1})
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"TEXT": "two"}})
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    client.update_function_code(FunctionName=name, ZipFile=zipped(CODE + "# changed\n"))
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    texts = {}
    for qualifier in (version, "$LATEST"):
        answer = client.invoke(FunctionName=name, Qualifier=qualifier, Payload=b"{}")
        texts[qualifier] = json.load(answer["Payload"])["text"]
    assert texts == {version: "one", "$LATEST": "two"}


def test_what_is_not_there(account: Account) -> None:
    client = account.client("lambda")
    for operation in (client.get_function, client.invoke, client.delete_function):
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            operation(FunctionName=account.name("nobody"))
