"""Puts the users and roles of policies.py into the accounts."""

import json
from typing import Any

from rehearsal.platform.aws import Aws, already_there
from rehearsal.platform.names import ORCHESTRATOR, Target
from rehearsal.platform.policies import Identity, identities_of, orchestrator
from rehearsal.platform.policies_statements import document
from release_ops.config import Catalog

KEY_SECRET = "release-ops/orchestrator-key"  # noqa: S105 - the secret's name


def make_roles(aws: Aws, catalog: Catalog, target: Target) -> None:
    for role in identities_of(target, catalog):
        _make_role(aws, role)


def make_orchestrator(aws: Aws, catalog: Catalog) -> tuple[str, str]:
    """Return the access key of Airflow's own user."""
    user, dev = orchestrator(catalog), catalog.environments["dev"]
    iam = aws.client("iam", user.account, dev.home_region)
    with already_there("EntityAlreadyExists"):
        iam.create_user(UserName=user.name)
    for name, statements in user.policies.items():
        # Managed ones: a user's inline policies may have 2,048 characters together, not for each.
        arn = _make_policy(iam, user.account, name, document(statements))
        iam.attach_user_policy(UserName=user.name, PolicyArn=arn)
    return _access_key(aws, iam, user.account, dev.home_region)


def _make_policy(iam: Any, account: str, name: str, text: str) -> str:
    try:
        arn: str = iam.create_policy(PolicyName=name, PolicyDocument=text)["Policy"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = f"arn:aws:iam::{account}:policy/{name}"
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
        # IAM keeps five versions and refuses the sixth.
        for version in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    return arn


def _access_key(aws: Aws, iam: Any, account: str, region: str) -> tuple[str, str]:
    """IAM shows a key's secret once, so it is kept: seeding again must not shut out an Airflow that runs."""
    secrets = aws.client("secretsmanager", account, region)
    with already_there("ResourceNotFoundException"):
        kept = json.loads(secrets.get_secret_value(SecretId=KEY_SECRET)["SecretString"])
        return kept["id"], kept["secret"]
    made = iam.create_access_key(UserName=ORCHESTRATOR)["AccessKey"]
    key = {"id": made["AccessKeyId"], "secret": made["SecretAccessKey"]}
    secrets.create_secret(Name=KEY_SECRET, SecretString=json.dumps(key))
    return key["id"], key["secret"]


def _make_role(aws: Aws, role: Identity) -> None:
    iam, trust = aws.client("iam", role.account, "us-east-1"), document([role.trust or {}])
    try:
        iam.create_role(RoleName=role.name, AssumeRolePolicyDocument=trust)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.update_assume_role_policy(RoleName=role.name, PolicyDocument=trust)
    for name, statements in role.policies.items():
        iam.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=document(statements))
