"""Resource types of CloudFormation as the services' own operations make them.

A type is a row of the table: the operations that create, change and delete it, and which member of the
answer, or of its properties, is its physical id."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """How CloudFormation makes one type of resource.

    ``attributes``: Fn::GetAtt's name -> member. A type without an ``update`` is replaced when it changes."""

    name: str
    service: str
    id_member: str
    create: str
    update: str | None = None
    delete: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    name_property: str = ""
    wrapped_in: str = ""
    prepare: Callable[[Properties], Properties] = dict
    prepare_update: Callable[[Properties], Properties] = dict


def _api_gateway(noun: str, id_member: str, **attributes: str) -> ResourceType:
    return ResourceType(
        f"AWS::ApiGatewayV2::{noun}",
        "apigatewayv2",
        id_member,
        f"Create{noun}",
        f"Update{noun}",
        f"Delete{noun}",
        attributes={id_member: id_member, **attributes},
    )


def _policy_as_text(properties: Properties) -> Properties:
    return {**properties, "Policy": json.dumps(properties["PolicyDocument"])}


def _tags_as_list(properties: Properties) -> Properties:
    tags = [{"Key": key, "Value": value} for key, value in properties.get("Tags", {}).items()]
    return {**properties, "Tags": tags}


def _overwriting(properties: Properties) -> Properties:
    # PutParameter takes no tags with Overwrite.
    return {**{name: value for name, value in properties.items() if name != "Tags"}, "Overwrite": True}


TYPES = (
    _api_gateway("Api", "ApiId", ApiEndpoint="ApiEndpoint"),
    _api_gateway("Authorizer", "AuthorizerId"),
    _api_gateway("Integration", "IntegrationId"),
    _api_gateway("Route", "RouteId"),
    _api_gateway("Stage", "StageName"),
    ResourceType(
        "AWS::CodeBuild::Project",
        "codebuild",
        "name",
        "CreateProject",
        "UpdateProject",
        "DeleteProject",
        attributes={"Arn": "arn"},
        name_property="Name",
        wrapped_in="project",
    ),
    ResourceType(
        "AWS::Lambda::Version",
        "lambda",
        "FunctionArn",
        "PublishVersion",
        # Never deleted: Serverless retains its versions, and they go with their function.
        attributes={"FunctionArn": "FunctionArn", "Version": "Version"},
    ),
    ResourceType(
        "AWS::S3::BucketPolicy",
        "s3",
        "Bucket",
        "PutBucketPolicy",
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        prepare=_policy_as_text,
    ),
    ResourceType(
        "AWS::SSM::Parameter",
        "ssm",
        "Name",
        "PutParameter",
        "PutParameter",
        "DeleteParameter",
        attributes={"Type": "Type", "Value": "Value"},
        name_property="Name",
        prepare=_tags_as_list,
        prepare_update=_overwriting,
    ),
)
