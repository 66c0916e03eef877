"""The policies of whoever calls: a user's, his groups', a role's, its session's; moto keeps them."""

from moto.iam.models import Group, ManagedPolicy, Role, User
from moto.sts.models import sts_backends

from sandbox.aws.principals import Principal, iam
from sandbox.iam.evaluation import Caller, caller_names
from sandbox.iam.statements import Policy, policy_of


def caller_of(principal: Principal) -> Caller:
    """A principal with its policies; a session's own policy is found by the session's key."""
    names = caller_names(principal.account, principal.arn, principal.role_arn)
    if principal.role_arn is None:
        return Caller(principal.account, names, _of_user(principal))
    # A copy: another thread may create a role meanwhile.
    roles = list(iam(principal.account).roles.values())
    role = next((one for one in roles if one.arn == principal.role_arn), None)
    if role is None:
        return Caller(principal.account, names)
    identity = tuple(map(policy_of, _documents(role)))
    return Caller(
        principal.account,
        names,
        identity,
        _boundary(principal.account, role),
        _session(principal),
    )


def _of_user(principal: Principal) -> tuple[Policy, ...]:
    backend = iam(principal.account)
    user = backend.users.get(principal.name)
    if not isinstance(user, User):
        return ()
    groups = [one for one in list(backend.groups.values()) if isinstance(one, Group) and user in one.users]
    owners: list[User | Group] = [user, *groups]
    documents = [document for owner in owners for document in _documents(owner)]
    return tuple(map(policy_of, documents))


def _documents(owner: User | Group | Role) -> list[str]:
    """What is written into it, and what is attached to it."""
    return [*owner.policies.values(), *map(_document, list(owner.managed_policies.values()))]


def _document(policy: ManagedPolicy) -> str:
    """The version that is in force."""
    return next(one.document for one in policy.versions if one.version_id == policy.default_version_id)


def _boundary(account: str, role: Role) -> Policy | None:
    """The permissions boundary; one that was deleted since allows nothing."""
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    policy = iam(account).managed_policies.get(arn)
    return policy_of(_document(policy)) if policy else ()


def _session(principal: Principal) -> Policy | None:
    sessions = sts_backends[principal.account]["aws"]
    session = sessions.get_assumed_role_from_access_key(principal.access_key or "")
    return policy_of(session.policy) if session and session.policy else None
