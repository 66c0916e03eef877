"""Scripts: what one may say, how mistakes are told, and what calls then get."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import httpx
import pytest
import requests

ROOT = Path(__file__).parents[2]
ONCE = {"retries": {"total_max_attempts": 1}}


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory, running: Callable[..., Any]) -> Iterator[Any]:
    """A sandbox of this file's own: a script would disturb the one that all tests share."""
    with running(tmp_path_factory.mktemp("scripted") / "state") as one:
        yield one


@pytest.fixture
def script(scripted: Any) -> Iterator[Callable[..., Any]]:
    """Say what calls get, from a fresh count; forgotten at the end."""

    def say(*calls: dict[str, Any], **more: Any) -> None:
        answer = scripted.admin("PUT", "script", json={"calls": list(calls), **more})
        assert answer.is_success, answer.text
        scripted.admin("DELETE", "calls")

    yield say
    scripted.admin("DELETE", "script")


def error_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, int, str]:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(**parameters)
    response = refused.value.response
    return (
        response["Error"]["Code"],
        response["ResponseMetadata"]["HTTPStatusCode"],
        response["Error"]["Message"],
    )


PROTOCOLS = [
    pytest.param("codebuild", "list_builds", {}, ("ThrottlingException", 400), id="json, of our own"),
    pytest.param("ssm", "describe_parameters", {}, ("ThrottlingException", 400), id="json"),
    pytest.param("cloudformation", "list_stacks", {}, ("Throttling", 400), id="query"),
    pytest.param("sts", "get_caller_identity", {}, ("Throttling", 400), id="query, STS"),
    pytest.param("lambda", "list_functions", {}, ("TooManyRequestsException", 429), id="rest-json"),
    pytest.param("batch", "list_jobs", {}, ("ThrottlingException", 400), id="rest-json, another"),
    pytest.param("apigatewayv2", "get_apis", {}, ("TooManyRequestsException", 429), id="rest-json, v2"),
    pytest.param("cloudfront", "list_distributions", {}, ("Throttling", 400), id="rest-xml"),
    pytest.param("s3", "list_buckets", {}, ("SlowDown", 503), id="s3"),
    pytest.param("ec2", "describe_vpcs", {}, ("RequestLimitExceeded", 503), id="ec2"),
    pytest.param("cloudwatch", "list_metrics", {}, ("ThrottlingException", 400), id="cbor"),
]


@pytest.mark.parametrize(("service", "operation", "parameters", "error"), PROTOCOLS)
def test_a_throttled_call_is_refused_in_its_protocol_and_retried(
    service: str, operation: str, parameters: Any, error: tuple[str, int], scripted: Any, script: Any
) -> None:
    script({"service": service, "answer": "throttle", "times": 2})
    assert error_of(getattr(scripted.client(service, **ONCE), operation), **parameters)[:2] == error
    patient = scripted.client(service, retries={"total_max_attempts": 2, "mode": "standard"})
    answer = getattr(patient, operation)(**parameters)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.parametrize(
    ("service", "operation", "denied", "broken"),
    [
        ("codecommit", "list_repositories", ("AccessDeniedException", 400), "InternalFailure"),
        ("iam", "list_roles", ("AccessDenied", 403), "InternalFailure"),
        ("lambda", "list_functions", ("AccessDeniedException", 403), "InternalFailure"),
        ("cloudfront", "list_distributions", ("AccessDenied", 403), "InternalFailure"),
        ("s3", "list_buckets", ("AccessDenied", 403), "InternalError"),
        ("ec2", "describe_vpcs", ("UnauthorizedOperation", 403), "InternalFailure"),
    ],
)
def test_denied_and_broken_in_each_protocol(
    service: str, operation: str, denied: tuple[str, int], broken: str, scripted: Any, script: Any
) -> None:
    call = getattr(scripted.client(service, **ONCE), operation)
    script({"service": service, "answer": "access_denied"})
    code, status, message = error_of(call)
    assert (code, status) == denied
    assert "User: arn:aws:iam::111111111111:user/admin is not authorized to perform: " in message
    script({"service": service, "answer": "internal_error"})
    assert error_of(call)[:2] == (broken, 500)


