"""The account that the contract suite speaks to: a sandbox's, or a real one."""

import itertools
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import ClientError

from tests.contracts.aws.service_model import ServiceModelCheck

# The longest that anything here takes on AWS: a build in a cold container.
PATIENCE_SECONDS = 300


# awscli's names for services that botocore has another name for.
MODELS = {"s3api": "s3"}


@dataclass
class Account:
    """Clients whose every call is checked, names of its own, and what is to be deleted in the end."""

    session: boto3.Session
    models: botocore.session.Session
    check: ServiceModelCheck
    region: str
    endpoint: str | None
    prefix: str
    afterwards: ExitStack
    environment: Mapping[str, str]
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def is_real(self) -> bool:
        return self.endpoint is None

    @property
    def id(self) -> str:
        found: str = self.client("sts").get_caller_identity()["Account"]
        return found

    def client(self, service: str, **options: Any) -> Any:
        return self.session.client(service, region_name=self.region, endpoint_url=self.endpoint, **options)

    def name(self, what: str) -> str:
        """A name that nothing else in the account has."""
        return f"{self.prefix}-{what}-{next(self._numbers)}"

    def cli(self, service: str, operation: str, *arguments: str) -> Any:
        """What `aws SERVICE OPERATION` prints, checked against the model."""
        command = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in operation)
        run = subprocess.run(
            ["aws", service, command.strip("-"), *arguments, "--output", "json"],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        result = json.loads(run.stdout or "{}")
        self.check.check_result(
            self.models.get_service_model(MODELS.get(service, service)).operation_model(operation), result
        )
        return result

    def delete_logs(self, group: str) -> None:
        """Delete a log group that a service has made, if it has."""
        logs = self.client("logs")
        for found in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.delete_log_group(logGroupName=found["logGroupName"])

    def create_role(self, principal: Mapping[str, Any], *actions: str, **condition: Any) -> str:
        """Create a role that this principal may assume and that may do these things; return its ARN."""
        iam, name = self.client("iam"), self.name("role")
        statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **condition}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
        self.afterwards.callback(iam.delete_role, RoleName=name)
        if actions:
            allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            iam.put_role_policy(RoleName=name, PolicyName="contract", PolicyDocument=document)
            self.afterwards.callback(iam.delete_role_policy, RoleName=name, PolicyName="contract")
        arn: str = made["Role"]["Arn"]
        return arn


def open_account(wanted: str, endpoint: str | None, afterwards: ExitStack) -> Account:
    """The real account of the profile that the environment names, or the sandbox's dev account."""
    session = botocore.session.Session()
    environment = dict(os.environ)
    if endpoint is not None:
        session.set_credentials("AKIA111111111111ADMN", "any")
        session.set_config_variable("region", "eu-west-1")
        keys = {"AWS_ACCESS_KEY_ID": "AKIA111111111111ADMN", "AWS_SECRET_ACCESS_KEY": "any"}
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": "eu-west-1",
            **keys,
        }
    region = session.get_config_variable("region")
    assert region, f"RELEASE_OPS_CONTRACT is {wanted!r}: set AWS_DEFAULT_REGION or AWS_PROFILE as well"
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["AWS_DEFAULT_REGION"] = region
    prefix = os.environ.get("RELEASE_OPS_CONTRACT_PREFIX", "release-ops-contract")
    return Account(
        session=boto3.Session(botocore_session=session),
        models=session,
        check=ServiceModelCheck(session, is_real=endpoint is None),
        region=region,
        endpoint=endpoint,
        prefix=f"{prefix}-{uuid.uuid4().hex[:8]}",
        afterwards=afterwards,
        environment=environment,
    )


def leftovers(account: Account) -> list[str]:
    """What of the suite's own is still there, by name."""
    listed = [
        ("codebuild", "list_projects", "projects", None),
        ("codecommit", "list_repositories", "repositories", "repositoryName"),
        ("events", "list_rules", "Rules", "Name"),
        ("iam", "list_roles", "Roles", "RoleName"),
        ("lambda", "list_functions", "Functions", "FunctionName"),
        ("logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("s3", "list_buckets", "Buckets", "Name"),
        ("sqs", "list_queues", "QueueUrls", None),
        ("ssm", "describe_parameters", "Parameters", "Name"),
    ]
    found = []
    for service, operation, member, name in listed:
        client = account.client(service)
        pages = client.get_paginator(operation).paginate() if client.can_paginate(operation) else [{}]
        names = [str(one[name] if name else one) for page in pages for one in page.get(member) or []]
        found += [f"{service}: {one}" for one in names if account.prefix in one]
    return found


def until(read: Callable[[], Any], is_it: Callable[[Any], bool], every: float = 0.2) -> Any:
    """Read until it is as it should be, more and more seldom; AWS throttles who asks without a pause."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_it(found := read()):
        assert time.monotonic() < deadline, f"still {found!r}"
        time.sleep(every)
        every = min(every * 1.5, 5)
    return found


def once_allowed(call: Callable[[], Any], *refusals: str) -> Any:
    """Call until it is no longer refused so: a new role takes AWS seconds to know."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return call()
        except ClientError as refused:
            error = refused.response["Error"]
            if not any(refusal in f"{error['Code']}: {error['Message']}" for refusal in refusals):
                raise
            assert time.monotonic() < deadline, error
            time.sleep(2)
