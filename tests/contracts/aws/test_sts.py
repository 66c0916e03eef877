"""STS: who is calling, and roles that ask for an ExternalId."""

import pytest
from botocore.exceptions import ClientError

from tests.contracts.aws.account import Account, once_allowed


def test_who_is_calling(account: Account) -> None:
    sts = account.client("sts")
    told = account.cli("sts", "GetCallerIdentity")
    asked = sts.get_caller_identity()
    assert (told["Account"], told["Arn"]) == (asked["Account"], asked["Arn"])


def test_a_role_asks_for_its_external_id(account: Account) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "the-right-one"}}
    role = account.create_role({"AWS": f"arn:aws:iam::{account.id}:root"}, Condition=condition)
    sts = account.client("sts")
    request = {"RoleArn": role, "RoleSessionName": "contract", "DurationSeconds": 900}
    assumed = once_allowed(
        lambda: sts.assume_role(**request, ExternalId="the-right-one"), "AccessDenied", "InvalidPrincipal"
    )
    for wrong in ({"ExternalId": "a-wrong-one"}, {}):
        with pytest.raises(ClientError) as refused:
            sts.assume_role(**request, **wrong)
        assert refused.value.response["Error"]["Code"] == "AccessDenied"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    name = role.rpartition("/")[2]
    arn = f"arn:aws:sts::{account.id}:assumed-role/{name}/contract"
    assert assumed["AssumedRoleUser"]["Arn"] == arn
    keys = assumed["Credentials"]
    as_role = account.client(
        "sts",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert once_allowed(as_role.get_caller_identity, "InvalidClientTokenId")["Arn"] == arn


def test_a_role_that_is_not_there(account: Account) -> None:
    nobody = f"arn:aws:iam::{account.id}:role/{account.prefix}-nobody"
    with pytest.raises(ClientError) as refused:
        account.client("sts").assume_role(RoleArn=nobody, RoleSessionName="contract")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
