"""With ``--iam``, a stack's resources are made with its caller's permissions, or with its role's.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.parsing import ResourceMap

from sandbox.aws.clients import Clients
from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal
from sandbox.aws.roles import service_may_assume
from sandbox.iam.permissions import Identity, asking, require
from sandbox.iam.stacks import CREATE, DELETE, UPDATE, Resource, asked_by_stack
from sandbox.settings import Settings

SERVICE = "cloudformation.amazonaws.com"
Parse = Callable[[str, dict[str, Any], ResourceMap], Any]


def patch(settings: Settings, clients: Clients) -> None:
    if not settings.iam:
        return
    name = "parse_resource_and_generate_name"
    setattr(parsing, name, _checked(getattr(parsing, name)))
    delete, update = ResourceMap._delete_resource, Stack.update

    def delete_resource(self: ResourceMap, parsed_resource: Any, resource_json: dict[str, Any]) -> None:
        name = str(getattr(parsed_resource, "physical_resource_id", ""))
        properties = resource_json.get("Properties", {})
        _require(self, DELETE, Resource(resource_json["Type"], name, _resolved(properties, self)))
        delete(self, parsed_resource, resource_json)

    def keep_role(self: Stack, template: str, role_arn: str | None = None, **more: Any) -> None:
        """A stack's role stays its role: an update that names none goes on with it."""
        self.role_arn = role_arn or self.role_arn
        update(self, template, role_arn=self.role_arn, **more)

    setattr(ResourceMap, "_delete_resource", delete_resource)  # noqa: B010 - mypy refuses the plain assignment
    setattr(Stack, "update", keep_role)  # noqa: B010 - mypy refuses the plain assignment


def _checked(parse: Parse) -> Parse:
    def parse_resource(logical_id: str, resource_json: dict[str, Any], resources_map: ResourceMap) -> Any:
        """Ask as soon as a resource's name and properties are known; what follows makes or changes it."""
        found = parse(logical_id, resource_json, resources_map)
        if found:
            _, resolved, name = found
            act = UPDATE if logical_id in resources_map._parsed_resources else CREATE
            resource = Resource(resolved["Type"], str(name), resolved.get("Properties", {}))
            _require(resources_map, act, resource)
        return found

    return parse_resource


def _resolved(properties: dict[str, Any], resources_map: ResourceMap) -> dict[str, Any]:
    resolved: dict[str, Any] = parsing.clean_json(properties, resources_map)
    return resolved


def _require(resources_map: ResourceMap, act: str, resource: Resource) -> None:
    identity = _identity(resources_map)
    for asked in asked_by_stack(act, resource, identity.principal):
        try:
            require(identity, asked, "query", via=SERVICE)
        except AwsError as denied:
            raise ValidationError(message=denied.message) from denied


def _identity(resources_map: ResourceMap) -> Identity:
    """Who asks for the stack; or its own role, in a session that CloudFormation opens."""
    caller, account = asking.get(), resources_map._account_id
    stack = cloudformation_backends[account][resources_map._region_name].stacks.get(resources_map.stack_id)
    role = stack.role_arn if stack else None
    if not role:
        return caller
    if not service_may_assume(role, SERVICE, {"aws:SourceAccount": account}):
        raise ValidationError(message=f"Role {role} is invalid or cannot be assumed")
    session = f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/AWSCloudFormation"
    principal = Principal(account, session, "AWSCloudFormation", resources_map._region_name, role)
    return replace(caller, principal=principal)
