"""AWS's policy evaluation logic, as a table: who has which policies, what is asked, what comes of it."""

from typing import Any

import pytest

from sandbox.iam.evaluation import Caller, Grant, ResourcePolicy, caller_names, decide, unjudged
from sandbox.iam.patterns import matches_arn
from sandbox.iam.statements import Asked, policy_of

DEV, STAGING = "111111111111", "222222222222"
USER = f"arn:aws:iam::{DEV}:user/ada"
ROLE = f"arn:aws:iam::{DEV}:role/builds"
SESSION = f"arn:aws:sts::{DEV}:assumed-role/builds/one"
OBJECT = "arn:aws:s3:::ledger/a"
READ = Asked("s3:GetObject", OBJECT)


def policy(*statements: dict[str, Any]) -> Any:
    return policy_of({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def user(*policies: Any, **limits: Any) -> Caller:
    return Caller(DEV, caller_names(DEV, USER, None), policies, **limits)


def session(*policies: Any, **limits: Any) -> Caller:
    return Caller(DEV, caller_names(DEV, SESSION, ROLE), policies, **limits)


def bucket(account: str, *statements: dict[str, Any]) -> ResourcePolicy:
    return ResourcePolicy(account, policy(*statements))


def by(principal: Any) -> dict[str, Any]:
    return {"Principal": {"AWS": principal}}


SILENT = "because no identity-based policy allows the s3:GetObject action"
DECISIONS = [
    pytest.param(user(), None, SILENT, id="without a policy nothing is allowed"),
    pytest.param(user(policy(allow())), None, "", id="one policy that allows is enough"),
    pytest.param(user(policy(allow("S3:getobject"))), None, "", id="the case of an action does not count"),
    pytest.param(user(policy(allow("s3:Get*"))), None, "", id="an action's wildcard"),
    pytest.param(user(policy(allow("s3:Put*"))), None, SILENT, id="another action"),
    pytest.param(
        user(policy(allow(resource="arn:aws:s3:::Ledger/*"))), None, SILENT, id="an ARN's case counts"
    ),
    pytest.param(
        user(policy(allow()), policy(deny("s3:*"))),
        None,
        "with an explicit deny in an identity-based policy",
        id="a deny in any policy wins",
    ),
    pytest.param(
        user(policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})), None, "", id="NotAction"
    ),
    pytest.param(
        user(policy({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})),
        None,
        SILENT,
        id="NotAction leaves its own out",
    ),
    pytest.param(
        user(policy({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::ledger/*"})),
        None,
        SILENT,
        id="NotResource leaves its own out",
    ),
    pytest.param(
        session(policy(allow("*")), boundary=policy(allow("ec2:*"))),
        None,
        "because no permissions boundary allows the s3:GetObject action",
        id="the boundary has to allow as well",
    ),
    pytest.param(
        session(policy(allow("*")), boundary=policy(allow("*"), deny("s3:*"))),
        None,
        "with an explicit deny in a permissions boundary",
        id="a deny in the boundary",
    ),
    pytest.param(
        session(policy(allow("*")), session=policy(allow("ec2:*"))),
        None,
        "because no session policy allows the s3:GetObject action",
        id="a session policy only takes away",
    ),
    pytest.param(
        session(policy(), session=policy(allow("*"))), None, SILENT, id="a session policy gives nothing"
    ),
    pytest.param(user(), bucket(DEV, allow(**by(USER))), "", id="a bucket's own policy is enough at home"),
    pytest.param(session(), bucket(DEV, allow(**by(ROLE))), "", id="by the session's role, too"),
    pytest.param(
        session(boundary=policy(allow("ec2:*"))),
        bucket(DEV, allow(**by(ROLE))),
        "because no permissions boundary allows the s3:GetObject action",
        id="a grant to the role is within the boundary",
    ),
    pytest.param(
        session(boundary=policy(allow("ec2:*"))),
        bucket(DEV, allow(**by(SESSION))),
        "",
        id="a grant to the session is not",
    ),
    pytest.param(
        user(), bucket(DEV, allow(**by(DEV))), SILENT, id="to trust an account leaves it to its policies"
    ),
    pytest.param(
        user(policy(allow())),
        bucket(STAGING),
        "because no resource-based policy allows the s3:GetObject action",
        id="abroad, the bucket has to allow",
    ),
    pytest.param(user(), bucket(STAGING, allow(**by(USER))), SILENT, id="abroad, so does one's own account"),
    pytest.param(user(policy(allow())), bucket(STAGING, allow(**by(DEV))), "", id="abroad, with both"),
    pytest.param(
        user(policy(allow())),
        bucket(DEV, {**deny(), "Principal": "*"}),
        "with an explicit deny in a resource-based policy",
        id="a bucket's deny wins",
    ),
    pytest.param(
        user(policy(allow())),
        bucket(DEV, {**deny(), "NotPrincipal": {"AWS": USER}}),
        "",
        id="NotPrincipal leaves its own out",
    ),
    pytest.param(
        session(policy(allow())),
        bucket(DEV, {**deny(), "NotPrincipal": {"AWS": USER}}),
        "with an explicit deny in a resource-based policy",
        id="NotPrincipal means everybody else",
    ),
]


@pytest.mark.parametrize(("caller", "resource", "because"), DECISIONS)
def test_a_decision(caller: Caller, resource: ResourcePolicy | None, because: str) -> None:
    decision = decide(caller, READ, resource)
    assert (decision.allowed, decision.because) == (not because, because)


FACTS = {
    "aws:username": "ada",
    "aws:principalarn": ROLE,
    "aws:sourceip": "10.1.2.3",
    "aws:securetransport": "true",
    "aws:currenttime": "2026-11-23T20:00:00Z",
    "s3:max-keys": "100",
    "names": ("RELEASE_KEY", "PATH"),
}
CONDITIONS = [
    pytest.param({"StringEquals": {"aws:username": ["bob", "ada"]}}, True, id="one of several values"),
    pytest.param({"StringEquals": {"AWS:UserName": "ada"}}, True, id="the case of a key does not count"),
    pytest.param({"StringEquals": {"aws:username": "a*"}}, False, id="StringEquals has no wildcards"),
    pytest.param({"StringLike": {"aws:username": "a?a"}}, True, id="StringLike has"),
    pytest.param({"StringNotEquals": {"aws:username": ["bob", "ada"]}}, False, id="not any of several"),
    pytest.param({"StringEquals": {"absent": "x"}}, False, id="an absent key equals nothing"),
    pytest.param({"StringNotEquals": {"absent": "x"}}, True, id="an absent key differs from everything"),
    pytest.param({"StringEqualsIfExists": {"absent": "x"}}, True, id="IfExists forgives"),
    pytest.param({"StringEqualsIfExists": {"aws:username": "x"}}, False, id="IfExists checks what is there"),
    pytest.param({"StringEqualsIgnoreCase": {"aws:username": "ADA"}}, True, id="without regard to case"),
    pytest.param({"StringEquals": {"aws:username": "${aws:username}"}}, True, id="a variable"),
    pytest.param({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, True, id="an ARN's parts"),
    pytest.param({"ArnLike": {"aws:PrincipalArn": "arn:*:role/*"}}, False, id="* ends with a part"),
    pytest.param({"ArnNotEquals": {"aws:PrincipalArn": ROLE}}, False, id="another ARN"),
    pytest.param({"Bool": {"aws:SecureTransport": "True"}}, True, id="Bool"),
    pytest.param({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False, id="Bool of an absent key"),
    pytest.param({"Null": {"absent": "true"}}, True, id="Null: it is absent"),
    pytest.param({"Null": {"aws:username": "true"}}, False, id="Null: it is there"),
    pytest.param({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True, id="a network"),
    pytest.param({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False, id="not that network"),
    pytest.param({"IpAddress": {"aws:username": "10.0.0.0/8"}}, False, id="a name is no address"),
    pytest.param({"NumericLessThanEquals": {"s3:max-keys": "100"}}, True, id="a number"),
    pytest.param({"DateGreaterThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}, False, id="a date"),
    pytest.param({"ForAllValues:StringLike": {"names": "RELEASE_*"}}, False, id="all of many values"),
    pytest.param({"ForAllValues:StringLike": {"absent": "RELEASE_*"}}, True, id="all of none"),
    pytest.param({"ForAnyValue:StringLike": {"names": "RELEASE_*"}}, True, id="any of many values"),
    pytest.param({"ForAnyValue:StringNotLike": {"names": "RELEASE_*"}}, True, id="one that is not like it"),
    pytest.param({"ForAnyValue:StringNotLike": {"absent": "RELEASE_*"}}, False, id="any of none"),
    pytest.param(
        {"StringEquals": {"aws:username": "ada"}, "Null": {"absent": "false"}}, False, id="all operators"
    ),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_a_condition(condition: dict[str, Any], expected: bool) -> None:
    asked = Asked("s3:GetObject", OBJECT, FACTS)
    assert decide(user(policy(allow(Condition=condition))), asked).allowed is expected
    denied = decide(user(policy(allow()), policy(deny(Condition=condition))), asked)
    assert denied.allowed is not expected


@pytest.mark.parametrize("operator", ["BinaryEquals", "StringEqual", "ForSomeValues:StringEquals"])
def test_an_operator_that_cannot_be_judged_lets_nobody_in_and_is_named(operator: str) -> None:
    """An Allow does not count, a Deny does: whatever the operator means, that is the safe side."""
    condition = {operator: {"aws:username": "ada"}}
    asked = Asked("s3:GetObject", OBJECT, FACTS)
    allowing, denying = policy(allow(Condition=condition)), policy(deny(Condition=condition))
    assert not decide(user(allowing), asked).allowed
    assert not decide(user(policy(allow()), denying), asked).allowed
    assert list(unjudged([allowing], asked)) == [operator]
    assert list(unjudged([allowing], Asked("s3:PutObject", OBJECT, FACTS))) == []


ARNS = [
    pytest.param("*", "*", True, id="everything, of an action without resources"),
    pytest.param(OBJECT, "*", False, id="an action without resources needs *"),
    pytest.param("arn:aws:s3:::ledger/*", OBJECT, True, id="the end of the last part"),
    pytest.param(
        "arn:aws:logs:*:*:log-group:/a:*", "arn:aws:logs:x:1:log-group:/a:s:b", True, id="colons there"
    ),
    pytest.param("arn:aws:s3:::${aws:username}/a", "arn:aws:s3:::ada/a", True, id="a variable"),
    pytest.param("arn:aws:s3:::${absent}/a", "arn:aws:s3:::/a", False, id="an unknown variable fits nothing"),
    pytest.param("arn:aws:s3:::${absent, 'ada'}/a", "arn:aws:s3:::ada/a", True, id="a variable's default"),
    pytest.param("arn:aws:s3:::a${*}", "arn:aws:s3:::ab", False, id="a star that is meant"),
]


@pytest.mark.parametrize(("pattern", "arn", "expected"), ARNS)
def test_an_arn(pattern: str, arn: str, expected: bool) -> None:
    assert matches_arn(pattern, arn, FACTS) is expected


def test_a_value_of_a_variable_brings_no_wildcards_along() -> None:
    assert not matches_arn("arn:aws:s3:::${who}", "arn:aws:s3:::anything", {"who": "*"})


def test_who_a_session_is_to_others() -> None:
    assert dict(caller_names(DEV, SESSION, ROLE)) == {
        "*": Grant.SELF,
        SESSION: Grant.SELF,
        ROLE: Grant.ROLE,
        DEV: Grant.ACCOUNT,
        f"arn:aws:iam::{DEV}:root": Grant.ACCOUNT,
    }
