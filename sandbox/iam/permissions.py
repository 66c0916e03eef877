"""May this request be made? Asked once per request when the sandbox runs with ``--iam``."""

import sys
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus

from werkzeug.wrappers import Request, Response

from sandbox.aws.calls import Call, form_of
from sandbox.aws.errors import AwsError, access_denied, error_response
from sandbox.aws.principals import Principal
from sandbox.aws.roles import trust_policy
from sandbox.iam.actions import asked_by
from sandbox.iam.evaluation import Caller, Grant, ResourcePolicy, decide, unjudged
from sandbox.iam.identities import caller_of
from sandbox.iam.patterns import Context
from sandbox.iam.reading import read
from sandbox.iam.s3 import asked_of_s3, bucket_of
from sandbox.iam.statements import Asked, policy_of

# Calls that are made to get credentials, and so come without any.
_WITHOUT_CREDENTIALS = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, and from where."""

    principal: Principal
    address: str = "127.0.0.1"


# Whose request this thread serves: what CloudFormation makes on the way, it makes with his permissions.
asking: ContextVar[Identity] = ContextVar("asking")


def check(request: Request, call: Call, principal: Principal) -> None:
    """Refuse a signed request, in AWS's words, that the caller's policies do not allow."""
    if call.service == "sts" and "PolicyArns.member.1.arn" in form_of(request):
        raise AwsError(
            "NotImplementedException",
            "The sandbox does not have session policies by ARN (PolicyArns); pass the text as Policy",
        )
    identity = Identity(principal, request.remote_addr or "127.0.0.1")
    asking.set(identity)
    for asked in asked_by(read(request, call, principal)):
        require(identity, asked, call.protocol)


def check_anonymous(request: Request, call: Call) -> None:
    """Refuse a request without a signature, but for what a bucket's policy lets everybody have."""
    if call.operation in _WITHOUT_CREDENTIALS:
        return
    if call.operation is not None:
        raise AwsError(
            "MissingAuthenticationTokenException", "Missing Authentication Token", HTTPStatus.FORBIDDEN
        )
    reading = read(request, replace(call, service="s3"), Principal("", "", "", ""))
    for asked in asked_of_s3(reading):
        policy = _policy_of_bucket(bucket_of(reading))
        if policy and not decide(Caller(policy.account, (("*", Grant.SELF),)), asked, policy).allowed:
            raise AwsError("AccessDenied", "Access Denied", HTTPStatus.FORBIDDEN)


def hide_missing(request: Request, call: Call, principal: Principal, response: Response) -> Response:
    """S3 tells that a key is not there only to whoever may list the bucket; to others it is forbidden.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
    missing = response.status_code == HTTPStatus.NOT_FOUND
    if not missing or call.service != "s3" or call.operation not in ("GetObject", "HeadObject"):
        return response
    bucket = bucket_of(read(request, call, principal))
    listing = Asked("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    if _policy_of_bucket(bucket) is None or may(Identity(principal), listing):
        return response
    return error_response(AwsError("AccessDenied", "Access Denied", HTTPStatus.FORBIDDEN), "s3")


def check_git(principal: Principal, action: str, repository: str) -> None:
    """Refuse GitPull or GitPush of a repository's ARN."""
    require(Identity(principal), Asked(f"codecommit:{action}", repository), "json")


def require(identity: Identity, asked: Asked, protocol: str, via: str = "") -> None:
    """Refuse an action that the caller's policies do not allow; ``via``: the service that acts for him."""
    caller = caller_of(identity.principal)
    asked = replace(asked, context={**_facts(identity, via), **asked.context})
    decision = decide(caller, asked, _resource_policy(asked))
    if decision.allowed:
        return
    resource = f'"{asked.resource}"' if asked.action.startswith("s3:") else asked.resource
    message = (
        f"User: {identity.principal.arn} is not authorized to perform: {asked.action} "
        f"on resource: {resource} {decision.because}"
    )
    for operator in dict.fromkeys(unjudged(caller.identity, asked)):
        message += f" (the sandbox cannot judge the condition operator {operator}: it allows nothing)"
    print(f"sandbox: {message}", file=sys.stderr, flush=True)
    raise access_denied(message, protocol)


def may(identity: Identity, asked: Asked) -> bool:
    asked = replace(asked, context={**_facts(identity, ""), **asked.context})
    return decide(caller_of(identity.principal), asked, _resource_policy(asked)).allowed


def _resource_policy(asked: Asked) -> ResourcePolicy | None:
    # Whose name a bucket that is to be made already is says S3 itself.
    if asked.action.startswith("s3:") and asked.action != "s3:CreateBucket":
        return _policy_of_bucket(asked.resource.removeprefix("arn:aws:s3:::").partition("/")[0])
    if asked.action == "sts:AssumeRole":
        trust = trust_policy(asked.resource)
        return ResourcePolicy(asked.resource.split(":")[4], policy_of(trust)) if trust else None
    return None


def _policy_of_bucket(bucket: str) -> ResourcePolicy | None:
    """A bucket's policy and account; a bucket without a policy still belongs to somebody."""
    # Not sooner: the sandbox starts without the parts of moto that nobody has asked for.
    from moto.s3.models import s3_backends

    partition, account = s3_backends.bucket_accounts.get(bucket, ("", ""))
    found = s3_backends[account][partition].buckets.get(bucket) if account else None
    if found is None:
        return None
    return ResourcePolicy(account, policy_of(found.policy.decode()) if found.policy else ())


def _facts(identity: Identity, via: str) -> Context:
    """The keys that every request has:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""
    principal, now = identity.principal, datetime.now(UTC)
    facts: dict[str, str | tuple[str, ...]] = {
        "aws:currenttime": now.isoformat(timespec="seconds"),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:principalaccount": principal.account,
        "aws:principalarn": principal.role_arn or principal.arn,
        "aws:principaltype": "AssumedRole" if principal.role_arn else "User",
        "aws:requestedregion": principal.region,
        # The sandbox stands in for endpoints that are only reached by TLS.
        "aws:securetransport": "true",
        "aws:sourceip": identity.address,
        "aws:viaawsservice": "true" if via else "false",
    }
    if principal.role_arn is None:
        facts["aws:username"] = principal.name
    if via:
        facts["aws:calledvia"] = (via,)
    return facts
