"""Assuming roles: AssumeRole's check, and the sessions that AWS's services open for themselves."""

import json
import re
from dataclasses import dataclass
from typing import Any

from moto.iam.models import Role
from moto.sts.models import sts_backends

from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal, iam
from sandbox.aws.trust import trusts_principal, trusts_service
from sandbox.iam.patterns import Context


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str
    secret: str
    token: str | None = None

    def as_environment(self) -> dict[str, str]:
        variables = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret}
        return variables | ({"AWS_SESSION_TOKEN": self.token} if self.token else {})


def check_assume_role(caller: Principal, role_arn: str, external_id: str | None) -> None:
    """Refuse what the role's own trust policy, in the role's own account, does not allow."""
    policy = trust_policy(role_arn)
    if policy is None or not trusts_principal(policy, caller, external_id):
        raise AwsError(
            "AccessDenied",
            f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
            403,
        )


def service_may_assume(role_arn: str, service: str, context: Context) -> bool:
    """Whether the role exists and trusts this service."""
    policy = trust_policy(role_arn)
    return policy is not None and trusts_service(policy, service, context)


def assume_for_service(role_arn: str, region: str, session: str) -> Credentials:
    """Open a session of a role, as CodeBuild and Lambda do for what they run."""
    account = role_arn.split(":")[4]
    assumed = sts_backends[account]["aws"].assume_role(
        region_name=region,
        role_session_name=session[:64],
        role_arn=role_arn,
        policy="",
        duration=36000,
        external_id="",
    )
    return Credentials(assumed.access_key_id, assumed.secret_access_key, assumed.session_token)


def trust_policy(role_arn: str) -> dict[str, Any] | None:
    """Who may assume a role, in the words of its own account; None if there is no such role."""
    role = _role(role_arn)
    if role is None:
        return None
    document = role.assume_role_policy_document
    policy: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
    return policy


def _role(arn: str) -> Role | None:
    account = re.fullmatch(r"arn:aws:iam::(\d{12}):role/.+", arn)
    if account is None:
        return None
    # A copy: another thread may create a role meanwhile.
    return next((role for role in list(iam(account[1]).roles.values()) if role.arn == arn), None)
