"""Resource types that moto's CloudFormation lacks, made through the services' own APIs.

moto creates nothing for them and says CREATE_COMPLETE all the same. A type is a row of the table below: which calls
create, change and delete it, and which member of the answer is its physical id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel

from sandbox.aws.calls import service_model
from sandbox.aws.clients import Clients
from sandbox.settings import Settings

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceType:
    """How CloudFormation makes one type of resource. ``attributes``: Fn::GetAtt name -> member of the answer."""

    name: str
    service: str
    noun: str
    id_member: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    name_property: str = ""
    wrapped_in: str = ""


TYPES = (
    ResourceType(
        "AWS::ApiGatewayV2::Api",
        "apigatewayv2",
        "Api",
        "ApiId",
        {"ApiId": "ApiId", "ApiEndpoint": "ApiEndpoint"},
    ),
    ResourceType("AWS::ApiGatewayV2::Integration", "apigatewayv2", "Integration", "IntegrationId"),
    ResourceType("AWS::ApiGatewayV2::Route", "apigatewayv2", "Route", "RouteId"),
    ResourceType("AWS::ApiGatewayV2::Stage", "apigatewayv2", "Stage", "StageName"),
    ResourceType("AWS::ApiGatewayV2::Authorizer", "apigatewayv2", "Authorizer", "AuthorizerId"),
)


def patch(settings: Settings, clients: Clients) -> None:
    """Make moto's CloudFormation know the types: it looks through CloudFormationModel's direct subclasses."""
    for resource_type in TYPES:
        _CLASSES.append(_model(resource_type, clients))


# Python keeps subclasses by weak reference only.
_CLASSES: list[type[CloudFormationModel]] = []


def _model(kind: ResourceType, clients: Clients) -> type[CloudFormationModel]:
    class Resource(CloudFormationModel):
        def __init__(self, account: str, region: str, properties: Properties, answer: Properties) -> None:
            self._place = account, region
            self.properties = dict(properties)
            self._answer = answer

        @property
        def physical_resource_id(self) -> str:
            return str(self._answer[kind.id_member])

        @staticmethod
        def cloudformation_name_type() -> str:
            return kind.name_property

        @staticmethod
        def cloudformation_type() -> str:
            return kind.name

        @classmethod
        def has_cfn_attr(cls, attr: str) -> bool:
            return attr in kind.attributes

        def get_cfn_attribute(self, attribute_name: str) -> Any:
            if attribute_name not in kind.attributes:
                raise UnformattedGetAttTemplateException
            return self._answer[kind.attributes[attribute_name]]

        @classmethod
        def create_from_cloudformation_json(  # type: ignore[misc]
            cls,
            resource_name: str,
            cloudformation_json: dict[str, Any],
            account_id: str,
            region_name: str,
            **kwargs: Any,
        ) -> "Resource":
            properties = cloudformation_json["Properties"]
            if kind.name_property:
                properties = {**properties, kind.name_property: resource_name}
            answer = _call(clients, kind, "Create", (account_id, region_name), properties)
            return cls(account_id, region_name, properties, answer)

        @classmethod
        def update_from_cloudformation_json(  # type: ignore[misc]
            cls,
            original_resource: "Resource",
            new_resource_name: str,
            cloudformation_json: dict[str, Any],
            account_id: str,
            region_name: str,
        ) -> "Resource":
            known = {kind.id_member: original_resource.physical_resource_id}
            properties = {**cloudformation_json["Properties"], **known}
            answer = _call(clients, kind, "Update", (account_id, region_name), properties)
            return cls(account_id, region_name, cloudformation_json["Properties"], {**known, **answer})

        def delete(self, account_id: str, region_name: str) -> None:
            properties = {**self.properties, kind.id_member: self.physical_resource_id}
            _call(clients, kind, "Delete", (account_id, region_name), properties)

        def is_created(self) -> bool:
            return True

    Resource.__name__ = Resource.__qualname__ = kind.name.replace("::", "")
    return Resource


def _call(
    clients: Clients, kind: ResourceType, verb: str, place: tuple[str, str], properties: Properties
) -> Properties:
    operation = f"{verb}{kind.noun}"
    model = service_model(kind.service)
    if model is None:
        raise LookupError(f"botocore has no model of {kind.service}")
    request = to_request(model.operation_model(operation).input_shape, properties)
    answer: Properties = getattr(clients.own(kind.service, *place), xform_name(operation))(**request)
    return answer.get(kind.wrapped_in, answer) if kind.wrapped_in else answer


def to_request(shape: Shape | None, value: Any) -> Any:
    """A resource's properties as the API's parameters: members that it knows, in its spelling, of its types."""
    if isinstance(shape, StructureShape):
        spelling = {name.lower(): name for name in shape.members}
        return {
            spelling[key.lower()]: to_request(shape.members[spelling[key.lower()]], item)
            for key, item in value.items()
            if key.lower() in spelling
        }
    if isinstance(shape, ListShape):
        return [to_request(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: to_request(shape.value, item) for key, item in value.items()}
    if shape is not None and shape.type_name == "boolean":
        return str(value).lower() == "true"
    if shape is not None and shape.type_name in ("integer", "long"):
        return int(value)
    return str(value) if shape is not None and shape.type_name == "string" else value
