"""Resource types that moto's CloudFormation lacks or gets wrong, made through the services' own APIs.

Which types, and how: resource_types.py."""

import contextlib
from http import HTTPStatus
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.core.common_models import CloudFormationModel

from sandbox.aws.calls import service_model
from sandbox.aws.clients import Clients
from sandbox.patches.resource_types import TYPES, Properties, ResourceType
from sandbox.settings import Settings

Place = tuple[str, str]


def patch(settings: Settings, clients: Clients) -> None:
    """Make moto's CloudFormation know the types.

    It looks through CloudFormationModel's direct subclasses, and the last of a type counts."""
    _CLASSES.extend(_model(kind, clients) for kind in TYPES)


# Python keeps subclasses by weak reference only.
_CLASSES: list[type[CloudFormationModel]] = []


def _model(kind: ResourceType, clients: Clients) -> type[CloudFormationModel]:
    members = {
        "kind": kind,
        "clients": clients,
        "cloudformation_type": staticmethod(lambda: kind.name),
        "cloudformation_name_type": staticmethod(lambda: kind.name_property),
    }
    return type(kind.name.replace("::", ""), (_Resource, CloudFormationModel), members)


class _Resource:
    """What moto's CloudFormation asks of a resource."""

    kind: ResourceType
    clients: Clients

    def __init__(self, properties: Properties, answer: Properties) -> None:
        self._properties = properties
        self._members = {**properties, **answer}

    @property
    def physical_resource_id(self) -> str:
        return str(self._members[self.kind.id_member])

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr in cls.kind.attributes

    def get_cfn_attribute(self, attribute_name: str) -> Any:
        if attribute_name not in self.kind.attributes:
            raise UnformattedGetAttTemplateException
        return self._members[self.kind.attributes[attribute_name]]

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls,
        resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
        **kwargs: Any,
    ) -> "_Resource":
        properties = cls.kind.prepare(cloudformation_json["Properties"])
        if cls.kind.name_property:
            properties = {**properties, cls.kind.name_property: resource_name}
        return cls(properties, cls._call(cls.kind.create, (account_id, region_name), properties))

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: "_Resource",
        new_resource_name: str,
        cloudformation_json: dict[str, Any],
        account_id: str,
        region_name: str,
    ) -> "_Resource":
        if cls.kind.update is None:
            new = cls.create_from_cloudformation_json(
                new_resource_name, cloudformation_json, account_id, region_name
            )
            original_resource.delete(account_id, region_name)
            return new
        known = {cls.kind.id_member: original_resource.physical_resource_id}
        prepared = cls.kind.prepare_update(cls.kind.prepare(cloudformation_json["Properties"]))
        properties = {**prepared, **known}
        answer = cls._call(cls.kind.update, (account_id, region_name), properties)
        return cls(properties, {**original_resource._members, **answer})

    def delete(self, account_id: str, region_name: str) -> None:
        if self.kind.delete:
            known = {**self._properties, self.kind.id_member: self.physical_resource_id}
            # Gone already: with the API that it belonged to, or by hand.
            with contextlib.suppress(_GoneError):
                self._call(self.kind.delete, (account_id, region_name), known)

    @classmethod
    def _call(cls, operation: str, place: Place, properties: Properties) -> Properties:
        model = service_model(cls.kind.service)
        if model is None:
            raise LookupError(f"botocore has no model of {cls.kind.service}")
        request = to_request(model.operation_model(operation).input_shape, properties)
        client = cls.clients.own(cls.kind.service, *place)
        try:
            answer: Properties = getattr(client, xform_name(operation))(**request)
        except (ClientError, ParamValidationError) as refused:
            raise _refusal(cls.kind, refused) from refused
        return answer.get(cls.kind.wrapped_in, answer) if cls.kind.wrapped_in else answer


class _GoneError(ValidationError):
    """What was to be changed or deleted does not exist."""


def _refusal(kind: ResourceType, refused: ClientError | ParamValidationError) -> ValidationError:
    """Why a resource could not be made, in a form that moto's CloudFormation hands on."""
    status = 0
    if isinstance(refused, ClientError):
        status = refused.response["ResponseMetadata"]["HTTPStatusCode"]
    refusal = _GoneError if status == HTTPStatus.NOT_FOUND else ValidationError
    return refusal(message=f"{kind.name}: {refused}")


def to_request(shape: Shape | None, value: Any) -> Any:
    """A resource's properties as the API's parameters: the members it knows, in its spelling and types."""
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
    return _to_scalar(shape.type_name if shape else "", value)


def _to_scalar(type_name: str, value: Any) -> Any:
    """CloudFormation takes 'true' for a boolean and '60' for a number; the APIs do not."""
    if type_name == "boolean":
        return str(value).lower() == "true"
    if type_name in ("integer", "long"):
        return int(value)
    return str(value) if type_name == "string" else value