def repositories(scripted: Any) -> list[str]:
    listed = scripted.client("codecommit").list_repositories()["repositories"]
    return [one["repositoryName"] for one in listed]


@pytest.mark.parametrize(("answer", "made"), [("reset_before", False), ("reset_after", True)])
def test_a_reset_connection_leaves_the_caller_in_doubt(
    answer: str, made: bool, scripted: Any, script: Any
) -> None:
    script({"service": "codecommit", "operation": "CreateRepository", "answer": answer})
    create = scripted.client("codecommit", **ONCE).create_repository
    with pytest.raises((botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)) as doubt:
        create(repositoryName=answer)
    assert "reset" in str(doubt.value).lower() or "closed" in str(doubt.value)
    assert (answer in repositories(scripted)) is made


@pytest.mark.parametrize(("answer", "kept"), [("reset_before", False), ("reset_after", True)])
def test_a_service_of_moto_s_is_cut_off_alike(answer: str, kept: bool, scripted: Any, script: Any) -> None:
    script({"service": "ssm", "operation": "PutParameter", "answer": answer, "times": 1})
    ssm = scripted.client("ssm", **ONCE)
    with pytest.raises((botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)):
        ssm.put_parameter(Name=answer, Value="1", Type="String")
    named = [one["Name"] for one in ssm.describe_parameters()["Parameters"]]
    assert (answer in named) is kept


def test_a_caller_that_tries_again_gets_through(scripted: Any, script: Any) -> None:
    script({"service": "codecommit", "operation": "CreateRepository", "answer": "reset_after", "times": 1})
    with pytest.raises(botocore.exceptions.ClientError, match="already exists"):
        scripted.client("codecommit").create_repository(repositoryName="twice")
    assert scripted.admin("GET", "calls").json()["calls"]["codecommit"] == {"CreateRepository": 2}


def test_a_reset_is_one_on_the_wire(scripted: Any, script: Any) -> None:
    script({"service": "s3", "operation": "GetObject", "answer": "reset_before"})
    s3 = scripted.client("s3", signature_version="s3v4")
    # Without a body: nothing is on its way to the server any more when that resets the connection.
    signed = s3.generate_presigned_url("get_object", {"Bucket": "b", "Key": "k"})
    with pytest.raises(requests.exceptions.ConnectionError, match="reset by peer"):
        requests.get(signed, timeout=30)


def outcomes(scripted: Any, calls: int) -> list[bool]:
    client = scripted.client("ssm", **ONCE)
    passed = []
    for _ in range(calls):
        try:
            client.describe_parameters()
            passed.append(True)
        except botocore.exceptions.ClientError:
            passed.append(False)
    return passed


def test_a_share_means_the_same_calls_every_time_and_others_with_another_seed(
    scripted: Any, script: Any
) -> None:
    half = {"service": "ssm", "answer": "throttle", "share": 0.5}
    script(half)
    first = outcomes(scripted, 40)
    script(half)
    assert outcomes(scripted, 40) == first
    assert 8 < first.count(False) < 32
    script(half, seed=1)
    assert outcomes(scripted, 40) != first


def test_times_patterns_and_accounts_choose_the_calls(scripted: Any, script: Any) -> None:
    account = "333333333333"
    script(
        {"service": "code*", "operation": "List*", "answer": "throttle", "times": 1},
        {"service": "codecommit", "operation": "*", "account": account, "answer": "access_denied"},
    )
    dev, production = (scripted.client("codecommit", name, **ONCE) for name in ("dev", "production"))
    assert error_of(dev.list_repositories)[0] == "ThrottlingException"
    assert dev.list_repositories()
    assert error_of(production.list_repositories)[0] == "AccessDeniedException"
    assert scripted.client("codebuild", "production", **ONCE).list_builds()
    assert scripted.admin("GET", "script").json()["used"] == {"builds": [], "calls": [1, 1]}


