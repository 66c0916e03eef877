"""Which resources a request touches, by service: the parameter that names them, and how their ARN reads.

As the Service Authorization Reference has it:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
An operation without any of its service's parameters touches ``*``, and so does every service not listed."""

from collections.abc import Callable, Iterator

from sandbox.aws.principals import iam
from sandbox.iam.patterns import as_list
from sandbox.iam.reading import Reading

Naming = Callable[[Reading, str], str]


def resources_of(reading: Reading) -> list[str]:
    """The ARNs, in the order of the request; ``["*"]`` for an operation that names none."""
    return list(dict.fromkeys(_named(reading))) or ["*"]


def _named(reading: Reading) -> Iterator[str]:
    for member, naming in _MEMBERS.get(reading.service, ()):
        values = reading.parameters.get(member)
        if values:
            for value in as_list(list(values) if isinstance(values, dict) else values):
                yield naming(reading, str(value))
            return
    special = _WITHOUT_NAME.get((reading.service, reading.operation))
    if special:
        yield special(reading)


def _like(form: str, *, service: str | None = None, region: bool = True) -> Naming:
    def naming(reading: Reading, value: str) -> str:
        if value.startswith("arn:"):
            return value
        return reading.arn(form.format(value.lstrip("/")), service, region=region)

    return naming


def project(reading: Reading, value: str) -> str:
    """A project, of a build's id or ARN as well: builds have no permissions of their own."""
    name = value.rpartition("/")[2].partition(":")[0]
    return reading.arn(f"project/{name}", "codebuild")


def function(reading: Reading, value: str) -> str:
    """A function by name, ARN or part of one, with the version or alias that is asked for."""
    _, found, name = value.rpartition(":function:")
    qualifier = reading.parameters.get("Qualifier")
    account = value.split(":")[4] if value.startswith("arn:") else reading.caller.account
    where = f"arn:aws:lambda:{reading.caller.region}:{account}:function:"
    return where + (name if found else value) + (f":{qualifier}" if qualifier and ":" not in name else "")


def _log_group(reading: Reading, value: str) -> str:
    """CloudWatch Logs asks for every group as if for its streams: policies end in ``:*``."""
    group = value.rpartition(":log-group:")[2].removesuffix(":*")
    return reading.arn(f"log-group:{group}:log-stream:{reading.parameters.get('logStreamName', '')}")


def role(reading: Reading, value: str) -> str:
    """A role by its name; its ARN has a path that only the account knows."""
    name = value.rpartition("/")[2]
    if value.startswith("arn:"):
        return value
    # A copy: another thread may create a role meanwhile.
    roles = list(iam(reading.caller.account).roles.values())
    found = next((one.arn for one in roles if one.name == name), None)
    path = str(reading.parameters.get("Path") or "/")
    return str(found) if found else reading.arn(f"role{path}{name}", "iam", region=False)


def _secret(reading: Reading, value: str) -> str:
    """A secret by its name: its ARN ends in six random letters."""
    if value.startswith("arn:"):
        return value
    from moto.secretsmanager.models import secretsmanager_backends

    found = secretsmanager_backends[reading.caller.account][reading.caller.region].secrets.get(value)
    return str(found.arn) if found else reading.arn(f"secret:{value}")


def _parameter(reading: Reading, value: str) -> str:
    if "Parameter" not in reading.operation:
        return "*"
    if value.startswith("arn:"):
        return value
    # name:version and name:label mean the parameter as well.
    return reading.arn(f"parameter/{value.partition(':')[0].lstrip('/')}")


def _table(reading: Reading, value: str) -> str:
    index = reading.parameters.get("IndexName")
    table = value if value.startswith("arn:") else reading.arn(f"table/{value}")
    return f"{table}/index/{index}" if index else table


def _queue(reading: Reading, value: str) -> str:
    account, _, name = value.rstrip("/").rpartition("/")
    owner = account.rpartition("/")[2] or reading.caller.account
    return f"arn:aws:sqs:{reading.caller.region}:{owner}:{name}"


def _rule(reading: Reading, value: str) -> str:
    if "EventBus" in reading.operation:
        return reading.arn(f"event-bus/{value}")
    bus = reading.parameters.get("EventBusName", "default")
    return reading.arn(f"rule/{value}" if bus == "default" else f"rule/{bus}/{value}")


def _distribution(reading: Reading, value: str) -> str:
    kinds = {"OriginAccessControl": "origin-access-control", "CachePolicy": "cache-policy"}
    kind = next((arn for noun, arn in kinds.items() if noun in reading.operation), "distribution")
    return reading.arn(f"{kind}/{value}", region=False)


def _own_user(reading: Reading) -> str:
    return reading.caller.arn


_STACK = _like("stack/{}/*")
_MEMBERS: dict[str, tuple[tuple[str, Naming], ...]] = {
    "cloudformation": (("StackName", _STACK),),
    "cloudfront": (("DistributionId", _distribution), ("Id", _distribution)),
    "codebuild": tuple((member, project) for member in ("projectName", "name", "names", "id", "ids")),
    "codecommit": (("repositoryName", _like("{}")), ("repositoryNames", _like("{}"))),
    "dynamodb": (("TableName", _table), ("RequestItems", _table), ("ResourceArn", _like("{}"))),
    "events": (("Rule", _rule), ("Name", _rule)),
    "iam": (
        ("RoleName", role),
        ("UserName", _like("user/{}", region=False)),
        ("GroupName", _like("group/{}", region=False)),
        ("InstanceProfileName", _like("instance-profile/{}", region=False)),
        ("PolicyArn", _like("{}")),
    ),
    "lambda": (("FunctionName", function), ("Resource", _like("{}"))),
    "logs": tuple(
        (member, _log_group)
        for member in ("logGroupName", "logGroupIdentifier", "logGroupNames", "resourceArn")
    ),
    "secretsmanager": (("SecretId", _secret), ("Name", _secret)),
    "sns": (("TopicArn", _like("{}")), ("Name", _like("{}"))),
    "sqs": (("QueueUrl", _queue), ("QueueName", _queue)),
    "ssm": (("Name", _parameter), ("Names", _parameter), ("Path", _parameter)),
    "sts": (("RoleArn", _like("{}")),),
}
_WITHOUT_NAME: dict[tuple[str, str], Callable[[Reading], str]] = {
    ("logs", "DescribeLogGroups"): lambda reading: reading.arn("log-group::log-stream:"),
    ("cloudfront", "CreateDistribution"): lambda reading: reading.arn("distribution/*", region=False),
    ("iam", "CreatePolicy"): lambda reading: reading.arn(
        f"policy{reading.parameters.get('Path') or '/'}{reading.parameters.get('PolicyName')}", region=False
    ),
    ("events", "PutEvents"): lambda reading: reading.arn("event-bus/default"),
    **{
        ("iam", operation): _own_user
        for operation in (
            "GetUser",
            "CreateAccessKey",
            "DeleteAccessKey",
            "ListAccessKeys",
            "UpdateAccessKey",
        )
    },
}
