"""The actions that a request needs, each on its resource, with the facts that conditions may ask for.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html"""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.iam.patterns import Context, as_list
from sandbox.iam.reading import Reading
from sandbox.iam.resources import resources_of, role
from sandbox.iam.s3 import asked_of_s3
from sandbox.iam.statements import Asked

# Whoever has a valid key may ask who they are.
_FREE = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
# Services whose permissions are called otherwise than their requests are signed.
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses", "apigatewayv2": "apigateway"}
_ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("lambda", "InvokeAsync"): "InvokeFunction",
    ("lambda", "InvokeWithResponseStream"): "InvokeFunction",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "SendMessageBatch"): "SendMessage",
}
# (service, operation) -> where it names a role that a service is to take, and that service.
_PASSES = {
    ("cloudformation", "CreateChangeSet"): "RoleARN",
    ("cloudformation", "CreateStack"): "RoleARN",
    ("cloudformation", "DeleteStack"): "RoleARN",
    ("cloudformation", "UpdateStack"): "RoleARN",
    ("codebuild", "CreateProject"): "serviceRole",
    ("codebuild", "StartBuild"): "serviceRoleOverride",
    ("codebuild", "UpdateProject"): "serviceRole",
    ("events", "PutRule"): "RoleArn",
    ("lambda", "CreateFunction"): "Role",
    ("lambda", "UpdateFunctionConfiguration"): "Role",
}
# https://docs.aws.amazon.com/codebuild/latest/userguide/action-context-keys.html
_OVERRIDES = {
    "artifactsOverride": "codebuild:artifacts",
    "buildspecOverride": "codebuild:source.buildspec",
    "environmentTypeOverride": "codebuild:environment.type",
    "encryptionKeyOverride": "codebuild:encryptionKey",
    "imageOverride": "codebuild:environment.image",
    "insecureSslOverride": "codebuild:source.insecureSsl",
    "logsConfigOverride": "codebuild:logsConfig",
    "privilegedModeOverride": "codebuild:environment.privilegedMode",
    "secondaryArtifactsOverride": "codebuild:secondaryArtifacts",
    "secondarySourcesOverride": "codebuild:secondarySources",
    "serviceRoleOverride": "codebuild:serviceRole",
    "sourceAuthOverride": "codebuild:source.auth.type",
    "sourceLocationOverride": "codebuild:source.location",
    "sourceTypeOverride": "codebuild:source",
}
_VARIABLES = "codebuild:environment.environmentVariables"


def asked_by(reading: Reading) -> Iterator[Asked]:
    """Everything that has to be allowed for this request."""
    if (reading.service, reading.operation) in _FREE:
        return
    if reading.service == "s3":
        yield from asked_of_s3(reading)
    elif reading.service in ("apigateway", "apigatewayv2"):
        yield _of_api_gateway(reading)
    else:
        for resource in resources_of(reading):
            yield Asked(_action(reading), resource, _context(reading))
    yield from _passed_roles(reading)
    yield from _from_s3(reading)


def passed(reading: Reading, role_or_name: str, service: str) -> Asked:
    """iam:PassRole: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    context = {"iam:passedtoservice": f"{service}.amazonaws.com"}
    return Asked("iam:PassRole", role(reading, role_or_name), context)


def _action(reading: Reading) -> str:
    # CloudFront's operations carry the date of its API: CreateInvalidation2020_05_31.
    operation = re.sub(r"\d{4}_\d{2}_\d{2}$", "", reading.operation)
    prefix = _PREFIXES.get(reading.service, reading.service)
    return f"{prefix}:{_ACTIONS.get((reading.service, operation), operation)}"


def _of_api_gateway(reading: Reading) -> Asked:
    """Its actions are HTTP's methods, its resources the paths of its own API, without the account.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-create-and-manage-apis.html"""
    method, path = ("GET", "/") if reading.request is None else (reading.request.method, reading.request.path)
    return api_gateway(method, path.removeprefix("/v2"), reading.caller.region)


def api_gateway(method: str, path: str, region: str) -> Asked:
    return Asked(f"apigateway:{method}", f"arn:aws:apigateway:{region}::{path}")


def _passed_roles(reading: Reading) -> Iterator[Asked]:
    member = _PASSES.get((reading.service, reading.operation), "")
    if reading.parameters.get(member):
        yield passed(reading, str(reading.parameters[member]), reading.service)
    if (reading.service, reading.operation) == ("events", "PutTargets"):
        for target in as_list(reading.parameters.get("Targets")):
            if target.get("RoleArn"):
                yield passed(reading, target["RoleArn"], "events")


def _from_s3(reading: Reading) -> Iterator[Asked]:
    """A function's code comes out of its bucket with the caller's own permissions."""
    code = reading.parameters.get("Code", reading.parameters) if reading.service == "lambda" else {}
    if isinstance(code, dict) and code.get("S3Bucket"):
        yield Asked("s3:GetObject", f"arn:aws:s3:::{code['S3Bucket']}/{code.get('S3Key', '')}")


def _context(reading: Reading) -> Context:
    parameters, facts = reading.parameters, dict[str, str | tuple[str, ...]]()
    if reading.service == "codecommit" and parameters.get("branchName"):
        facts["codecommit:references"] = f"refs/heads/{parameters['branchName']}"
    if reading.service == "sts":
        facts |= _present(
            parameters, {"ExternalId": "sts:externalid", "RoleSessionName": "sts:rolesessionname"}
        )
    if reading.service == "iam":
        facts |= _present(
            parameters, {"PolicyArn": "iam:policyarn", "PermissionsBoundary": "iam:permissionsboundary"}
        )
    if (reading.service, reading.operation) == ("codebuild", "StartBuild"):
        facts |= _present(parameters, _OVERRIDES)
        variables = as_list(parameters.get("environmentVariablesOverride"))
        facts[f"{_VARIABLES}.name".lower()] = tuple(str(one.get("name")) for one in variables)
        facts |= {f"{_VARIABLES}/{one.get('name')}.value".lower(): str(one.get("value")) for one in variables}
    return facts


def _present(parameters: Any, keys: dict[str, str]) -> dict[str, str | tuple[str, ...]]:
    """The facts that are in the request; of what is no text, that it is there is all that can be asked."""
    return {
        key.lower(): value if isinstance(value, str) else "true"
        for member, key in keys.items()
        if (value := parameters.get(member)) is not None
    }
