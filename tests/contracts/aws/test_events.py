"""EventBridge: an event reaches the queue that asked for it, and CodeBuild tells of its builds."""

import json
from typing import Any

import pytest

from tests.contracts.aws.account import Account, until


class Inbox:
    """A queue behind a rule of the default bus."""

    def __init__(self, account: Account) -> None:
        self._sqs, self.rule = account.client("sqs"), account.name("rule")
        self._events, self.account = account.client("events"), account
        self.queue = self._sqs.create_queue(QueueName=account.name("queue"))["QueueUrl"]
        account.afterwards.callback(self._sqs.delete_queue, QueueUrl=self.queue)
        self.received: list[dict[str, Any]] = []

    def wants(self, pattern: dict[str, Any]) -> None:
        made = self._events.put_rule(Name=self.rule, EventPattern=json.dumps(pattern), State="ENABLED")
        self.account.afterwards.callback(self._events.delete_rule, Name=self.rule)
        attributes = self._sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        arn = attributes["Attributes"]["QueueArn"]
        allow = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": made["RuleArn"]}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self._sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})
        failed = self._events.put_targets(Rule=self.rule, Targets=[{"Id": "queue", "Arn": arn}])
        assert failed["FailedEntryCount"] == 0
        self.account.afterwards.callback(self._events.remove_targets, Rule=self.rule, Ids=["queue"])

    def read(self) -> list[dict[str, Any]]:
        """Every event so far, in the order of their times: EventBridge keeps none."""
        got = self._sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in got.get("Messages", []):
            self.received.append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(self.received, key=lambda event: event["time"])


@pytest.fixture
def inbox(account: Account) -> Inbox:
    return Inbox(account)


def test_an_event_reaches_who_asked_for_it(account: Account, inbox: Inbox) -> None:
    events, source = account.client("events"), f"{account.prefix}.source"
    inbox.wants({"source": [source], "detail": {"state": ["ready"]}})
    described = events.describe_rule(Name=inbox.rule)
    assert (described["State"], described["Name"]) == ("ENABLED", inbox.rule)

    def put(state: str) -> None:
        entry = {"Source": source, "DetailType": "test", "Detail": json.dumps({"state": state})}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def sent() -> list[dict[str, Any]]:
        # A new rule takes a real account a moment.
        put("waiting")
        put("ready")
        return inbox.read()

    received = until(sent, bool)
    assert {event["detail"]["state"] for event in received} == {"ready"}
    assert {(event["source"], event["account"], event["region"]) for event in received} == {
        (source, account.id, account.region)
    }
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.describe_rule(Name=account.name("nowhere"))


def test_codebuild_tells_of_a_build(account: Account, inbox: Inbox, projects: Any) -> None:
    """https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications.html"""
    project = projects.create("echo one")
    inbox.wants(
        {
            "source": ["aws.codebuild"],
            "detail-type": ["CodeBuild Build State Change"],
            "detail": {"project-name": [project]},
        }
    )
    started = projects.codebuild.start_build(projectName=project)["build"]
    projects.finished(started["id"])
    received = until(
        inbox.read, lambda events: "SUCCEEDED" in [event["detail"]["build-status"] for event in events]
    )
    told = {event["detail"]["build-status"]: event for event in received}
    assert set(told) <= {"IN_PROGRESS", "SUCCEEDED"}
    event = told["SUCCEEDED"]
    assert (event["detail-type"], event["resources"]) == ("CodeBuild Build State Change", [started["arn"]])
    assert event["detail"]["build-id"] == started["arn"]
    assert event["detail"]["additional-information"]["build-complete"] is True
    phases = [phase["phase-type"] for phase in event["detail"]["additional-information"]["phases"]]
    assert phases[-1] == "COMPLETED"
