"""What it takes to make a stack's resources: CloudFormation acts with its caller's permissions.

As the resource types' own schemas have it, under `handlers`:
https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.principals import Principal
from sandbox.iam.actions import api_gateway, asked_by, passed
from sandbox.iam.reading import Reading
from sandbox.iam.statements import Asked

Properties = Mapping[str, Any]
CREATE, UPDATE, DELETE = "create", "update", "delete"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack that is about to be made, changed or deleted."""

    type: str
    name: str
    properties: Properties


@dataclass(frozen=True, slots=True)
class ResourceType:
    """The operations behind a type, as calls of its service; ``member``: the parameter that names it."""

    service: str
    member: str
    create: tuple[str, ...]
    update: tuple[str, ...]
    delete: tuple[str, ...]
    # The property whose value names it, if that is not the resource's own name.
    named_by: str = ""
    # Operations that are needed only for a property.
    for_property: tuple[tuple[str, str], ...] = ()

    def operations(self, act: str) -> tuple[str, ...]:
        return {CREATE: self.create, UPDATE: self.update, DELETE: self.delete}[act]


_TYPES = {
    "AWS::CodeBuild::Project": ResourceType(
        "codebuild", "name", ("CreateProject",), ("UpdateProject",), ("DeleteProject",)
    ),
    "AWS::DynamoDB::Table": ResourceType(
        "dynamodb",
        "TableName",
        ("CreateTable", "DescribeTable"),
        ("UpdateTable", "DescribeTable"),
        ("DeleteTable", "DescribeTable"),
    ),
    "AWS::Events::Rule": ResourceType(
        "events",
        "Name",
        ("PutRule", "PutTargets"),
        ("PutRule", "PutTargets"),
        ("RemoveTargets", "DeleteRule"),
    ),
    "AWS::IAM::Role": ResourceType(
        "iam",
        "RoleName",
        ("CreateRole", "GetRole"),
        ("UpdateAssumeRolePolicy", "GetRole"),
        ("DeleteRole", "GetRole"),
        for_property=(
            ("Policies", "PutRolePolicy"),
            ("ManagedPolicyArns", "AttachRolePolicy"),
            ("Tags", "TagRole"),
        ),
    ),
    "AWS::Lambda::Function": ResourceType(
        "lambda",
        "FunctionName",
        ("CreateFunction", "GetFunction"),
        ("UpdateFunctionCode", "UpdateFunctionConfiguration", "GetFunction"),
        ("DeleteFunction",),
        for_property=(("Tags", "TagResource"),),
    ),
    "AWS::Lambda::Permission": ResourceType(
        "lambda",
        "FunctionName",
        ("AddPermission",),
        ("AddPermission", "RemovePermission"),
        ("RemovePermission",),
        named_by="FunctionName",
    ),
    "AWS::Lambda::Version": ResourceType(
        "lambda", "FunctionName", ("PublishVersion",), ("PublishVersion",), (), named_by="FunctionName"
    ),
    "AWS::Logs::LogGroup": ResourceType(
        "logs",
        "logGroupName",
        ("CreateLogGroup",),
        (),
        ("DeleteLogGroup",),
        for_property=(("RetentionInDays", "PutRetentionPolicy"), ("Tags", "TagResource")),
    ),
    "AWS::S3::Bucket": ResourceType(
        "s3",
        "Bucket",
        ("CreateBucket",),
        (),
        ("DeleteBucket",),
        for_property=(
            ("BucketEncryption", "PutBucketEncryption"),
            ("PublicAccessBlockConfiguration", "PutPublicAccessBlock"),
            ("VersioningConfiguration", "PutBucketVersioning"),
            ("Tags", "PutBucketTagging"),
        ),
    ),
    "AWS::S3::BucketPolicy": ResourceType(
        "s3", "Bucket", ("PutBucketPolicy",), ("PutBucketPolicy",), ("DeleteBucketPolicy",), named_by="Bucket"
    ),
    "AWS::SNS::Topic": ResourceType(
        "sns", "Name", ("CreateTopic",), ("SetTopicAttributes",), ("DeleteTopic",)
    ),
    "AWS::SQS::Queue": ResourceType(
        "sqs", "QueueName", ("CreateQueue",), ("SetQueueAttributes",), ("DeleteQueue",)
    ),
    "AWS::SSM::Parameter": ResourceType(
        "ssm", "Name", ("PutParameter",), ("PutParameter",), ("DeleteParameter",)
    ),
    "AWS::SecretsManager::Secret": ResourceType(
        "secretsmanager", "Name", ("CreateSecret",), ("UpdateSecret",), ("DeleteSecret",)
    ),
}
# Where an API's parts lie in API Gateway's own API, by the property that names what they are part of.
_API_PATHS = {"AWS::ApiGateway::": ("/restapis", "RestApiId"), "AWS::ApiGatewayV2::": ("/apis", "ApiId")}
_METHODS = {CREATE: "POST", UPDATE: "PATCH", DELETE: "DELETE"}
_ROLES = {"Role": "lambda", "ServiceRole": "codebuild", "RoleArn": "events"}


def asked_by_stack(act: str, resource: Resource, principal: Principal) -> Iterator[Asked]:
    """Everything that has to be allowed for this to happen to a resource."""
    prefix = next((one for one in _API_PATHS if resource.type.startswith(one)), None)
    if prefix:
        yield _of_api(act, resource, prefix, principal.region)
        return
    known = _TYPES.get(resource.type)
    if known is None:
        yield _unknown(act, resource)
        return
    name = resource.properties.get(known.named_by) if known.named_by else resource.name
    operations = list(known.operations(act))
    if act != DELETE:
        operations += [
            operation for member, operation in known.for_property if resource.properties.get(member)
        ]
    for operation in operations:
        yield from asked_by(Reading(known.service, operation, principal, {known.member: str(name)}))
    if act != DELETE:
        yield from _along(resource, principal)


def _along(resource: Resource, principal: Principal) -> Iterator[Asked]:
    """Roles that it hands to services, and code that it takes out of a bucket."""
    reading = Reading("iam", "PassRole", principal)
    for member, service in _ROLES.items():
        if isinstance(resource.properties.get(member), str):
            yield passed(reading, resource.properties[member], service)
    code = resource.properties.get("Code")
    if isinstance(code, Mapping) and code.get("S3Bucket"):
        yield Asked("s3:GetObject", f"arn:aws:s3:::{code['S3Bucket']}/{code.get('S3Key', '')}")


def _of_api(act: str, resource: Resource, prefix: str, region: str) -> Asked:
    root, member = _API_PATHS[prefix]
    api = resource.properties.get(member)
    noun = resource.type.removeprefix(prefix).lower()
    if noun in ("api", "restapi"):
        path = root if act == CREATE else f"{root}/{resource.name}"
    else:
        path = f"{root}/{api}/{noun}s" + ("" if act == CREATE else f"/{resource.name}")
    return api_gateway(_METHODS[act], path, region)


def _unknown(act: str, resource: Resource) -> Asked:
    """A type without a row: its service's operation of that name, on everything."""
    _, service, noun = [*resource.type.split("::"), "", ""][:3]
    return Asked(f"{re.sub('[^a-z0-9]', '', service.lower())}:{act.title()}{noun}", "*")
