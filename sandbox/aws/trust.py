"""Does a role's trust policy let this caller assume it? Pure.

moto looks the role up in the caller's account and lets a missing ExternalId pass: no cross-account rule
is ever tested there."""

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.aws.principals import Principal

ASSUME_ROLE = "sts:AssumeRole"
Context = Mapping[str, str]
Statement = Mapping[str, Any]


def trusts_principal(policy: Statement, caller: Principal, external_id: str | None) -> bool:
    """Whether the policy lets this user or role in, with this ExternalId."""
    context = {"aws:PrincipalArn": caller.role_arn or caller.arn, "aws:PrincipalAccount": caller.account}
    if external_id is not None:
        context["sts:ExternalId"] = external_id
    names = {"*", caller.arn, caller.account, f"arn:aws:iam::{caller.account}:root"}
    if caller.role_arn:
        names.add(caller.role_arn)
    return _allows(policy, "AWS", names, context)


def trusts_service(policy: Statement, service: str, context: Context) -> bool:
    """Whether the policy lets an AWS service in, such as codebuild.amazonaws.com."""
    return _allows(policy, "Service", {"*", service}, context)


def _allows(policy: Statement, kind: str, names: set[str], context: Context) -> bool:
    """An explicit Deny wins; without an Allow it is no."""
    effects = {
        statement.get("Effect")
        for statement in _list(policy.get("Statement"))
        if _names_action(statement)
        and _names_principal(statement, kind, names)
        and _holds(statement, context)
    }
    return effects == {"Allow"}


def _names_action(statement: Statement) -> bool:
    return any(fnmatch.fnmatchcase(ASSUME_ROLE, action) for action in _list(statement.get("Action")))


def _names_principal(statement: Statement, kind: str, names: set[str]) -> bool:
    principal = statement.get("Principal", {})
    if isinstance(principal, str):
        return principal == "*"
    return not names.isdisjoint(_list(principal.get(kind)))


def _holds(statement: Statement, context: Context) -> bool:
    """Every condition; one that the sandbox cannot judge does not hold."""
    return all(
        _condition(operator, context.get(key), [str(value) for value in _list(values)])
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _condition(operator: str, actual: str | None, wanted: Iterable[str]) -> bool:
    operator, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    if actual is None:
        return if_exists
    if operator in ("StringEquals", "ArnEquals"):
        return actual in wanted
    if operator in ("StringLike", "ArnLike"):
        return any(fnmatch.fnmatchcase(actual, pattern) for pattern in wanted)
    if operator == "StringNotEquals":
        return actual not in wanted
    return False


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
