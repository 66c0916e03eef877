"""Stacks: what they make, what they put out, what they refuse."""

import io
import json
import time
import uuid
import zipfile
from typing import Any

import botocore.exceptions
import pytest

STACK = {
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": ["lambda.amazonaws.com"]},
                            "Action": ["sts:AssumeRole"],
                        }
                    ],
                }
            },
        },
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": {"Fn::Sub": "${AWS::StackName}-api"},
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Runtime": "python3.12",
                "Handler": "app.handler",
                "Code": {"S3Bucket": {"Ref": "Bucket"}, "S3Key": {"Ref": "Key"}},
                "Environment": {"Variables": {"COMMIT": {"Ref": "Commit"}}},
            },
        },
        "Version": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Function"}}},
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": "true"},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Fn::GetAtt": ["Function", "Arn"]},
                "PayloadFormatVersion": "2.0",
                "TimeoutInMillis": "6500",
            },
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "GET /health",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]},
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": {"Fn::GetAtt": ["Function", "Arn"]},
                "Action": "lambda:InvokeFunction",
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": {"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"},
            },
        },
    },
    "Parameters": {"Bucket": {"Type": "String"}, "Key": {"Type": "String"}, "Commit": {"Type": "String"}},
    "Outputs": {
        "Url": {"Value": {"Fn::Sub": "https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"}},
        "Endpoint": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}},
        "FunctionVersion": {"Value": {"Ref": "Version"}},
        "Commit": {"Value": {"Ref": "Commit"}},
    },
}
CODE = "import os\ndef handler(event, context):\n    return {'commit': os.environ['COMMIT']}"


@pytest.fixture(scope="module")
def code(sandbox: Any) -> str:
    """A bucket in staging with a function's code under the key `code.zip`."""
    bucket = f"code-{uuid.uuid4().hex[:8]}"
    s3 = sandbox.client("s3", "staging")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", CODE)
    s3.put_object(Bucket=bucket, Key="code.zip", Body=buffer.getvalue())
    return bucket


def deploy(sandbox: Any, stack: str, kind: str, template: Any, **parameters: str) -> dict[str, Any]:
    """Create or update a stack by a change set, as Serverless and `aws cloudformation deploy` do."""
    cloudformation = sandbox.client("cloudformation", "staging")
    made = cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=f"change-{uuid.uuid4().hex[:8]}",
        ChangeSetType=kind,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    cloudformation.execute_change_set(ChangeSetName=made["Id"], StackName=stack)
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
    return {**described, "Outputs": outputs}


def test_a_service_with_an_http_api(sandbox: Any, code: str) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    stack = deploy(sandbox, name, "CREATE", STACK, Bucket=code, Key="code.zip", Commit="one")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = stack["Outputs"]
    assert outputs["Url"] == outputs["Endpoint"]
    assert outputs["FunctionVersion"] == f"arn:aws:lambda:eu-west-1:222222222222:function:{name}-api:1"
    assert sandbox.get(f"{outputs['Url']}/health").json() == {"commit": "one"}

    stack = deploy(sandbox, name, "UPDATE", STACK, Bucket=code, Key="code.zip", Commit="two")
    assert (stack["StackStatus"], stack["Outputs"]["Commit"]) == ("UPDATE_COMPLETE", "two")
    assert stack["Outputs"]["Url"] == outputs["Url"]
    assert sandbox.get(f"{outputs['Url']}/health").json() == {"commit": "two"}

    sandbox.client("cloudformation", "staging").delete_stack(StackName=name)
    assert sandbox.get(f"{outputs['Url']}/health").status_code == 403


def test_a_resource_that_cannot_be_made_rolls_the_stack_back(sandbox: Any, code: str) -> None:
    name = f"stack-{uuid.uuid4().hex[:8]}"
    stack = deploy(sandbox, name, "CREATE", STACK, Bucket=code, Key="no-such.zip", Commit="one")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = sandbox.client("cloudformation", "staging").describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "CREATE_FAILED"]
    assert len(failed) == 1
    assert failed[0]["ResourceStatusReason"]


def test_validating_a_template_is_fast_and_no_warning_refuses_it(sandbox: Any) -> None:
    cloudformation = sandbox.client("cloudformation", "staging")
    cloudformation.list_stacks()
    started = time.monotonic()
    answer = cloudformation.validate_template(TemplateBody=json.dumps(STACK))
    assert time.monotonic() - started < 1
    assert answer["Capabilities"] == ["CAPABILITY_IAM"]
    assert {one["ParameterKey"] for one in answer["Parameters"]} == {"Bucket", "Key", "Commit"}
    bucket = "Type: 'AWS::S3::Bucket', Properties: {BucketName: !Sub 'x-${AWS::Region}'}"
    short = f"Description: d\nResources:\n  B: {{{bucket}}}"
    assert cloudformation.validate_template(TemplateBody=short)["Description"] == "d"


BUCKET = {"Type": "AWS::S3::Bucket"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({}, "At least one Resources member must be defined"),
        ({"Resources": {"A": {}}}, "Every Resources object must contain a Type member"),
        (
            {"Resources": {"A": {**BUCKET, "Properties": {"BucketName": {"Ref": "Nobody"}}}}},
            r"Unresolved resource dependencies \[Nobody\]",
        ),
        (
            {"Resources": {"A": {"Type": "AWS::Nobody::Knows"}}},
            r"Unrecognized resource types: \[AWS::Nobody::Knows\]",
        ),
    ],
)
def test_what_is_no_template_is_refused(template: Any, message: str, sandbox: Any) -> None:
    cloudformation = sandbox.client("cloudformation")
    with pytest.raises(botocore.exceptions.ClientError, match=message):
        cloudformation.validate_template(TemplateBody=json.dumps(template))


def test_a_stack_with_a_resource_that_nothing_can_make_is_refused(sandbox: Any) -> None:
    cloudformation = sandbox.client("cloudformation")
    body = json.dumps({"Resources": {"A": {"Type": "AWS::Nobody::Knows"}}})
    with pytest.raises(botocore.exceptions.ClientError, match="Unrecognized resource types"):
        cloudformation.create_stack(StackName="refused", TemplateBody=body)


def test_a_codebuild_project_is_a_real_one(sandbox: Any, build_role: str) -> None:
    name = f"project-{uuid.uuid4().hex[:8]}"
    project = {
        "Type": "AWS::CodeBuild::Project",
        "Properties": {
            "Name": name,
            "ServiceRole": build_role,
            "TimeoutInMinutes": "30",
            "Source": {
                "Type": "NO_SOURCE",
                "BuildSpec": "version: 0.2\nphases: {build: {commands: [echo hi]}}",
            },
            "Artifacts": {"Type": "NO_ARTIFACTS"},
            "Environment": {
                "Type": "LINUX_CONTAINER",
                "Image": "any",
                "ComputeType": "BUILD_GENERAL1_SMALL",
                "PrivilegedMode": "false",
                "EnvironmentVariables": [{"Name": "A", "Value": "1"}],
            },
        },
    }
    template = {
        "Resources": {"Project": project},
        "Outputs": {
            "Arn": {"Value": {"Fn::GetAtt": ["Project", "Arn"]}},
            "Name": {"Value": {"Ref": "Project"}},
        },
    }
    cloudformation = sandbox.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    assert {one["OutputValue"] for one in stack["Outputs"]} == {
        name,
        f"arn:aws:codebuild:eu-west-1:111111111111:project/{name}",
    }
    started = sandbox.client("codebuild").start_build(projectName=name)["build"]["id"]
    assert sandbox.finished(started)["buildStatus"] == "SUCCEEDED"
