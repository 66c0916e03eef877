"""CodeBuild's events, as rules and targets made in the sandbox receive them."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest

SUCCEEDS = "version: 0.2\nphases: {build: {commands: [echo built]}}"
FAILS = "version: 0.2\nphases: {build: {commands: [exit 3]}}"


@pytest.fixture
def queue(sandbox: Any) -> Callable[[Any], list[Any]]:
    """A queue behind a rule for one project; returns how to wait for its events."""

    def listen(pattern: Any, **target: Any) -> Callable[..., list[Any]]:
        name = f"events-{uuid.uuid4().hex[:8]}"
        sqs = sandbox.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        put_rule(sandbox, name, pattern, f"arn:aws:sqs:eu-west-1:111111111111:{name}", **target)
        received: list[Any] = []

        def receive(count: int) -> list[Any]:
            def read() -> Any:
                answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
                received.extend(json.loads(one["Body"]) for one in answer.get("Messages", []))
                return {"events": received}

            sandbox.wait_for(read, lambda found: len(found["events"]) >= count)
            return received

        return receive

    return listen


def put_rule(sandbox: Any, name: str, pattern: Any, target: str, **members: Any) -> None:
    events = sandbox.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.codebuild"], **pattern}))
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": target, **members}])


def of(project: str, kind: str) -> Any:
    return {"detail-type": [kind], "detail": {"project-name": [project]}}


@pytest.mark.parametrize(("buildspec", "status"), [(SUCCEEDS, "SUCCEEDED"), (FAILS, "FAILED")])
def test_a_rule_s_queue_gets_both_state_changes(
    buildspec: str, status: str, queue: Any, sandbox: Any, build_role: str
) -> None:
    name = sandbox.create_project(build_role, buildspec)
    receive = queue(of(name, "CodeBuild Build State Change"))
    build = sandbox.client("codebuild").start_build(projectName=name)["build"]
    started, ended = receive(2)
    assert (started["source"], started["account"], started["region"]) == (
        "aws.codebuild",
        "111111111111",
        "eu-west-1",
    )
    assert started["resources"] == [build["arn"]] == [ended["detail"]["build-id"]]
    assert started["detail"]["build-status"] == "IN_PROGRESS"
    assert started["detail"]["current-phase"] == "SUBMITTED"
    assert (ended["detail"]["build-status"], ended["detail"]["current-phase"]) == (status, "COMPLETED")
    information = ended["detail"]["additional-information"]
    assert information["build-complete"] is True
    assert information["environment"]["compute-type"] == "BUILD_GENERAL1_SMALL"
    assert information["logs"]["group-name"] == f"/aws/codebuild/{name}"
    assert information["phases"][-1]["phase-type"] == "COMPLETED"
    assert "ingestion-time" not in ended


def test_every_phase_that_ends_is_told_in_its_order(queue: Any, sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, FAILS)
    receive = queue(of(name, "CodeBuild Build Phase Change"))
    sandbox.client("codebuild").start_build(projectName=name)
    told = {one["detail"]["completed-phase"]: one["detail"] for one in receive(10)}
    assert list(told) == [
        "SUBMITTED",
        "QUEUED",
        "PROVISIONING",
        "DOWNLOAD_SOURCE",
        "INSTALL",
        "PRE_BUILD",
        "BUILD",
        "POST_BUILD",
        "UPLOAD_ARTIFACTS",
        "FINALIZING",
    ]
    assert told["PRE_BUILD"]["completed-phase-status"] == "SUCCEEDED"
    assert told["PRE_BUILD"]["completed-phase-context"] == "[: ]"
    assert told["BUILD"]["completed-phase-status"] == "FAILED"
    assert told["BUILD"]["completed-phase-context"].startswith("[COMMAND_EXECUTION_ERROR: Error while")


def test_a_pattern_on_the_status_chooses(queue: Any, sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, SUCCEEDS)
    receive = queue({"detail": {"project-name": [name], "build-status": ["SUCCEEDED", "FAILED"]}})
    sandbox.client("codebuild").start_build(projectName=name)
    (only,) = receive(1)
    assert only["detail"]["build-status"] == "SUCCEEDED"


def test_topics_get_them_and_a_missing_queue_keeps_nothing_from_them(
    queue: Any, sandbox: Any, build_role: str
) -> None:
    name = sandbox.create_project(build_role, SUCCEEDS)
    pattern = {"detail": {"project-name": [name], "build-status": ["SUCCEEDED"]}}
    put_rule(sandbox, f"gone-{name}", pattern, "arn:aws:sqs:eu-west-1:111111111111:no-such-queue")
    topic = sandbox.client("sns").create_topic(Name=f"topic-{name}")["TopicArn"]
    put_rule(sandbox, f"topic-{name}", pattern, topic)
    sqs, sns = sandbox.client("sqs"), sandbox.client("sns")
    url = sqs.create_queue(QueueName=f"behind-{name}")["QueueUrl"]
    behind = f"arn:aws:sqs:eu-west-1:111111111111:behind-{name}"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=behind, Attributes={"RawMessageDelivery": "true"})
    sandbox.client("codebuild").start_build(projectName=name)
    answer = sandbox.wait_for(lambda: sqs.receive_message(QueueUrl=url), lambda found: "Messages" in found)
    event = json.loads(answer["Messages"][0]["Body"])
    assert event["detail"]["build-status"] == "SUCCEEDED"
    assert event["time"].endswith("Z")


def test_a_function_is_invoked_with_them(sandbox: Any, trust: Callable[..., Any], build_role: str) -> None:
    import io
    import zipfile

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(
            "app.py", "def run(event, context):\n    print('got', event['detail']['build-status'])"
        )
    name = sandbox.create_project(build_role, SUCCEEDS)
    role = sandbox.create_role("dev", trust({"Service": "lambda.amazonaws.com"}))
    function = sandbox.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=role,
        Handler="app.run",
        Code={"ZipFile": code.getvalue()},
    )
    pattern = {"detail": {"project-name": [name], "build-status": ["SUCCEEDED"]}}
    put_rule(sandbox, name, pattern, function["FunctionArn"])
    sandbox.client("codebuild").start_build(projectName=name)
    logs = sandbox.client("logs")

    def read() -> Any:
        groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
        return logs.filter_log_events(logGroupName=f"/aws/lambda/{name}") if groups else {"events": []}

    found = sandbox.wait_for(read, lambda answer: any("got" in one["message"] for one in answer["events"]))
    assert any("got SUCCEEDED" in one["message"] for one in found["events"])


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"said": "constant"}'}, {"said": "constant"}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"status": "$.detail.build-status"},
                    "InputTemplate": '{"it": "<status>"}',
                }
            },
            {"it": "SUCCEEDED"},
        ),
    ],
)
def test_a_target_gets_what_it_asks_for(
    target: Any, expected: Any, queue: Any, sandbox: Any, build_role: str
) -> None:
    name = sandbox.create_project(build_role, SUCCEEDS)
    pattern = {"detail": {"project-name": [name], "build-status": ["SUCCEEDED"]}}
    receive = queue(pattern, **target)
    sandbox.client("codebuild").start_build(projectName=name)
    assert receive(1) == [expected]


def test_a_log_group_gets_them(sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, SUCCEEDS)
    group, logs = f"/aws/events/{name}", sandbox.client("logs")
    logs.create_log_group(logGroupName=group)
    pattern = {"detail": {"project-name": [name], "build-status": ["SUCCEEDED"]}}
    put_rule(sandbox, name, pattern, f"arn:aws:logs:eu-west-1:111111111111:log-group:{group}")
    sandbox.client("codebuild").start_build(projectName=name)
    found = sandbox.wait_for(
        lambda: logs.filter_log_events(logGroupName=group), lambda answer: bool(answer["events"])
    )
    assert json.loads(found["events"][0]["message"])["detail"]["build-status"] == "SUCCEEDED"


def test_a_disabled_rule_delivers_nothing(queue: Any, sandbox: Any, build_role: str) -> None:
    name = sandbox.create_project(build_role, SUCCEEDS)
    pattern = {"detail": {"project-name": [name], "build-status": ["SUCCEEDED"]}}
    disabled, enabled = queue(pattern), queue(pattern)
    events = sandbox.client("events")
    first = events.list_rule_names_by_target(
        TargetArn=events.list_targets_by_rule(Rule=_rules(events, name)[0])["Targets"][0]["Arn"]
    )["RuleNames"][0]
    events.disable_rule(Name=first)
    sandbox.client("codebuild").start_build(projectName=name)
    assert len(enabled(1)) == 1
    assert disabled(0) == []


def _rules(events: Any, project: str) -> list[str]:
    """The rules for a project, in the order in which they were made."""
    pages = events.get_paginator("list_rules").paginate()
    return [rule["Name"] for page in pages for rule in page["Rules"] if project in rule["EventPattern"]]


def test_a_target_that_cannot_be_delivered_to_is_refused_at_once(sandbox: Any) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError, match="does not deliver events to") as refused:
        put_rule(sandbox, "refused", {}, "arn:aws:ecs:eu-west-1:111111111111:cluster/one")
    assert refused.value.response["Error"]["Code"] == "NotImplementedException"
