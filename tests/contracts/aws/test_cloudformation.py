"""CloudFormation: a stack of one parameter, made and changed by change sets, as Serverless does."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contracts.aws.account import Account

TEMPLATE = json.dumps(
    {
        "Description": "Of the contract suite",
        "Parameters": {"Text": {"Type": "String", "Default": "one"}},
        "Resources": {
            "Stored": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Type": "String", "Value": {"Ref": "Text"}},
            }
        },
        "Outputs": {"Name": {"Value": {"Ref": "Stored"}}, "Text": {"Value": {"Ref": "Text"}}},
    }
)


@pytest.fixture(scope="module")
def stack(account: Account) -> str:
    name, cloudformation = account.name("stack"), account.client("cloudformation")
    cloudformation.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=TEMPLATE
    )
    account.afterwards.callback(cloudformation.delete_stack, StackName=name)
    cloudformation.get_waiter("change_set_create_complete").wait(
        StackName=name, ChangeSetName="first", WaiterConfig={"Delay": 1}
    )
    described = cloudformation.describe_change_set(StackName=name, ChangeSetName="first")
    assert [change["ResourceChange"]["Action"] for change in described["Changes"]] == ["Add"]
    cloudformation.execute_change_set(StackName=name, ChangeSetName="first")
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    return name


def outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


def test_a_stack_s_life(account: Account, stack: str) -> None:
    cloudformation = account.client("cloudformation")
    (made,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert made["StackId"].startswith(f"arn:aws:cloudformation:{account.region}:{account.id}:stack/{stack}/")
    parameter = outputs(made)["Name"]
    assert account.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"] == "one"

    cloudformation.update_stack(
        StackName=stack,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Text", "ParameterValue": "two"}],
    )
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    (changed,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    assert (changed["StackStatus"], outputs(changed)) == (
        "UPDATE_COMPLETE",
        {"Name": parameter, "Text": "two"},
    )
    assert account.client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"] == "two"

    (resource,) = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    assert (resource["LogicalResourceId"], resource["PhysicalResourceId"]) == ("Stored", parameter)
    (listed,) = cloudformation.list_stack_resources(StackName=stack)["StackResourceSummaries"]
    assert listed["ResourceType"] == "AWS::SSM::Parameter"
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    assert events[-1]["ResourceType"] == "AWS::CloudFormation::Stack"
    (told,) = account.cli("cloudformation", "DescribeStacks", "--stack-name", stack)["Stacks"]
    assert told["StackId"] == changed["StackId"]

    cloudformation.delete_stack(StackName=stack)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=changed["StackId"], WaiterConfig={"Delay": 1}
    )
    (gone,) = cloudformation.describe_stacks(StackName=changed["StackId"])["Stacks"]
    assert gone["StackStatus"] == "DELETE_COMPLETE"


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        ("describe_stacks", {}, "does not exist"),
        ("update_stack", {"TemplateBody": TEMPLATE}, "does not exist"),
        ("create_stack", {"TemplateBody": "Resources: ["}, ""),
        (
            "create_stack",
            {"TemplateBody": '{"Resources": {}}'},
            "At least one Resources member must be defined",
        ),
    ],
)
def test_what_is_refused(operation: str, request_: dict[str, Any], message: str, account: Account) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(account.client("cloudformation"), operation)(StackName=account.name("nowhere"), **request_)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert message in refused.value.response["Error"]["Message"]


def test_a_template_is_validated(account: Account) -> None:
    found = account.client("cloudformation").validate_template(TemplateBody=TEMPLATE)
    assert found["Description"] == "Of the contract suite"
    assert [one["ParameterKey"] for one in found["Parameters"]] == ["Text"]
