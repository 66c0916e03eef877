"""What a deployment may touch: its own service's parts, by name, in its own account."""

from collections.abc import Sequence

from rehearsal.platform.names import Target
from rehearsal.platform.policies_statements import Statement, allow
from release_ops.config import Kind, Service

_STACKS = (
    *("CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack", "DescribeChangeSet"),
    *("DescribeStackEvents", "DescribeStackResource", "DescribeStackResources", "DescribeStacks"),
    *("ExecuteChangeSet", "GetTemplate", "ListStackResources", "UpdateStack"),
)
_FUNCTIONS = (
    *("AddPermission", "CreateFunction", "DeleteFunction", "GetFunction", "GetFunctionConfiguration"),
    *("ListVersionsByFunction", "RemovePermission", "TagResource", "UpdateFunctionCode"),
    "UpdateFunctionConfiguration",
)
_ROLES = (
    *("CreateRole", "DeleteRole", "DeleteRolePolicy", "GetRole", "PutRolePolicy", "TagRole"),
    "UpdateAssumeRolePolicy",
)
_TABLES = ("CreateTable", "DeleteTable", "DescribeTable", "UpdateTable")
_DEPLOYMENT_BUCKET = (
    *("CreateBucket", "DeleteBucket", "GetBucketLocation", "ListBucket", "PutBucketPolicy"),
    *("DeleteBucketPolicy", "PutBucketTagging", "PutEncryptionConfiguration"),
)


def deploys(target: Target, service: Service) -> Sequence[Statement]:
    if service.kind is Kind.SERVERLESS:
        return _serverless(target, service)
    return _web(target, service)


def _serverless(target: Target, service: Service) -> Sequence[Statement]:
    """As the Serverless framework names things: <service>-<stage>-..., in one stack."""
    account, stack = target.environment.account, f"{service.name}-{target.name}"
    regions = service.regions[target.name]
    bucket, roles = f"arn:aws:s3:::{stack}-serverlessdeploymentbucket*", f"{stack}-*-lambdaRole"
    role = f"arn:aws:iam::{account}:role/{roles}"

    def arns(service_prefix: str, resource: str) -> list[str]:
        return [f"arn:aws:{service_prefix}:{region}:{account}:{resource}" for region in regions]

    return [
        allow(
            "deploys its stack",
            [f"cloudformation:{act}" for act in _STACKS],
            arns("cloudformation", f"stack/{stack}/*"),
        ),
        allow("checks its template", ["cloudformation:ValidateTemplate"], "*"),
        allow("keeps its packages", [f"s3:{act}" for act in _DEPLOYMENT_BUCKET], bucket),
        allow("brings its packages", ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], f"{bucket}/*"),
        allow(
            "makes its functions",
            [f"lambda:{act}" for act in _FUNCTIONS],
            arns("lambda", f"function:{stack}-*"),
        ),
        allow("makes the role of its functions", [f"iam:{act}" for act in _ROLES], role),
        {
            **allow("hands that role to lambda only", ["iam:PassRole"], role),
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
        allow(
            "makes the log groups of its functions",
            ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:TagResource"],
            arns("logs", f"log-group:/aws/lambda/{stack}-*"),
        ),
        allow(
            # An API's id is AWS's choice, so its name cannot be asked for here.
            "makes its endpoints",
            [f"apigateway:{method}" for method in ("DELETE", "GET", "PATCH", "POST")],
            [
                f"arn:aws:apigateway:{region}::/{path}"
                for region in regions
                for path in ("apis", "apis/*", "tags/*")
            ],
        ),
        allow(
            "makes its tables", [f"dynamodb:{act}" for act in _TABLES], arns("dynamodb", f"table/{stack}-*")
        ),
    ]


def _web(target: Target, service: Service) -> Sequence[Statement]:
    account, regions = target.environment.account, service.regions[target.name]
    parameters = [f"arn:aws:ssm:{region}:{account}:parameter/release/{service.name}/*" for region in regions]
    buckets = [f"arn:aws:s3:::{service.name}-site-{account}-{region}" for region in regions]
    return [
        allow("finds its site", ["ssm:GetParameters"], parameters),
        allow("compares its site", ["s3:ListBucket"], buckets),
        allow(
            "changes its site",
            ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            [f"{bucket}/*" for bucket in buckets],
        ),
        allow(
            # A distribution's id is AWS's choice; emptying a cache costs time, nothing else.
            "shows its site at once",
            ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"],
            f"arn:aws:cloudfront::{account}:distribution/*",
        ),
    ]
