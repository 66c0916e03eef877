"""What a sandbox with --iam asks for, and how it refuses: sessions, groups, stacks, code, no key at all."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

DEV, REGION = "111111111111", "eu-west-1"
Statement = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, running_sandbox: Callable[..., Any]) -> Iterator[Any]:
    with running_sandbox(tmp_path_factory.mktemp("iam") / "state", "--iam") as running:
        yield running


@pytest.fixture
def somebody(sandbox: Any) -> Callable[..., Any]:
    """Make a user in dev with these statements and return what makes his clients."""

    def make(*statements: Statement) -> Callable[[str], Any]:
        iam, name = sandbox.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        if statements:
            iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        made = iam.create_access_key(UserName=name)["AccessKey"]
        credentials = {**made, "SessionToken": None}
        return lambda service: sandbox.client_as(credentials, service)

    return make


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | list[str], resource: str = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as refused:
        call(**parameters)
    error, status = refused.value.response["Error"], refused.value.response["ResponseMetadata"]
    return error["Code"], status["HTTPStatusCode"], error.get("Message", "")


SHAPES = [
    pytest.param("codebuild", "list_projects", {}, "AccessDeniedException", 400, id="json"),
    pytest.param("lambda", "list_functions", {}, "AccessDeniedException", 403, id="rest-json"),
    pytest.param("iam", "list_roles", {}, "AccessDenied", 403, id="query"),
    pytest.param("cloudfront", "list_distributions", {}, "AccessDenied", 403, id="rest-xml"),
    pytest.param("s3", "list_buckets", {}, "AccessDenied", 403, id="s3"),
    pytest.param("ec2", "describe_instances", {}, "UnauthorizedOperation", 403, id="ec2"),
    pytest.param("cloudwatch", "list_metrics", {}, "AccessDeniedException", 400, id="cbor"),
]


@pytest.mark.parametrize(("service", "method", "parameters", "code", "status"), SHAPES)
def test_a_refusal_comes_in_the_shape_of_its_protocol(
    service: str, method: str, parameters: Any, code: str, status: int, somebody: Any
) -> None:
    client = somebody()(service)
    found = refusal(getattr(client, method), **parameters)
    assert found[:2] == (code, status)
    assert "because no identity-based policy allows the" in found[2]


def test_the_words_are_those_of_aws(somebody: Any) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    codebuild = somebody({**allow("codebuild:StartBuild"), "Effect": "Deny"})("codebuild")
    user = somebody_s_arn(codebuild)
    place = f"arn:aws:codebuild:{REGION}:{DEV}:project/orders"
    assert refusal(codebuild.start_build, projectName="orders")[2] == (
        f"User: {user} is not authorized to perform: codebuild:StartBuild on resource: {place} "
        "with an explicit deny in an identity-based policy"
    )
    assert refusal(codebuild.delete_project, name="orders")[2] == (
        f"User: {user} is not authorized to perform: codebuild:DeleteProject on resource: {place} "
        "because no identity-based policy allows the codebuild:DeleteProject action"
    )


def somebody_s_arn(client: Any) -> str:
    credentials = client._request_signer._credentials
    sts = boto3.client(
        "sts",
        region_name=REGION,
        endpoint_url=client.meta.endpoint_url,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key="any",
    )
    arn: str = sts.get_caller_identity()["Arn"]
    return arn


def test_a_condition_that_cannot_be_judged_is_named(somebody: Any) -> None:
    condition = {"BinaryEquals": {"aws:username": "x"}}
    codebuild = somebody(allow("codebuild:*", Condition=condition))("codebuild")
    assert (
        "the sandbox cannot judge the condition operator BinaryEquals" in refusal(codebuild.list_projects)[2]
    )


def test_policies_come_from_groups_and_by_attachment_too(sandbox: Any, somebody: Any) -> None:
    iam, sts = sandbox.client("iam"), somebody()
    name = somebody_s_arn(sts("codebuild")).rpartition("/")[2]
    codebuild, codecommit = sts("codebuild"), sts("codecommit")
    group = f"group-{uuid.uuid4().hex[:8]}"
    iam.create_group(GroupName=group)
    iam.put_group_policy(
        GroupName=group, PolicyName="p", PolicyDocument=document(allow("codebuild:ListProjects"))
    )
    iam.add_user_to_group(GroupName=group, UserName=name)
    assert codebuild.list_projects()["ResponseMetadata"]["HTTPStatusCode"] == 200
    made = iam.create_policy(PolicyName=group, PolicyDocument=document(allow("sns:*")))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=made)
    assert refusal(codecommit.list_repositories)[0] == "AccessDeniedException"
    new = document(allow("codecommit:ListRepositories"))
    iam.create_policy_version(PolicyArn=made, PolicyDocument=new, SetAsDefault=True)
    assert codecommit.list_repositories()["repositories"] is not None


def test_a_session_has_no_more_than_its_own_policy_and_its_role_s_boundary(
    sandbox: Any, trust: Callable[..., Any]
) -> None:
    iam, sts = sandbox.client("iam"), sandbox.client("sts")
    limit = iam.create_policy(
        PolicyName=f"boundary-{uuid.uuid4().hex[:8]}",
        PolicyDocument=document(allow(["codebuild:*", "codecommit:*"])),
    )["Policy"]["Arn"]
    role = iam.create_role(
        RoleName=f"role-{uuid.uuid4().hex[:8]}",
        AssumeRolePolicyDocument=json.dumps(trust({"AWS": DEV})),
        PermissionsBoundary=limit,
    )["Role"]
    iam.put_role_policy(RoleName=role["RoleName"], PolicyName="p", PolicyDocument=document(allow("*")))
    taken = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="whole")["Credentials"]
    assert sandbox.client_as(taken, "codebuild").list_projects()
    assert "no permissions boundary allows" in refusal(sandbox.client_as(taken, "sns").list_topics)[2]
    less = document(allow("codecommit:*"))
    taken = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="less", Policy=less)["Credentials"]
    assert sandbox.client_as(taken, "codecommit").list_repositories()
    assert "no session policy allows" in refusal(sandbox.client_as(taken, "codebuild").list_projects)[2]


def test_session_policies_by_arn_are_refused_by_name(sandbox: Any, trust: Callable[..., Any]) -> None:
    role = sandbox.create_role("dev", trust({"AWS": DEV}))
    arns = [{"arn": f"arn:aws:iam::{DEV}:policy/some"}]
    found = refusal(sandbox.client("sts").assume_role, RoleArn=role, RoleSessionName="test", PolicyArns=arns)
    assert found[0] == "NotImplementedException"


def test_assuming_a_role_takes_both_sides(sandbox: Any, somebody: Any, trust: Callable[..., Any]) -> None:
    """A role's trust in an account leaves it to the account whom it lets go there."""
    abroad = sandbox.create_role("staging", trust({"AWS": f"arn:aws:iam::{DEV}:root"}))
    request = {"RoleArn": abroad, "RoleSessionName": "test"}
    assert "no identity-based policy allows" in refusal(somebody()("sts").assume_role, **request)[2]
    assert somebody(allow("sts:AssumeRole", abroad))("sts").assume_role(**request)


