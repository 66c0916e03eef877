"""AssumeRole within and across accounts: the role's own trust policy decides."""

import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

DEV = "111111111111"
EXTERNAL_ID = {"StringEquals": {"sts:ExternalId": "release"}}


def assume(client: Any, role: str, **parameters: str) -> dict[str, str]:
    answer = client.assume_role(RoleArn=role, RoleSessionName="test", **parameters)
    credentials: dict[str, str] = answer["Credentials"]
    return credentials


CASES = [
    pytest.param({"AWS": f"arn:aws:iam::{DEV}:root"}, None, {}, True, id="the account is trusted"),
    pytest.param({"AWS": DEV}, None, {}, True, id="the account by its number"),
    pytest.param({"AWS": "arn:aws:iam::333333333333:root"}, None, {}, False, id="another account is trusted"),
    pytest.param({"AWS": f"arn:aws:iam::{DEV}:user/admin"}, None, {}, True, id="the user is trusted"),
    pytest.param({"AWS": f"arn:aws:iam::{DEV}:user/other"}, None, {}, False, id="another user is trusted"),
    pytest.param({"Service": "codebuild.amazonaws.com"}, None, {}, False, id="only a service is trusted"),
    pytest.param({"AWS": "*"}, EXTERNAL_ID, {"ExternalId": "release"}, True, id="the right ExternalId"),
    pytest.param({"AWS": "*"}, EXTERNAL_ID, {"ExternalId": "wrong"}, False, id="a wrong ExternalId"),
    pytest.param({"AWS": "*"}, EXTERNAL_ID, {}, False, id="no ExternalId"),
    pytest.param({"AWS": DEV}, None, {"ExternalId": "any"}, True, id="an ExternalId that nobody asked for"),
    pytest.param(
        {"AWS": "*"},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
        {},
        False,
        id="a condition it cannot judge",
    ),
]


@pytest.mark.parametrize(("principal", "condition", "parameters", "allowed"), CASES)
def test_the_trust_policy_of_another_account_s_role(
    principal: Any,
    condition: Any,
    parameters: dict[str, str],
    allowed: bool,
    sandbox: Any,
    trust: Callable[..., Any],
) -> None:
    role = sandbox.create_role("staging", trust(principal, condition))
    sts = sandbox.client("sts")
    if not allowed:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            assume(sts, role, **parameters)
        error = refused.value.response
        assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("AccessDenied", 403)
        assert (
            f"is not authorized to perform: sts:AssumeRole on resource: {role}" in error["Error"]["Message"]
        )
        return
    credentials = assume(sts, role, **parameters)
    identity = sandbox.client_as(credentials, "sts").get_caller_identity()
    assert identity["Account"] == "222222222222"
    assert identity["Arn"] == f"{role.replace('iam', 'sts', 1).replace(':role/', ':assumed-role/')}/test"


def test_a_role_that_does_not_exist(sandbox: Any) -> None:
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        assume(sandbox.client("sts"), "arn:aws:iam::222222222222:role/nobody")


def test_a_role_in_a_role(sandbox: Any, trust: Callable[..., Any]) -> None:
    """As a build does it: the build's role in dev, then the deploy role in staging that trusts just it."""
    first = sandbox.create_role("dev", trust({"AWS": DEV}))
    second = sandbox.create_role("staging", trust({"AWS": first}))
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        assume(sandbox.client("sts"), second)
    as_first = sandbox.client_as(assume(sandbox.client("sts"), first), "sts")
    s3 = sandbox.client_as(assume(as_first, second), "s3")
    s3.create_bucket(Bucket="made-by-a-role", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    owned = [
        bucket["Name"]
        for account in ("dev", "staging")
        for bucket in sandbox.client("s3", account).list_buckets()["Buckets"]
        if bucket["Name"] == "made-by-a-role" and account == "staging"
    ]
    assert owned == ["made-by-a-role"]


def test_a_role_with_a_path(sandbox: Any, trust: Callable[..., Any]) -> None:
    """Its sessions are known by its whole ARN, though their own leaves the path out."""
    iam, name = sandbox.client("iam"), "a-role-with-a-path"
    iam.create_role(Path="/builds/", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust({"AWS": DEV})))
    first = f"arn:aws:iam::{DEV}:role/builds/{name}"
    second = sandbox.create_role("staging", trust({"AWS": first}))
    as_first = sandbox.client_as(assume(sandbox.client("sts"), first), "sts")
    assert assume(as_first, second)


def test_an_unknown_key_is_refused(sandbox: Any) -> None:
    credentials = {"AccessKeyId": "AKIAREALONE", "SecretAccessKey": "x", "SessionToken": "y"}
    for service, call in (
        ("sts", "get_caller_identity"),
        ("codebuild", "list_projects"),
        ("s3", "list_buckets"),
    ):
        with pytest.raises(botocore.exceptions.ClientError, match="security token included in the request"):
            getattr(sandbox.client_as(credentials, service), call)()


def test_accounts_are_apart(sandbox: Any) -> None:
    sandbox.client("ssm", "staging").put_parameter(Name="/only/staging", Value="x", Type="String")
    for account, found in (("dev", 0), ("staging", 1), ("production", 0)):
        names = sandbox.client("ssm", account).get_parameters(Names=["/only/staging"])["Parameters"]
        assert len(names) == found
