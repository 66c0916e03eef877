"""Does a role's trust policy let this caller assume it? Pure.

moto looks the role up in the caller's account and lets a missing ExternalId pass: no cross-account rule
is ever tested there."""

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.aws.principals import Principal
from sandbox.iam.evaluation import caller_names
from sandbox.iam.patterns import Context
from sandbox.iam.statements import Asked, policy_of

ASSUME_ROLE = "sts:AssumeRole"


def trusts_principal(policy: Mapping[str, Any], caller: Principal, external_id: str | None) -> bool:
    """Whether the policy lets this user or role in, with this ExternalId."""
    context = {"aws:principalarn": caller.role_arn or caller.arn, "aws:principalaccount": caller.account}
    if external_id is not None:
        context["sts:externalid"] = external_id
    names = [name for name, _ in caller_names(caller.account, caller.arn, caller.role_arn)]
    return _allows(policy, "AWS", names, context)


def trusts_service(policy: Mapping[str, Any], service: str, context: Context) -> bool:
    """Whether the policy lets an AWS service in, such as codebuild.amazonaws.com."""
    return _allows(policy, "Service", ["*", service], {key.lower(): value for key, value in context.items()})


def _allows(policy: Mapping[str, Any], kind: str, names: Iterable[str], context: Context) -> bool:
    """An explicit Deny wins; without an Allow it is no."""
    asked = Asked(ASSUME_ROLE, "", context)
    effects = {
        statement.allows
        for statement in policy_of(policy)
        if statement.names(kind, names) and statement.speaks_of(asked)
    }
    return effects == {True}
