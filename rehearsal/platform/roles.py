"""Who may do what: the orchestrator, the builds, and the roles that they take in the target accounts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.platform.aws import Aws, already_there
from rehearsal.platform.names import (
    DEPLOY_EXTERNAL_ID,
    DEPLOYER,
    EXTERNAL_ID,
    ORCHESTRATOR,
    Target,
    role_arn,
    targets,
)
from release_ops.config import Catalog

Statement = Mapping[str, Any]
POLICY = "release"
KEY_SECRET = "release-ops/orchestrator-key"  # noqa: S105 - the secret's name
# What a deployment touches: sites, CloudFormation, and all that the samples' serverless.yml declare.
DEPLOYS = (
    *("apigateway:*", "cloudformation:*", "cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"),
    *("dynamodb:*Table*", "iam:*Role*", "lambda:*", "logs:*", "s3:*", "ssm:GetParameters"),
)
LOOKS = (
    "cloudformation:DescribeStacks",
    "cloudfront:GetDistribution",
    "lambda:InvokeFunction",
    "ssm:GetParameter",
)
BUILDS = ("BatchGetBuilds", "BatchGetProjects", "ListBuildsForProject", "StartBuild", "StopBuild")


def make_roles(aws: Aws, catalog: Catalog) -> None:
    dev = catalog.environments["dev"]
    for target in targets(catalog):
        _make_build_role(aws, target, catalog)
        _make_deploy_role(aws, target)
        orchestrator = f"arn:aws:iam::{dev.account}:user/{ORCHESTRATOR}"
        _make_role(
            aws,
            target.environment.account,
            ORCHESTRATOR,
            trust=_trusts({"AWS": orchestrator}, EXTERNAL_ID),
            may=[_allow(LOOKS, "*"), *_may_build(target, catalog, at=target.environment.account)],
        )


def make_orchestrator(aws: Aws, catalog: Catalog) -> tuple[str, str]:
    """Return the access key of Airflow's own user, in dev; its roles elsewhere are one AssumeRole away."""
    dev = catalog.environments["dev"]
    iam = aws.client("iam", dev.account, dev.home_region)
    with already_there("EntityAlreadyExists"):
        iam.create_user(UserName=ORCHESTRATOR)
    buckets = [dev.ledger_bucket, *(target.artifact_bucket for target in targets(catalog))]
    roles = [role_arn(target.environment.account, ORCHESTRATOR) for target in targets(catalog)]
    arns = [f"arn:aws:s3:::{bucket}{part}" for bucket in buckets for part in ("", "/*")]
    statements = [
        _allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], arns),
        _allow(["codecommit:GetBranch", "codecommit:GetCommit"], "*"),
        _allow(["sts:AssumeRole"], roles),
        *(part for target in targets(catalog) for part in _may_build(target, catalog, at=dev.account)),
    ]
    iam.put_user_policy(UserName=ORCHESTRATOR, PolicyName=POLICY, PolicyDocument=_document(statements))
    return _access_key(aws, iam, dev.account, dev.home_region)


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


def _make_build_role(aws: Aws, target: Target, catalog: Catalog) -> None:
    source = {"Service": "codebuild.amazonaws.com"}
    may = [
        _allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"),
        _allow(["codecommit:GitPull"], "*"),
        _allow(["s3:PutObject"], f"arn:aws:s3:::{target.artifact_bucket}/*"),
        # Production fetches the bundle that was proved in staging; the bucket's policy has to agree.
        _allow(["s3:GetObject"], [f"arn:aws:s3:::{one.artifact_bucket}/*" for one in targets(catalog)]),
        _allow(["sts:AssumeRole"], target.deploy_role_arn),
    ]
    _make_role(aws, target.builds_in.account, target.build_role, trust=_trusts(source), may=may)


def _make_deploy_role(aws: Aws, target: Target) -> None:
    trust = _trusts({"AWS": target.build_role_arn}, DEPLOY_EXTERNAL_ID)
    _make_role(aws, target.environment.account, DEPLOYER, trust=trust, may=[_allow(DEPLOYS, "*")])


def _may_build(target: Target, catalog: Catalog, *, at: str) -> list[Statement]:
    """StartBuild in one account only, and only of this environment's projects."""
    if target.builds_in.account != at:
        return []
    names = [service.build_projects[target.name] for service in catalog.services.values()]
    projects = [f"arn:aws:codebuild:*:{at}:project/{name}" for name in names]
    # A build's log is shown in the log of the task that waits for it.
    logs = [f"arn:aws:logs:*:{at}:log-group:/aws/codebuild/{name}:*" for name in names]
    return [
        _allow([f"codebuild:{action}" for action in BUILDS], projects),
        _allow(["logs:GetLogEvents"], logs),
    ]


def _make_role(aws: Aws, account: str, name: str, *, trust: str, may: Sequence[Statement]) -> None:
    iam = aws.client("iam", account, "us-east-1")
    with already_there("EntityAlreadyExists"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.put_role_policy(RoleName=name, PolicyName=POLICY, PolicyDocument=_document(may))


def _trusts(principal: Mapping[str, str], external_id: str | None = None) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return _document([statement])


def _allow(actions: Sequence[str], resource: str | Sequence[str]) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def _document(statements: Sequence[Statement]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
