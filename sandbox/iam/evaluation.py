"""May this caller do this? AWS's policy evaluation logic. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from sandbox.iam.statements import Asked, Policy, Statement


class Grant(IntEnum):
    """How a resource's own policy lets a caller in: not, by account, by the session's role, in person."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    SELF = 3


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: all names that a Principal may call it by, and the policies that limit it."""

    account: str
    names: tuple[tuple[str, Grant], ...]
    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: Policy | None = None


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """What a bucket or a role says for itself, and whose it is."""

    account: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Decision:
    """``because`` ends AWS's sentence: "... is not authorized to perform: X on resource: Y because"."""

    allowed: bool
    because: str = ""


def caller_names(account: str, arn: str, role_arn: str | None) -> tuple[tuple[str, Grant], ...]:
    names = [("*", Grant.SELF), (arn, Grant.SELF)]
    if role_arn:
        names.append((role_arn, Grant.ROLE))
    return (*names, (account, Grant.ACCOUNT), (f"arn:aws:iam::{account}:root", Grant.ACCOUNT))


def decide(caller: Caller, asked: Asked, resource: ResourcePolicy | None = None) -> Decision:
    """An explicit deny wins; then every kind of policy that applies has to allow."""
    granted = grant_of(resource.policy, caller, asked) if resource else Grant.NONE
    denial = _denial(caller, asked, resource)
    if denial:
        return Decision(False, f"with an explicit deny in {denial}")
    foreign = resource is not None and resource.account != caller.account
    if foreign and granted is Grant.NONE:
        return _silent("resource-based policy", asked)
    # In its own account, a policy that names the caller is enough: nothing else has to allow.
    if not foreign and granted is Grant.SELF:
        return Decision(True)
    by_identity = any(_allows(policy, asked) for policy in caller.identity)
    if not by_identity and (foreign or granted is not Grant.ROLE):
        return _silent("identity-based policy", asked)
    if caller.boundary is not None and not _allows(caller.boundary, asked):
        return _silent("permissions boundary", asked)
    if caller.session is not None and not _allows(caller.session, asked):
        return _silent("session policy", asked)
    return Decision(True)


def grant_of(policy: Policy, caller: Caller, asked: Asked) -> Grant:
    """How a resource's policy lets this caller in, its denials apart."""
    grants = dict(caller.names)
    found = [
        grants.get(name, Grant.SELF)
        for statement in policy
        if statement.allows and statement.speaks_of(asked)
        for name in statement.names("AWS", grants)
    ]
    return max(found, default=Grant.NONE)


def unjudged(policies: Iterable[Policy], asked: Asked) -> Iterator[str]:
    """Operators that are not known here, of statements that would otherwise speak of the request."""
    for statement in (one for policy in policies for one in policy if one.unknown_operators):
        plain = Statement(True, statement.actions, statement.resources, {}, None, statement.not_actions)
        if plain.speaks_of(asked):
            yield from statement.unknown_operators


def _denial(caller: Caller, asked: Asked, resource: ResourcePolicy | None) -> str:
    kinds: list[tuple[str, Iterable[Policy]]] = [
        ("an identity-based policy", caller.identity),
        ("a permissions boundary", filter(None, [caller.boundary])),
        ("a session policy", filter(None, [caller.session])),
    ]
    for kind, policies in kinds:
        if any(not one.allows and one.speaks_of(asked) for policy in policies for one in policy):
            return kind
    names = [name for name, _ in caller.names]
    own = resource.policy if resource else ()
    if any(not one.allows and one.names("AWS", names) and one.speaks_of(asked) for one in own):
        return "a resource-based policy"
    return ""


def _allows(policy: Policy, asked: Asked) -> bool:
    return any(one.allows and one.speaks_of(asked) for one in policy)


def _silent(kind: str, asked: Asked) -> Decision:
    return Decision(False, f"because no {kind} allows the {asked.action} action")
