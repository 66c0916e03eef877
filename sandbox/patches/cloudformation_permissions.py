"""With ``--iam``, a stack's resources are made with its caller's permissions, or with its role's.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from sandbox.patches.cloudformation_change_sets import roll_back
from sandbox.settings import Settings

SERVICE = "cloudformation.amazonaws.com"
Parse = Callable[[str, dict[str, Any], ResourceMap], Any]


def patch(settings: Settings, clients: Clients) -> None:
    if not settings.iam:
        return
    name = "parse_resource_and_generate_name"
    setattr(parsing, name, _checked(getattr(parsing, name)))
    delete_part, create, update, delete = (
        ResourceMap._delete_resource,
        Stack.create_resources,
        Stack.update,
        Stack.delete,
    )

    def delete_resource(self: ResourceMap, parsed_resource: Any, resource_json: dict[str, Any]) -> None:
        name = str(getattr(parsed_resource, "physical_resource_id", ""))
        properties = resource_json.get("Properties", {})
        _require(self, DELETE, Resource(resource_json["Type"], name, _resolved(properties, self)))
        delete_part(self, parsed_resource, resource_json)

    def create_resources(self: Stack) -> None:
        with _rolled_back(self, "CREATE"):
            create(self)

    def update_with_role(self: Stack, template: str, role_arn: str | None = None, **more: Any) -> None:
        """A stack's role stays its role: an update that names none goes on with it."""
        self.role_arn = role_arn or self.role_arn
        with _rolled_back(self, "UPDATE"):
            update(self, template, role_arn=self.role_arn, **more)

    def delete_stack(self: Stack) -> None:
        # moto forgets a stack before it takes it apart: one that may not be would be gone without a trace.
        cloudformation_backends[self.account_id][self.region_name].stacks[self.stack_id] = self
        try:
            delete(self)
        except ValidationError as denied:
            self._add_stack_event("DELETE_FAILED", resource_status_reason=str(denied.message))
            self.status = "DELETE_FAILED"
            raise

    for owner, function in (
        (ResourceMap, ("_delete_resource", delete_resource)),
        (Stack, ("create_resources", create_resources)),
        (Stack, ("update", update_with_role)),
        (Stack, ("delete", delete_stack)),
    ):
        setattr(owner, *function)


@contextmanager
def _rolled_back(stack: Stack, kind: str) -> Iterator[None]:
    """A denial is the stack's failure. Its caller is told at once, who on AWS has to read the events."""
    try:
        yield
    except ValidationError as denied:
        roll_back(stack, kind, denied)
        raise


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