@pytest.fixture
def bucket(sandbox: Any) -> str:
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("ada/one", "bob/one"):
        s3.put_object(Bucket=name, Key=key, Body=b"text")
    return name


def test_a_missing_key_is_hidden_from_whoever_may_not_list(bucket: str, somebody: Any) -> None:
    read = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    listing = allow("s3:ListBucket", f"arn:aws:s3:::{bucket}")
    missing = {"Bucket": bucket, "Key": "missing"}
    assert refusal(somebody(read)("s3").get_object, **missing)[:2] == ("AccessDenied", 403)
    assert refusal(somebody(read)("s3").head_object, **missing)[1] == 403
    assert refusal(somebody(read, listing)("s3").get_object, **missing)[0] == "NoSuchKey"
    nowhere = somebody(allow("s3:GetObject"))("s3").get_object
    assert refusal(nowhere, Bucket="there-is-none", Key="missing")[0] == "NoSuchBucket"


def test_a_list_is_allowed_by_its_prefix(bucket: str, somebody: Any) -> None:
    condition = {"StringLike": {"s3:prefix": "ada/*"}}
    s3 = somebody(allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition=condition))("s3")
    assert s3.list_objects_v2(Bucket=bucket, Prefix="ada/")["KeyCount"] == 1
    assert refusal(s3.list_objects_v2, Bucket=bucket, Prefix="bob/")[0] == "AccessDenied"
    assert refusal(s3.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"


def test_a_copy_and_many_deletions_are_asked_for_one_by_one(bucket: str, somebody: Any) -> None:
    mine = allow(["s3:PutObject", "s3:DeleteObject", "s3:GetObject"], f"arn:aws:s3:::{bucket}/ada/*")
    s3 = somebody(mine)("s3")
    assert s3.copy_object(Bucket=bucket, Key="ada/two", CopySource=f"{bucket}/ada/one")
    found = refusal(s3.copy_object, Bucket=bucket, Key="ada/two", CopySource=f"{bucket}/bob/one")
    assert f's3:GetObject on resource: "arn:aws:s3:::{bucket}/bob/one"' in found[2]
    both = {"Objects": [{"Key": "ada/one"}, {"Key": "bob/one"}]}
    found = refusal(s3.delete_objects, Bucket=bucket, Delete=both)
    assert f's3:DeleteObject on resource: "arn:aws:s3:::{bucket}/bob/one"' in found[2]
    assert s3.get_object(Bucket=bucket, Key="ada/one")
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "ada/one"}]})["Deleted"]) == 1


