"""Who may do what in the three accounts. Data only: roles.py puts it there, docs/iam.md shows it.

A real platform needs just these policies, whatever makes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rehearsal.platform.names import (
    DEPLOY_EXTERNAL_ID,
    EXTERNAL_ID,
    ORCHESTRATOR,
    Target,
    role_arn,
    targets,
)
from rehearsal.platform.policies_deploy import deploys
from rehearsal.platform.policies_statements import Statement, allow, deny, document, sorted_arns
from release_ops.config import Catalog, InvokeCheck, Kind, Service

__all__ = ["Identity", "artifacts_policy", "document", "identities_of", "ledger_policy", "orchestrator"]

# What a build must not be started with: whoever chooses one of these owns what is built.
# https://docs.aws.amazon.com/codebuild/latest/userguide/action-context-keys.html
FIXED = (
    "artifacts",
    "environment.image",
    "environment.privilegedMode",
    "environment.type",
    "secondaryArtifacts",
    "secondarySources",
    "serviceRole",
    "source.auth.type",
    "source.buildspec",
    "source.location",
)
_OWN_VARIABLES = "RELEASE_*"


@dataclass(frozen=True)
class Identity:
    """A user or a role, who takes it, and its policies by name."""

    account: str
    name: str
    who: str
    policies: Mapping[str, Sequence[Statement]]
    trust: Statement | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:{'role' if self.trust else 'user'}/{self.name}"


def orchestrator(catalog: Catalog) -> Identity:
    """Airflow's own user, in dev; its roles elsewhere are one AssumeRole away."""
    dev = catalog.environments["dev"]
    abroad = [role_arn(target.environment.account, ORCHESTRATOR) for target in targets(catalog)]
    repositories = sorted_arns("codecommit", dev, (one.repository for one in catalog.services.values()))
    records = [
        allow(
            "reads and writes releases", ["s3:GetObject", "s3:PutObject"], f"{_bucket(dev.ledger_bucket)}/*"
        ),
        allow("finds what a release has recorded", ["s3:ListBucket"], _bucket(dev.ledger_bucket)),
        allow("takes the bundle that was proved to Play", ["s3:GetObject"], _bundles(catalog)),
        allow("cuts the commit of now", ["codecommit:GetBranch"], repositories),
        allow("goes to the other accounts", ["sts:AssumeRole"], abroad),
    ]
    policies: dict[str, Sequence[Statement]] = {
        "release-records": [statement for statement in records if statement["Resource"]]
    }
    for target in targets(catalog):
        if target.builds_in.account == dev.account:
            policies |= _builds(target, catalog)
    return Identity(dev.account, ORCHESTRATOR, "Airflow", policies)


def identities_of(target: Target, catalog: Catalog) -> Iterator[Identity]:
    """The roles of one environment: Airflow's, and for each service its build's and its deployment's."""
    yield _orchestrator_abroad(target, catalog)
    for service in catalog.services.values():
        yield _build(target, service, catalog)
        if service.kind is not Kind.ANDROID:
            yield _deployment(target, service)


def ledger_policy(catalog: Catalog) -> Sequence[Statement]:
    """Only the orchestrator writes, and nobody deletes, whatever his own policies say."""
    dev = catalog.environments["dev"]
    bucket, writer = _bucket(dev.ledger_bucket), f"arn:aws:iam::{dev.account}:user/{ORCHESTRATOR}"
    deletes = ["s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration"]
    everybody = {"Principal": "*"}
    return [
        {**deny("deletes from the ledger", deletes, [bucket, f"{bucket}/*"]), **everybody},
        {
            **deny("else writes to the ledger", ["s3:PutObject"], f"{bucket}/*"),
            **everybody,
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": writer}},
        },
    ]


def artifacts_policy(target: Target, catalog: Catalog) -> Sequence[Statement]:
    """The bundle that staging proved is fetched by production's build, from production's account."""
    others = [one for one in targets(catalog) if one.builds_in.account != target.builds_in.account]
    if target.name != "staging":
        return []
    return [
        {
            **allow("fetches the bundle", ["s3:GetObject"], _bundles_of(target, service)),
            "Principal": {"AWS": other.build_role_arn(service.name)},
        }
        for other in others
        for service in _apps(catalog)
    ]


