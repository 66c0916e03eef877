"""What executing a change set leaves behind.

moto applies the resources and forgets the rest: the stack keeps old outputs and parameters, and a resource
that cannot be made is a crash instead of a stack that rolled back."""

from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.core.exceptions import ServiceException

from sandbox.aws.clients import Clients
from sandbox.settings import Settings

_original = CloudFormationBackend.execute_change_set


def patch(settings: Settings, clients: Clients) -> None:
    setattr(CloudFormationBackend, "execute_change_set", _execute)  # noqa: B010 - see functions.py


def _execute(backend: CloudFormationBackend, change_set_name: str, stack_name: str | None = None) -> None:
    change_set = _find(backend, change_set_name, stack_name)
    stack = backend.stacks[change_set.stack_id] if change_set else None
    if change_set is None or stack is None:
        _original(backend, change_set_name, stack_name)
        return
    kind = change_set.change_set_type
    stack._add_stack_event(f"{kind}_IN_PROGRESS", resource_status_reason="User Initiated")
    try:
        change_set.apply()
    except Exception as failure:  # noqa: BLE001 - whatever a resource's own service refuses is the stack's failure
        roll_back(stack, kind, failure)
    else:
        _take_over(stack, change_set)
        stack._add_stack_event(f"{kind}_COMPLETE")
        stack.status = f"{kind}_COMPLETE"
    change_set.execution_status = "EXECUTE_COMPLETE"


def _find(backend: CloudFormationBackend, name: str, stack_name: str | None) -> ChangeSet | None:
    if name in backend.change_sets:
        return backend.change_sets[name]
    named = [one for one in backend.change_sets.values() if one.change_set_name == name]
    of_stack = [one for one in named if stack_name in (one.stack_name, one.stack_id)]
    return next(reversed(of_stack or named), None)


def _take_over(stack: Stack, change_set: ChangeSet) -> None:
    stack.template, stack.template_dict = change_set.template, change_set.template_dict
    stack.parameters = change_set.parameters or stack.parameters
    stack.output_map = stack._create_output_map()


def roll_back(stack: Stack, kind: str, failure: Exception) -> None:
    """Say that it failed, and why. Nothing is undone: moto keeps no former state to go back to."""
    reason = (
        failure.message if isinstance(failure, ServiceException) else f"{type(failure).__name__}: {failure}"
    )
    rolled_back = "ROLLBACK_COMPLETE" if kind == "CREATE" else "UPDATE_ROLLBACK_COMPLETE"
    stack._add_stack_event(f"{kind}_FAILED", resource_status_reason=str(reason))
    stack._add_stack_event(rolled_back)
    stack.status = rolled_back