def test_without_a_key_a_bucket_s_policy_decides_alone(sandbox: Any, bucket: str) -> None:
    nobody = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=sandbox.endpoint,
        config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}),
    )
    public = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/ada/*"), "Principal": "*"}
    assert refusal(nobody.get_object, Bucket=bucket, Key="ada/one")[0] == "AccessDenied"
    sandbox.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(public))
    assert nobody.get_object(Bucket=bucket, Key="ada/one")["Body"].read() == b"text"
    assert refusal(nobody.get_object, Bucket=bucket, Key="bob/one")[0] == "AccessDenied"
    unsigned = Config(signature_version=UNSIGNED)
    sqs = boto3.client("sqs", region_name=REGION, endpoint_url=sandbox.endpoint, config=unsigned)
    assert refusal(sqs.list_queues)[0] == "MissingAuthenticationTokenException"


def test_a_stack_s_role_acts_instead_of_its_caller(
    sandbox: Any, somebody: Any, trust: Callable[..., Any]
) -> None:
    role = sandbox.create_role("dev", trust({"Service": "cloudformation.amazonaws.com"}))
    queues = document(allow("sqs:*", "arn:aws:sqs:*:*:made-*"))
    sandbox.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=queues
    )
    passing = {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    stacks = allow("cloudformation:*")
    alone = somebody(stacks)("cloudformation")
    passes = somebody(stacks, allow("iam:PassRole", role, Condition=passing))("cloudformation")
    name = f"made-{uuid.uuid4().hex[:8]}"
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
    request = {"StackName": name, "TemplateBody": json.dumps({"Resources": {"Queue": queue}})}
    assert "iam:PassRole on resource" in refusal(alone.create_stack, **request, RoleARN=role)[2]
    assert passes.create_stack(**request, RoleARN=role)
    queue["Properties"]["VisibilityTimeout"] = 45  # type: ignore[index]
    again = {**request, "TemplateBody": json.dumps({"Resources": {"Queue": queue}})}
    assert alone.update_stack(**again)
    assert alone.delete_stack(StackName=name)


def test_a_stack_that_may_not_be_made_or_deleted_says_so_itself(sandbox: Any, somebody: Any) -> None:
    name = f"denied-{uuid.uuid4().hex[:8]}"
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}
    request = {"StackName": name, "TemplateBody": json.dumps({"Resources": {"Queue": queue}})}
    admin, stacks = sandbox.client("cloudformation"), somebody(allow("cloudformation:*"))("cloudformation")
    assert "sqs:CreateQueue on resource" in refusal(stacks.create_stack, **request)[2]
    assert admin.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"
    admin.delete_stack(StackName=name)
    admin.create_stack(**request)
    assert "sqs:DeleteQueue on resource" in refusal(stacks.delete_stack, StackName=name)[2]
    assert admin.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "DELETE_FAILED"
    admin.delete_stack(StackName=name)
    with pytest.raises(ClientError, match="does not exist"):
        admin.describe_stacks(StackName=name)


def test_git_asks_to_pull(sandbox: Any, somebody: Any, trust: Callable[..., Any]) -> None:
    """A build checks its source out as its role, and so does `git clone` in its commands."""
    repository = sandbox.create_repository(
        {"buildspec.yml": "version: 0.2\nphases: {build: {commands: [ls]}}"}
    )
    role = sandbox.create_role("dev", trust({"Service": "codebuild.amazonaws.com"}))
    logs = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
    pull = allow("codecommit:GitPull", f"arn:aws:codecommit:{REGION}:{DEV}:{repository}")
    location = f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/{repository}"
    source = {"type": "CODECOMMIT", "location": location}
    iam, name = sandbox.client("iam"), role.rpartition("/")[2]
    statuses = []
    for statements in ([logs], [logs, pull]):
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        project = sandbox.create_project(role, source=source)
        started = sandbox.client("codebuild").start_build(projectName=project, sourceVersion="release")
        statuses.append(sandbox.finished(started["build"]["id"])["buildStatus"])
    assert statuses == ["FAILED", "SUCCEEDED"]