def _orchestrator_abroad(target: Target, catalog: Catalog) -> Identity:
    dev, account = catalog.environments["dev"], target.environment.account
    functions = [
        f"arn:aws:lambda:{region}:{account}:function:{service.name}-{target.name}-{check.function}"
        for service in catalog.services.values()
        for check in service.checks
        if isinstance(check, InvokeCheck)
        for region in service.regions[target.name]
    ]
    policies: dict[str, Sequence[Statement]] = {}
    if functions:
        looks = allow("checks what is deployed", ["lambda:InvokeFunction"], sorted(functions))
        policies["release-checks"] = [looks]
    if target.builds_in.account == account:
        policies |= _builds(target, catalog)
    trust = _trusts({"AWS": f"arn:aws:iam::{dev.account}:user/{ORCHESTRATOR}"}, EXTERNAL_ID)
    return Identity(account, ORCHESTRATOR, "Airflow", policies, trust)


def _builds(target: Target, catalog: Catalog) -> dict[str, Sequence[Statement]]:
    """Builds of one environment, started as their projects define them, and their logs."""
    home = target.builds_in
    names = [service.build_projects[target.name] for service in catalog.services.values()]
    projects = sorted_arns("codebuild", home, (f"project/{name}" for name in names))
    acts = ("BatchGetBuilds", "ListBuildsForProject", "StartBuild", "StopBuild")
    chosen = [
        {
            **deny(f"chooses {key} of a build", ["codebuild:StartBuild"], "*"),
            "Condition": {"Null": {f"codebuild:{key}": "false"}},
        }
        for key in FIXED
    ]
    variables = {
        **deny("sets another variable", ["codebuild:StartBuild"], "*"),
        "Condition": {
            "ForAnyValue:StringNotLike": {"codebuild:environment.environmentVariables.name": _OWN_VARIABLES}
        },
    }
    logs = sorted_arns("logs", home, (f"log-group:/aws/codebuild/{name}:*" for name in names))
    return {
        f"release-builds-{target.name}": [
            allow("builds", [f"codebuild:{act}" for act in acts], projects),
            *chosen,
            variables,
        ],
        f"release-logs-{target.name}": [allow("shows the logs of builds", ["logs:GetLogEvents"], logs)],
    }


def _build(target: Target, service: Service, catalog: Catalog) -> Identity:
    home, project = target.builds_in, service.build_projects[target.name]
    group = f"arn:aws:logs:{home.home_region}:{home.account}:log-group:/aws/codebuild/{project}"
    where = f"{home.home_region}:{home.account}"
    statements = [
        allow(
            "keeps its log",
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            [group, f"{group}:*"],
        ),
        allow(
            "checks its commit out",
            ["codecommit:GitPull"],
            sorted_arns("codecommit", home, [service.repository]),
        ),
        allow(
            "reads the secrets of its service",
            ["secretsmanager:GetSecretValue"],
            f"arn:aws:secretsmanager:{where}:secret:release/{service.name}/*",
        ),
        allow(
            "reads the parameters of its service",
            ["ssm:GetParameters"],
            f"arn:aws:ssm:{where}:parameter/release/{service.name}/*",
        ),
    ]
    if service.kind is Kind.ANDROID:
        statements.append(allow("hands its bundle on", ["s3:PutObject"], _bundles_of(target, service)))
        proved = [_bundles_of(one, service) for one in targets(catalog) if one.name != target.name]
        if target.name == "production":
            statements.append(allow("fetches the bundle that staging proved", ["s3:GetObject"], proved))
    else:
        statements.append(
            allow("takes its deploy role", ["sts:AssumeRole"], target.deploy_role_arn(service.name))
        )
    trust = _trusts({"Service": "codebuild.amazonaws.com"})
    trust["Condition"] = {
        "StringEquals": {"aws:SourceAccount": home.account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:codebuild:{where}:project/{project}"},
    }
    who = f"builds of {project}"
    return Identity(home.account, target.build_role(service.name), who, {"release": statements}, trust)


def _deployment(target: Target, service: Service) -> Identity:
    trust = _trusts({"AWS": target.build_role_arn(service.name)}, DEPLOY_EXTERNAL_ID)
    who = f"builds of {service.build_projects[target.name]}"
    return Identity(
        target.environment.account,
        target.deploy_role(service.name),
        who,
        {"release": deploys(target, service)},
        trust,
    )


def _apps(catalog: Catalog) -> list[Service]:
    return [service for service in catalog.services.values() if service.kind is Kind.ANDROID]


def _bundles(catalog: Catalog) -> list[str]:
    staging = next(target for target in targets(catalog) if target.name == "staging")
    return [_bundles_of(staging, service) for service in _apps(catalog)]


def _bundles_of(target: Target, service: Service) -> str:
    return f"arn:aws:s3:::{target.artifact_bucket}/{service.name}/*"


def _bucket(name: str | None) -> str:
    return f"arn:aws:s3:::{name}"


def _trusts(principal: Mapping[str, str], external_id: str | None = None) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return statement
