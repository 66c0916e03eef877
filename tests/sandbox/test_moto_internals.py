"""Every internal of moto that the sandbox stands on, said once. A new moto fails here first, and says where.

moto is pinned; whoever moves the pin goes through this file."""

import inspect
import subprocess
import sys
from importlib.metadata import version

import pytest
from moto.apigateway.models import Resource, apigateway_backends
from moto.apigatewayv2.models import Api, Integration, Route, apigatewayv2_backends
from moto.awslambda import models as lambda_models
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.cloudformation import parsing
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack
from moto.cloudformation.parsing import ResourceMap, get_model_list, get_model_map
from moto.cloudformation.responses import CloudFormationResponse
from moto.cloudfront.models import Distribution, Invalidation, cloudfront_backends
from moto.core.common_models import CloudFormationModel
from moto.core.responses import BaseResponse
from moto.events.models import EventsBackend, Rule
from moto.events.utils import EventTemplateParser
from moto.iam.models import AccessKey, IAMBackend, iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler
from moto.s3.models import FakeBucket, s3_backends
from moto.sts.models import AssumedRole, STSBackend, sts_backends
from werkzeug.serving import WSGIRequestHandler

ACCOUNT = "111111111111"


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_invoke_asks_for_a_qualifier_by_a_name_that_aws_does_not_send() -> None:
    """patches/functions.py hands it on under this name."""
    assert 'self._get_param("qualifier")' in inspect.getsource(LambdaResponse.invoke)


def test_the_pin() -> None:
    assert version("moto") == "5.2.5"


SIGNATURES = [
    pytest.param(
        IAMBackend.create_user, ["self", "region_name", "user_name", "path", "tags"], id="first users"
    ),
    pytest.param(IAMBackend.get_user, ["self", "name"], id="callers"),
    pytest.param(
        STSBackend.get_assumed_role_from_access_key, ["self", "access_key_id"], id="callers' sessions"
    ),
    pytest.param(
        STSBackend.assume_role,
        ["self", "region_name", "role_session_name", "role_arn", "policy", "duration", "external_id"],
        id="the sessions of CodeBuild and Lambda",
    ),
    pytest.param(
        LambdaFunction.invoke,
        ["self", "body", "request_headers", "response_headers"],
        id="functions that run",
    ),
    pytest.param(LambdaFunction.save_logs, ["self", "output"], id="functions' logs"),
    pytest.param(
        lambda_models._validate_s3_bucket_and_key, ["account_id", "partition", "data"], id="functions' code"
    ),
    pytest.param(CloudFormationResponse.validate_template, ["self"], id="template validation"),
    pytest.param(
        CloudFormationBackend.execute_change_set, ["self", "change_set_name", "stack_name"], id="change sets"
    ),
    pytest.param(Stack._create_output_map, ["self"], id="outputs after a change set"),
    pytest.param(
        Stack._add_stack_event,
        ["self", "resource_status", "resource_status_reason", "resource_properties"],
        id="why a stack rolled back",
    ),
    pytest.param(Stack._parse_template, ["self"], id="templates of stacks"),
    pytest.param(
        parsing.parse_resource_and_generate_name,
        ["logical_id", "resource_json", "resources_map"],
        id="permissions for a stack's resources",
    ),
    pytest.param(
        ResourceMap._delete_resource, ["self", "parsed_resource", "resource_json"], id="and for deleting them"
    ),
    pytest.param(Stack.create_resources, ["self"], id="stacks that may not be made"),
    pytest.param(
        Stack.update, ["self", "template", "role_arn", "parameters", "tags"], id="stacks that keep their role"
    ),
    pytest.param(Stack.delete, ["self"], id="stacks that may not be deleted"),
    pytest.param(ChangeSet._parse_template, ["self"], id="templates of change sets"),
    pytest.param(Invalidation.__init__, ["self", "distribution", "paths", "caller_ref"], id="invalidations"),
    pytest.param(Rule.send_to_targets, ["self", "original_event", "transform_input"], id="event targets"),
    pytest.param(EventsBackend.put_targets, ["self", "name", "event_bus_arn", "targets"], id="known targets"),
    pytest.param(EventsBackend.put_events, ["self", "events"], id="CodeBuild's events"),
    pytest.param(
        EventTemplateParser.parse, ["input_template", "input_paths_map", "event"], id="transformed events"
    ),
    pytest.param(FakeBucket.get_permission, ["self", "action", "resource"], id="bucket policies"),
    pytest.param(
        CloudFormationModel.create_from_cloudformation_json,
        ["resource_name", "cloudformation_json", "account_id", "region_name", "kwargs"],
        id="resources made",
    ),
    pytest.param(
        CloudFormationModel.update_from_cloudformation_json,
        ["original_resource", "new_resource_name", "cloudformation_json", "account_id", "region_name"],
        id="resources changed",
    ),
]


@pytest.mark.parametrize(("function", "expected"), SIGNATURES)
def test_what_we_call_or_replace_takes_what_we_give(function: object, expected: list[str]) -> None:
    assert parameters(function) == expected


