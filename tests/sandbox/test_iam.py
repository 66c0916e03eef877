"""Who may do what on the sample platform, asked over HTTP of a sandbox that checks permissions.

Every principal has exactly the credentials that a release gives it: Airflow its user's key, its roles by
their ExternalId, a deployment those of its build's role."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.platform import seed
from release_ops.config import load_catalog

ROOT = Path(__file__).parents[2]
DEV, STAGING, PRODUCTION = "111111111111", "222222222222", "333333333333"
REGION = "eu-west-1"
LEDGER, BUNDLES = f"release-ops-ledger-{DEV}", f"release-ops-artifacts-{DEV}"
BUILT = f"release-ops-artifacts-{PRODUCTION}"
COMMIT = "0" * 40

ALLOWED = ""
NO = "because no identity-based policy allows the"
NEVER = "with an explicit deny in an identity-based policy"
BUCKET_SAYS_NO = "with an explicit deny in a resource-based policy"
NOT_TRUSTED = "is not authorized to perform: sts:AssumeRole on resource"


class Principals:
    """Clients for everybody who has a part in a release."""

    def __init__(self, sandbox: Any, connections: Mapping[str, str]) -> None:
        self._sandbox = sandbox
        self._connections = {name: json.loads(text) for name, text in connections.items()}
        self._keys: dict[str, dict[str, str]] = {}

    def client(self, who: str, service: str, region: str) -> Any:
        if who not in self._keys:
            self._keys[who] = self._credentials(who)
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self._sandbox.endpoint,
            config=Config(s3={"addressing_style": "path"}),
            **self._keys[who],
        )

    def _credentials(self, who: str) -> dict[str, str]:
        if who.startswith("admin "):
            return keys(f"AKIA{account_of(who)}ADMN", "any")
        if who == "airflow":
            connection = self._connections["aws_release_dev"]
            return keys(connection["login"], connection["password"])
        if who == "stranger":
            return self._stranger
        if who.startswith("airflow "):
            account, external_id = account_of(who), "release-ops"
            return self._assume("airflow", f"arn:aws:iam::{account}:role/release-orchestrator", external_id)
        kind, service, environment = who.split()
        if kind == "build":
            return self._build(service, environment)
        role = f"arn:aws:iam::{account_of(environment)}:role/release-deploy-{service}"
        return self._assume(f"build {service} {environment}", role, "release-ops-deploy")

    def _assume(self, who: str, role: str, external_id: str | None = None) -> dict[str, str]:
        more = {"ExternalId": external_id} if external_id else {}
        sts = self.client(who, "sts", REGION)
        taken = sts.assume_role(RoleArn=role, RoleSessionName="test", **more)["Credentials"]
        return keys(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])

    def _build(self, service: str, environment: str) -> dict[str, str]:
        """CodeBuild alone may take a build's role: for this table, its account's administrator as well."""
        account = DEV if environment == "staging" else PRODUCTION
        name, admin = f"release-build-{service}-{environment}", f"admin {account}"
        iam = self.client(admin, "iam", REGION)
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        opened = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:user/admin"},
            "Action": "sts:AssumeRole",
        }
        trust["Statement"].append(opened)
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        return self._assume(admin, f"arn:aws:iam::{account}:role/{name}")

    @cached_property
    def _stranger(self) -> dict[str, str]:
        iam = self.client(f"admin {DEV}", "iam", REGION)
        iam.create_user(UserName="stranger")
        made = iam.create_access_key(UserName="stranger")["AccessKey"]
        return keys(made["AccessKeyId"], made["SecretAccessKey"])


def keys(key: str, secret: str, token: str | None = None) -> dict[str, str]:
    session = {"aws_session_token": token} if token else {}
    return {"aws_access_key_id": key, "aws_secret_access_key": secret, **session}


def account_of(who: str) -> str:
    names = {"dev": DEV, "staging": STAGING, "production": PRODUCTION}
    return names.get(who.split()[-1], who.split()[-1])


@pytest.fixture(scope="module")
def principals(
    tmp_path_factory: pytest.TempPathFactory, running_sandbox: Callable[..., Any]
) -> Iterator[Principals]:
    with running_sandbox(tmp_path_factory.mktemp("iam") / "state", "--iam") as sandbox:
        catalog = load_catalog(ROOT / "config" / "services.yaml")
        platform = seed(sandbox.endpoint, catalog, ROOT / "samples")
        secrets = sandbox.client("secretsmanager")
        for service in ("orders", "payments"):
            secrets.create_secret(Name=f"release/{service}/token", SecretString=service)
            name = f"/release/{service}/level"
            sandbox.client("ssm").put_parameter(Name=name, Value="1", Type="String")
        for bucket, key in ((BUNDLES, "courier/app.aab"), (BUNDLES, "orders/app.aab")):
            sandbox.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
        of_stacks = sandbox.client("cloudformation", "staging")
        of_stacks.create_stack(**stack("orders-staging", **TABLE))
        yield Principals(sandbox, platform.connections)


def project(name: str, **more: Any) -> dict[str, Any]:
    return {"projectName": name, "sourceVersion": COMMIT, **more}


def variable(name: str) -> dict[str, Any]:
    return {"environmentVariablesOverride": [{"name": name, "value": "x", "type": "PLAINTEXT"}]}


def stack(name: str, **resource: Any) -> dict[str, Any]:
    """A stack with one part more than its table."""
    kind = resource["Type"].rpartition(":")[2]
    body = json.dumps({"Resources": {"Table": TABLE, kind: resource}})
    return {"StackName": name, "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"]}


def object_in(bucket: str, key: str) -> dict[str, Any]:
    return {"Bucket": bucket, "Key": key}


def role_in(account: str, name: str, **more: Any) -> dict[str, Any]:
    return {"RoleArn": f"arn:aws:iam::{account}:role/{name}", "RoleSessionName": "test", **more}


def log(project: str) -> dict[str, Any]:
    return {"logGroupName": f"/aws/codebuild/{project}", "logStreamName": "one"}


def lambda_role(name: str) -> dict[str, Any]:
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    trust["Statement"][0]["Action"] = "sts:AssumeRole"
    return {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name, "AssumeRolePolicyDocument": trust}}


QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders-staging-queue"}}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "TableName": "orders-staging-table",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    },
}
FUNCTION = {
    "FunctionName": "orders-staging-x",
    "Runtime": "python3.13",
    "Handler": "a.b",
    "Code": {"ZipFile": b""},
}
CACHE = {
    "DistributionId": "E1",
    "InvalidationBatch": {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "x"},
}

# who | service.operation | its parameters | what comes of it
TABLE_OF_PERMISSIONS: list[tuple[str, str, dict[str, Any], str]] = [
    # Airflow, at home: it starts staging's builds, as they are.
    ("airflow", "codebuild.start_build", project("orders-staging", **variable("RELEASE_KEY")), ALLOWED),
    ("airflow", "codebuild.start_build", project("orders-staging", **variable("PATH")), NEVER),
    ("airflow", "codebuild.start_build", project("orders-staging", **variable("DEPLOY_ROLE_ARN")), NEVER),
    ("airflow", "codebuild.start_build", project("orders-staging", buildspecOverride="version: 0.2"), NEVER),
    ("airflow", "codebuild.start_build", project("orders-staging", imageOverride="evil:1"), NEVER),
    ("airflow", "codebuild.start_build", project("orders-staging", privilegedModeOverride=True), NEVER),
    (
        "airflow",
        "codebuild.start_build",
        project(
            "orders-staging", serviceRoleOverride=f"arn:aws:iam::{DEV}:role/release-build-payments-staging"
        ),
        NEVER,
    ),
    ("airflow", "codebuild.start_build", project("somebody-else"), NO),
    ("airflow", "codebuild.update_project", {"name": "orders-staging", "description": "mine"}, NO),
    ("airflow", "codebuild.delete_project", {"name": "orders-staging"}, NO),
    ("airflow", "codebuild.batch_get_builds", {"ids": ["orders-staging:1"]}, ALLOWED),
    ("airflow", "codebuild.batch_get_builds", {"ids": ["orders-staging:1", "other:1"]}, NO),
    ("airflow", "codebuild.stop_build", {"id": "orders-staging:1"}, ALLOWED),
    ("airflow", "codebuild.list_builds_for_project", {"projectName": "orders-staging"}, ALLOWED),
    ("airflow", "codebuild.list_builds", {}, NO),
    ("airflow", "logs.get_log_events", log("orders-staging"), ALLOWED),
    ("airflow", "logs.get_log_events", log("somebody-else"), NO),
    ("airflow", "codecommit.get_branch", {"repositoryName": "orders", "branchName": "release"}, ALLOWED),
    (
        "airflow",
        "codecommit.create_branch",
        {"repositoryName": "orders", "branchName": "x", "commitId": COMMIT},
        NO,
    ),
    ("airflow", "secretsmanager.get_secret_value", {"SecretId": "release/orders/token"}, NO),
    # The ledger: Airflow writes, nobody else does, and nobody deletes.
    ("airflow", "s3.put_object", object_in(LEDGER, "releases/1"), ALLOWED),
    ("airflow", "s3.list_objects_v2", {"Bucket": LEDGER}, ALLOWED),
    ("airflow", "s3.delete_object", object_in(LEDGER, "releases/1"), BUCKET_SAYS_NO),
    (f"admin {DEV}", "s3.put_object", object_in(LEDGER, "releases/1"), BUCKET_SAYS_NO),
    (f"admin {DEV}", "s3.delete_object", object_in(LEDGER, "releases/1"), BUCKET_SAYS_NO),
    (f"admin {DEV}", "s3.delete_bucket", {"Bucket": LEDGER}, BUCKET_SAYS_NO),
    (f"admin {DEV}", "s3.get_object", object_in(LEDGER, "releases/1"), ALLOWED),
    (
        f"admin {STAGING}",
        "s3.get_object",
        object_in(LEDGER, "releases/1"),
        "because no resource-based policy",
    ),
    ("airflow production", "s3.put_object", object_in(LEDGER, "releases/1"), BUCKET_SAYS_NO),
    ("build orders staging", "s3.put_object", object_in(LEDGER, "releases/1"), BUCKET_SAYS_NO),
    # Airflow abroad, by its roles.
    (
        "airflow",
        "sts.assume_role",
        role_in(STAGING, "release-orchestrator", ExternalId="release-ops"),
        ALLOWED,
    ),
    (
        "airflow",
        "sts.assume_role",
        role_in(STAGING, "release-orchestrator", ExternalId="guessed"),
        NOT_TRUSTED,
    ),
    ("airflow", "sts.assume_role", role_in(PRODUCTION, "release-orchestrator"), NOT_TRUSTED),
    ("airflow", "sts.assume_role", role_in(STAGING, "release-deploy-orders"), NOT_TRUSTED),
    ("airflow staging", "codebuild.start_build", project("orders-production"), NO),
    ("airflow staging", "codebuild.update_project", {"name": "orders-production"}, NO),
    ("airflow staging", "lambda.invoke", {"FunctionName": "orders-staging-api"}, ALLOWED),
    ("airflow staging", "lambda.invoke", {"FunctionName": "orders-production-api"}, NO),
    (
        "airflow staging",
        "lambda.update_function_code",
        {"FunctionName": "orders-staging-api", "ZipFile": b""},
        NO,
    ),
    ("airflow production", "codebuild.start_build", project("orders-production"), ALLOWED),
    ("airflow production", "codebuild.start_build", project("orders-production", **variable("CI")), NEVER),
    (
        "airflow production",
        "codebuild.start_build",
        project("orders-production", sourceLocationOverride="https://elsewhere"),
        NEVER,
    ),
    ("airflow production", "codebuild.update_project", {"name": "orders-production"}, NO),
    ("airflow production", "sts.assume_role", role_in(PRODUCTION, "release-deploy-orders"), NOT_TRUSTED),
    # Builds: their own service's things, and the one deploy role.
    (
        "build orders staging",
        "secretsmanager.get_secret_value",
        {"SecretId": "release/orders/token"},
        ALLOWED,
    ),
    ("build orders staging", "secretsmanager.get_secret_value", {"SecretId": "release/payments/token"}, NO),
    ("build orders staging", "ssm.get_parameters", {"Names": ["/release/orders/level"]}, ALLOWED),
    (
        "build orders staging",
        "ssm.get_parameters",
        {"Names": ["/release/orders/level", "/release/payments/level"]},
        NO,
    ),
    ("build orders staging", "logs.create_log_stream", log("orders-staging"), ALLOWED),
    ("build orders staging", "logs.create_log_stream", log("payments-staging"), NO),
    ("build orders staging", "codebuild.start_build", project("orders-staging"), NO),
    (
        "build orders staging",
        "sts.assume_role",
        role_in(STAGING, "release-deploy-orders", ExternalId="release-ops-deploy"),
        ALLOWED,
    ),
    ("build orders staging", "sts.assume_role", role_in(STAGING, "release-deploy-orders"), NOT_TRUSTED),
    (
        "build orders staging",
        "sts.assume_role",
        role_in(STAGING, "release-deploy-payments", ExternalId="release-ops-deploy"),
        NOT_TRUSTED,
    ),
    (
        "build orders staging",
        "sts.assume_role",
        role_in(PRODUCTION, "release-deploy-orders", ExternalId="release-ops-deploy"),
        NOT_TRUSTED,
    ),
    ("build courier staging", "s3.put_object", object_in(BUNDLES, "courier/1/app.aab"), ALLOWED),
    ("build courier staging", "s3.put_object", object_in(BUNDLES, "orders/1/app.aab"), NO),
    (
        "build courier staging",
        "s3.put_object",
        object_in(BUILT, "courier/1/app.aab"),
        "because no resource-based",
    ),
    ("build courier production", "s3.get_object", object_in(BUNDLES, "courier/app.aab"), ALLOWED),
    (
        "build courier production",
        "s3.get_object",
        object_in(BUNDLES, "orders/app.aab"),
        "because no resource-based",
    ),
    (
        "build courier production",
        "s3.put_object",
        object_in(BUNDLES, "courier/app.aab"),
        "because no resource-based",
    ),
    (
        "build orders production",
        "s3.get_object",
        object_in(BUNDLES, "courier/app.aab"),
        "because no resource-based",
    ),
    # Deployments: one service, one environment.
    ("deploy orders staging", "cloudformation.update_stack", stack("orders-staging", **TABLE), ALLOWED),
    ("deploy orders staging", "cloudformation.create_stack", stack("payments-staging", **TABLE), NO),
    ("deploy orders staging", "cloudformation.update_stack", stack("orders-production", **TABLE), NO),
    ("deploy orders staging", "cloudformation.delete_stack", {"StackName": "orders-production"}, NO),
    ("deploy orders staging", "cloudformation.describe_stacks", {}, NO),
    (
        "deploy orders staging",
        "cloudformation.update_stack",
        stack("orders-staging", **QUEUE),
        f"sqs:CreateQueue .*{NO}",
    ),
    (
        "deploy orders staging",
        "cloudformation.update_stack",
        stack("orders-staging", **lambda_role("orders-staging-eu-west-1-lambdaRole")),
        ALLOWED,
    ),
    (
        "deploy orders staging",
        "cloudformation.update_stack",
        stack("orders-staging", **lambda_role("release-orchestrator")),
        rf"iam:\w+ on resource: \S+:role/release-orchestrator {NO}",
    ),
    (
        "deploy orders staging",
        "lambda.create_function",
        {**FUNCTION, "Role": f"arn:aws:iam::{STAGING}:role/release-orchestrator"},
        f"iam:PassRole .*{NO}",
    ),
    ("deploy orders staging", "lambda.delete_function", {"FunctionName": "payments-staging-api"}, NO),
    ("deploy orders staging", "iam.create_user", {"UserName": "back-door"}, NO),
    (
        "deploy orders staging",
        "iam.attach_role_policy",
        {"RoleName": "release-orchestrator", "PolicyArn": f"arn:aws:iam::{STAGING}:policy/x"},
        NO,
    ),
    (
        "deploy orders production",
        "cloudformation.describe_stacks",
        {"StackName": "orders-production"},
        ALLOWED,
    ),
    ("deploy orders production", "cloudformation.describe_stacks", {"StackName": "payments-production"}, NO),
    (
        "deploy storefront staging",
        "s3.put_object",
        object_in(f"storefront-site-{STAGING}-{REGION}", "a"),
        ALLOWED,
    ),
    ("deploy storefront staging", "s3.put_object", object_in(f"backoffice-site-{STAGING}-{REGION}", "a"), NO),
    ("deploy storefront staging", "cloudfront.create_invalidation", CACHE, ALLOWED),
    ("deploy storefront staging", "cloudfront.delete_distribution", {"Id": "E1"}, NO),
    # Everybody else, in every protocol.
    ("stranger", "sts.get_caller_identity", {}, ALLOWED),
    ("stranger", "apigatewayv2.get_apis", {}, f"apigateway:GET .*{NO}"),
    ("stranger", "dynamodb.list_tables", {}, NO),
    ("stranger", "events.put_rule", {"Name": "r", "ScheduleExpression": "rate(1 day)"}, NO),
    ("stranger", "sqs.create_queue", {"QueueName": "q"}, NO),
    ("stranger", "ec2.describe_instances", {}, NO),
]


@pytest.mark.parametrize(
    ("who", "operation", "parameters", "expected"),
    TABLE_OF_PERMISSIONS,
    ids=[f"{number}: {who} {operation}" for number, (who, operation, *_) in enumerate(TABLE_OF_PERMISSIONS)],
)
def test_who_may_do_what(
    who: str, operation: str, parameters: dict[str, Any], expected: str, principals: Principals
) -> None:
    service, method = operation.split(".")
    client = principals.client(who, service, REGION)
    try:
        getattr(client, method)(**parameters)
    except ClientError as refused:
        message = refused.response["Error"]["Message"]
    else:
        message = ""
    if expected == ALLOWED:
        # Whatever else is wrong with the request, for want of the thing itself, its caller may make it.
        assert "not authorized" not in message
    else:
        assert "is not authorized to perform" in message
        assert re.search(expected, message), message