def test_what_is_shown_can_be_put_again(scripted: Any) -> None:
    said = {
        "builds": [{"project": "orders-*", "outcome": "FAILED", "times": 1}],
        "calls": [{"service": "logs", "answer": "throttle", "share": 0.25}],
        "list_lag": "90 seconds",
        "seed": 3,
    }
    scripted.admin("PUT", "script", json=said)
    shown = scripted.admin("GET", "script").json()["script"]
    assert shown == said
    assert scripted.admin("PUT", "script", json=shown).json()["script"] == said
    assert scripted.admin("DELETE", "script").json()["script"] == {}


def test_calls_are_counted_by_service_and_operation(scripted: Any) -> None:
    s3 = scripted.client("s3")
    s3.create_bucket(Bucket="counted", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    scripted.admin("DELETE", "calls")
    s3.put_object(Bucket="counted", Key="a/b", Body=b"1")
    s3.get_object(Bucket="counted", Key="a/b")
    s3.head_object(Bucket="counted", Key="a/b")
    s3.copy_object(Bucket="counted", Key="c", CopySource="counted/a/b")
    s3.put_object_tagging(Bucket="counted", Key="c", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    s3.list_objects_v2(Bucket="counted")
    s3.list_objects(Bucket="counted")
    s3.delete_objects(Bucket="counted", Delete={"Objects": [{"Key": "c"}]})
    upload = s3.create_multipart_upload(Bucket="counted", Key="d")["UploadId"]
    s3.upload_part(Bucket="counted", Key="d", UploadId=upload, PartNumber=1, Body=b"2")
    s3.abort_multipart_upload(Bucket="counted", Key="d", UploadId=upload)
    scripted.client("sts").get_caller_identity()
    scripted.client("lambda").list_functions()
    scripted.client("cloudwatch").list_metrics()
    scripted.client("ssm", "staging").describe_parameters()
    scripted.client("ssm").describe_parameters()
    calls = scripted.admin("GET", "calls").json()["calls"]
    once = (
        "PutObject GetObject HeadObject CopyObject PutObjectTagging ListObjectsV2 ListObjects DeleteObjects"
        " CreateMultipartUpload UploadPart AbortMultipartUpload"
    )
    assert calls == {
        "s3": dict.fromkeys(sorted(once.split()), 1),
        "sts": {"GetCallerIdentity": 1},
        "cloudwatch": {"ListMetrics": 1},
        "lambda": {"ListFunctions": 1},
        "ssm": {"DescribeParameters": 2},
    }
    of_staging = scripted.admin("GET", "calls", params={"account": "222222222222"}).json()["calls"]
    assert of_staging == {"ssm": {"DescribeParameters": 1}}
    assert scripted.admin("DELETE", "calls").json() == {"calls": {}}


def test_a_call_that_is_refused_has_come_in_all_the_same(scripted: Any, script: Any) -> None:
    script({"service": "ssm", "answer": "throttle"})
    outcomes(scripted, 3)
    assert scripted.admin("GET", "calls").json()["calls"] == {"ssm": {"DescribeParameters": 3}}


def test_what_the_sandbox_does_for_itself_is_neither_counted_nor_broken(
    scripted: Any, script: Any, trust: Callable[..., Any]
) -> None:
    role = scripted.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    name = scripted.create_project(role, "version: 0.2\nphases: {build: {commands: [echo through]}}")
    script({"service": "logs", "answer": "internal_error", "times": 100})
    build = scripted.client("codebuild").start_build(projectName=name)["build"]
    finished = scripted.finished(build["id"])
    assert finished["buildStatus"] == "SUCCEEDED"
    calls = scripted.admin("GET", "calls").json()["calls"]
    assert "logs" not in calls
    assert calls["codebuild"]["StartBuild"] == 1
    scripted.admin("DELETE", "script")
    assert "through" in scripted.output_of(finished)


MISTAKES = [
    ("builds: [{project: x, outcome: FAIL}]", "is 'FAIL'; write one of FAILED, FAULT, TIMED_OUT, HANG"),
    ("bilds: []", "s:1: the key bilds is not known; write builds"),
    ("builds: 3", "s:1: builds is 3; write a list of entries with project and outcome"),
    ("builds:\n- outcome: HANG", "s:2: builds[0] has no project; write a text, such as project: orders-*"),
    ("calls:\n- {service: s3, answer: throttle}\n- 3", "s:3: calls[1] is 3; write an entry with service and"),
    ("calls: [{service: s3, answer: no}]", "calls[0].answer is False; write one of throttle, internal_error"),
    ("calls: [{service: s3, answer: throttle, share: 2}]", "calls[0].share is 2; write a number above 0 and"),
    (
        "calls: [{service: s3, answer: throttle, times: 0}]",
        "times is 0; write a whole number from 1, such as",
    ),
    ("calls: [{service: 3, answer: throttle}]", "is 3; write a text, such as service: codebuild"),
    (
        "builds: [{project: x, outcome: HANG, account: 111111111111}]",
        'is 111111111111; write twelve digits in quotes, such as "111111111111"',
    ),
    ("builds: [{project: x, outcome: HANG, phase: SUBMITTED}]", "is 'SUBMITTED'; write one of QUEUED, PROV"),
    ("list_lag: 30", "s:1: list_lag is 30; write a number with its unit, such as 30 seconds"),
    ("seed: x", "s:1: seed is 'x'; write a whole number, such as 7"),
    ("builds: []\nbuilds: []", "s:2: 'builds' is there for the second time; write YAML or JSON"),
    ("- 3", "s: the script is [3]; write builds:, calls: or list_lag:"),
    ("builds: [", "s:1: expected the node content, but found '<stream end>'; write YAML or JSON"),
    ("[" * 500, "s: it is nested too deeply; write YAML or JSON"),
    ("3: 4", "s: the key [3] is not known; write builds, calls, list_lag, seed"),
    ("#" * 300_000, "s: the script has 300000 bytes; write at most 262144"),
    ("a: !!python/object:os.system x", "could not determine a constructor for the tag"),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES)
def test_a_mistake_is_told_with_its_place_and_what_to_write(text: str, sentence: str, scripted: Any) -> None:
    answer = scripted.admin("PUT", "script", content=text)
    assert answer.status_code == 400
    assert re.sub("^s:", "script:", sentence) in answer.json()["error"]
    assert scripted.admin("GET", "script").json()["script"] == {}


def test_all_mistakes_are_told_at_once(scripted: Any) -> None:
    answer = scripted.admin("PUT", "script", content="seed: x\nbuilds: 3\nlist_lag: 5")
    assert answer.json()["error"].splitlines() == [
        "script:2: builds is 3; write a list of entries with project and outcome",
        "script:3: list_lag is 5; write a number with its unit, such as 30 seconds",
        "script:1: seed is 'x'; write a whole number, such as 7",
    ]


def test_a_script_from_a_file_holds_from_the_start(start_sandbox: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "script.yaml"
    file.write_text("calls:\n  - {service: ssm, answer: throttle, times: 1}\n")
    sandbox = start_sandbox("--script", str(file))
    assert outcomes(sandbox, 2) == [False, True]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("builds: 3", "script.yaml:1: builds is 3; write a list"), (None, "cannot be read (No such file")],
)
def test_a_broken_file_is_a_sentence_and_no_sandbox(
    content: str | None, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "script.yaml"
    if content:
        file.write_text(content)
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--script", str(file)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
    assert sentence in run.stderr


def test_the_commands_of_the_readme_are_what_the_script_takes(scripted: Any) -> None:
    answer = httpx.put(
        f"{scripted.endpoint}/_sandbox/script",
        content='builds:\n  - {project: "orders-*", phase: BUILD, outcome: HANG, message: m, times: 1}\n',
    )
    assert answer.json()["script"]["builds"] == [
        {"project": "orders-*", "outcome": "HANG", "message": "m", "times": 1}
    ]
    scripted.admin("DELETE", "script")
