"""Parameters, and a log's pages."""

import time
from typing import Any

import pytest

from tests.contracts.aws.account import Account, until


@pytest.fixture(scope="module")
def parameter(account: Account) -> str:
    ssm, name = account.client("ssm"), f"/{account.name('parameter')}/url"
    assert ssm.put_parameter(Name=name, Value="one", Type="String")["Version"] == 1
    account.afterwards.callback(ssm.delete_parameter, Name=name)
    return name


def test_a_parameter(account: Account, parameter: str) -> None:
    ssm = account.client("ssm")
    with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name=parameter, Value="two", Type="String")
    assert ssm.put_parameter(Name=parameter, Value="two", Type="String", Overwrite=True)["Version"] == 2
    found = ssm.get_parameter(Name=parameter)["Parameter"]
    assert (found["Value"], found["Type"], found["Version"]) == ("two", "String", 2)
    assert found["ARN"] == f"arn:aws:ssm:{account.region}:{account.id}:parameter{parameter}"
    many = ssm.get_parameters(Names=[parameter, "/nothing/here"])
    assert [one["Name"] for one in many["Parameters"]] == [parameter]
    assert many["InvalidParameters"] == ["/nothing/here"]
    (below,) = ssm.get_parameters_by_path(Path=parameter.rpartition("/")[0])["Parameters"]
    assert below["Name"] == parameter
    assert account.cli("ssm", "GetParameter", "--name", parameter)["Parameter"]["Value"] == "two"
    for call in (ssm.get_parameter, ssm.delete_parameter):
        with pytest.raises(ssm.exceptions.ParameterNotFound):
            call(Name="/nothing/here")


def pages_of(logs: Any, place: dict[str, str], **options: Any) -> list[list[str]]:
    """Every page, until the token repeats: that, and no empty page, is a log's end.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html"""
    pages, token = [], None
    while True:
        more = {"nextToken": token} if token else {}
        page = logs.get_log_events(**place, startFromHead=True, **options, **more)
        if page["nextForwardToken"] == token:
            assert page["events"] == []
            return pages
        pages.append([event["message"] for event in page["events"]])
        token = page["nextForwardToken"]


def test_a_log_is_read_to_its_end_and_further(account: Account) -> None:
    logs = account.client("logs")
    place = {"logGroupName": account.name("group"), "logStreamName": "stream"}
    logs.create_log_group(logGroupName=place["logGroupName"])
    account.afterwards.callback(logs.delete_log_group, logGroupName=place["logGroupName"])
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName=place["logGroupName"])
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        logs.get_log_events(**place)
    logs.create_log_stream(**place)

    now = int(time.time() * 1000)
    lines = [f"line {number}" for number in range(5)]
    events = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
    logs.put_log_events(**place, logEvents=events)
    pages = until(
        lambda: pages_of(logs, place, limit=2),
        lambda pages: [line for page in pages for line in page] == lines,
    )
    assert max(len(page) for page in pages) == 2
    last = logs.get_log_events(**place, startFromHead=True)
    assert [event["message"] for event in last["events"]] == lines
    at_the_end = until(
        lambda: logs.get_log_events(**place, startFromHead=True, nextToken=last["nextForwardToken"]),
        lambda page: page["events"] == [],
    )["nextForwardToken"]

    # What comes later is behind the token that was the end.
    logs.put_log_events(**place, logEvents=[{"timestamp": now + 10, "message": "later"}])
    found = until(
        lambda: logs.get_log_events(**place, startFromHead=True, nextToken=at_the_end)["events"], bool
    )
    assert [event["message"] for event in found] == ["later"]