def test_an_access_key_leads_to_its_account_and_role() -> None:
    backend = iam_backends[ACCOUNT]["aws"]
    backend.create_user("eu-west-1", "internals")
    key = backend.get_user("internals").create_access_key(prefix="AKIA")
    assert isinstance(key, AccessKey)
    assert (key.user_name, key.role_arn) == ("internals", None)
    assert isinstance(backend.access_keys, dict)
    session = sts_backends[ACCOUNT]["aws"].assume_role(
        "eu-west-1", "session", f"arn:aws:iam::{ACCOUNT}:role/r", "", 900, ""
    )
    assert isinstance(session, AssumedRole)
    assert backend.access_keys[session.access_key_id].role_arn == f"arn:aws:iam::{ACCOUNT}:role/r"
    assert session.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/session"


def test_policies_are_where_permissions_look_for_them() -> None:
    backend = iam_backends[ACCOUNT]["aws"]
    document = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    )
    policy = backend.create_policy("", "/", document, "internals", {})
    assert [(one.version_id, one.document) for one in policy.versions] == [("v1", document)]
    assert policy.default_version_id == "v1"
    assert backend.managed_policies[policy.arn] is policy
    role = backend.create_role(
        role_name="internals",
        assume_role_policy_document=document,
        path="/",
        permissions_boundary=policy.arn,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    assert (role.policies, role.managed_policies, role.permissions_boundary_arn) == ({}, {}, policy.arn)
    group = backend.create_group("internals")
    assert (group.policies, group.managed_policies, group.users) == ({}, {}, [])
    session = sts_backends[ACCOUNT]["aws"].assume_role("eu-west-1", "s", role.arn, document, 900, "")
    assert session.policy == document
    assert s3_backends.bucket_accounts == {}
    assert "bucket_accounts[name] = (self.partition, account_id)" in inspect.getsource(FakeBucket.__init__)


def test_the_account_comes_from_a_header_before_the_key() -> None:
    """The sandbox sets it from the key that it has checked, and takes it from nobody."""
    code = inspect.getsource(BaseResponse.get_current_account)
    assert code.index("MOTO_ACCOUNT_ID") < code.index("x-moto-account-id") < code.index("get_account_id_from")


def test_a_part_of_moto_is_imported_when_it_is_first_asked_for() -> None:
    script = "import sys, sandbox.app; print([name for name in sys.modules if name.startswith('moto.')])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    imported = {name.split(".")[1] for name in eval(run.stdout)}  # noqa: S307 - our own list
    assert imported.isdisjoint(
        {"cloudformation", "ec2", "awslambda", "s3", "cloudfront", "apigateway", "logs"}
    )


def test_the_dispatcher_asks_for_an_application_per_backend() -> None:
    dispatcher = DomainDispatcherApplication(lambda backend: backend)  # type: ignore[arg-type, return-value]
    hosts = {
        "lambda.eu-west-1": "awslambda",
        "cloudformation.eu-west-1": "cloudformation",
        "cloudfront": "cloudfront",
    }
    for host, backend in hosts.items():
        assert dispatcher.get_backend_for_host(f"{host}.amazonaws.com") == backend
    assert dispatcher.get_backend_for_host("s3.eu-west-1.amazonaws.com") == "s3"
    assert issubclass(MotoRequestHandler, WSGIRequestHandler)


def test_moto_makes_resources_of_the_last_direct_subclass_of_a_type() -> None:
    assert "__subclasses__" in inspect.getsource(get_model_list.__wrapped__)
    assert "model.cloudformation_type(): model" in inspect.getsource(get_model_map.__wrapped__)


def test_what_the_sandbox_adds_is_still_missing_or_wrong() -> None:
    """When moto learns it, the row in sandbox/patches/cloudformation_types.py can go."""
    types = get_model_map()
    for name in ("AWS::ApiGatewayV2::Api", "AWS::CodeBuild::Project", "AWS::S3::BucketPolicy"):
        assert name not in types
    assert "physical_resource_id" not in dir(types["AWS::Lambda::Version"])
    assert 'status = "COMPLETED"' in inspect.getsource(Invalidation.__init__)


def test_the_edge_finds_apis_and_distributions_in_the_backends() -> None:
    assert apigatewayv2_backends[ACCOUNT]["eu-west-1"].apis == {}
    assert apigateway_backends[ACCOUNT]["eu-west-1"].apis == {}
    assert cloudfront_backends[ACCOUNT]["aws"].distributions == {}
    for owner, names in (
        (Api, ("routes", "integrations", "stages", "disable_execute_api_endpoint")),
        (Route, ("route_key", "target", "authorization_type")),
        (Integration, ("integration_uri", "payload_format_version")),
        (Distribution, ("domain_name", "id")),
        (Resource, ("resource_methods",)),
    ):
        code = inspect.getsource(owner.__init__)
        for name in names:
            assert f"self.{name}" in code
