"""The check itself: does it see a wrong member, type, time, error, and let pass what is right?"""

import io
import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from tests.contracts.aws.service_model import ContractBrokenError, ServiceModelCheck


class Raw(io.BytesIO):
    """What botocore reads a response from."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def answering(body: str, status: int = 200, **headers: str) -> Callable[..., AWSResponse]:
    return lambda request, **_: AWSResponse(
        request.url,
        status,
        {name.replace("_", "-"): text for name, text in headers.items()},
        Raw(body.encode()),
    )


@pytest.fixture
def session() -> botocore.session.Session:
    return botocore.session.Session()


def client(session: botocore.session.Session, service: str, answer: Callable[..., AWSResponse]) -> Any:
    session.register("before-send", answer)
    return session.create_client(
        service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


PHASE = {"phaseType": "BUILD", "phaseStatus": "SUCCEEDED", "startTime": 1790000000.5, "durationInSeconds": 3}
BUILD = {"id": "p:1", "buildStatus": "SUCCEEDED", "buildComplete": True, "buildNumber": 1, "phases": [PHASE]}


def build(**members: Any) -> str:
    return json.dumps({"builds": [{**BUILD, **members}], "buildsNotFound": []})


def test_a_right_answer_passes_and_is_counted(session: botocore.session.Session) -> None:
    check = ServiceModelCheck(session)
    found = client(session, "codebuild", answering(build())).batch_get_builds(ids=["p:1"])
    assert found["builds"][0]["phases"][0]["durationInSeconds"] == 3
    assert check.calls == {"CodeBuild.BatchGetBuilds"}


JSON_MISTAKES = [
    pytest.param({"colour": "red"}, "builds[0].colour is no member of Build", id="a member"),
    pytest.param({"buildComplete": "true"}, "builds[0].buildComplete is no boolean", id="a boolean"),
    pytest.param({"buildNumber": "1"}, "builds[0].buildNumber is no long", id="a number as text"),
    pytest.param({"buildNumber": 1.5}, "builds[0].buildNumber is no long", id="half a number"),
    pytest.param({"id": 1}, "builds[0].id is no string", id="a text"),
    pytest.param({"phases": PHASE}, "builds[0].phases is no list", id="a list"),
    pytest.param({"source": "here"}, "builds[0].source is no structure", id="a structure"),
    pytest.param({"source": {}}, "source.type is missing; ProjectSource requires it", id="what is required"),
    pytest.param({"startTime": "2026-11-23T20:00:00Z"}, "startTime is no timestamp", id="a time as text"),
    pytest.param({"startTime": 1790000000500}, "startTime is no timestamp", id="milliseconds"),
    pytest.param({"buildStatus": "GREEN"}, "buildStatus is 'GREEN', none of SUCCEEDED", id="a value"),
]


@pytest.mark.parametrize(("members", "message"), JSON_MISTAKES)
def test_a_wrong_answer_in_json(
    members: dict[str, Any], message: str, session: botocore.session.Session
) -> None:
    ServiceModelCheck(session)
    codebuild = client(session, "codebuild", answering(build(**members)))
    with pytest.raises(ContractBrokenError) as broken:
        codebuild.batch_get_builds(ids=["p:1"])
    assert message in str(broken.value)


STACK = (
    "<StackName>s</StackName><CreationTime>2026-11-23T20:00:00.000Z</CreationTime>"
    "<StackStatus>CREATE_COMPLETE</StackStatus>"
)


def stacks(stack: str, wrapper: str = "DescribeStacksResult") -> str:
    listed = f"<Stacks><member>{stack}</member></Stacks>"
    name = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
    return f'<DescribeStacksResponse xmlns="{name}"><{wrapper}>{listed}</{wrapper}></DescribeStacksResponse>'


def test_a_right_answer_in_xml_passes(session: botocore.session.Session) -> None:
    ServiceModelCheck(session)
    outputs = "<Outputs><member><OutputKey>k</OutputKey></member></Outputs><Parameters/>"
    answer = client(session, "cloudformation", answering(stacks(STACK + outputs))).describe_stacks()
    assert answer["Stacks"][0]["Outputs"] == [{"OutputKey": "k"}]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (stacks(STACK + "<Colour>red</Colour>"), "Stacks[0].Colour is no member of Stack"),
        (stacks(STACK.replace("CreationTime", "Created")), "Stacks[0].CreationTime is missing"),
        (stacks(STACK.replace("2026-11-23T20:00:00.000Z", "1790000000")), "CreationTime is no timestamp"),
        (stacks(STACK + "<DisableRollback>no</DisableRollback>"), "DisableRollback is no boolean"),
        (stacks(STACK + "<StackName>t</StackName>"), "StackName is no string"),
        (stacks(STACK + "<Outputs><Output/></Outputs>"), "Outputs is no list"),
        (stacks(STACK, "Result"), "has 0 elements DescribeStacksResult"),
        ("not XML", "is no XML"),
    ],
)
def test_a_wrong_answer_in_xml(answer: str, message: str, session: botocore.session.Session) -> None:
    ServiceModelCheck(session)
    cloudformation = client(session, "cloudformation", answering(answer))
    with pytest.raises((ContractBrokenError, botocore.exceptions.ClientError)) as broken:
        cloudformation.describe_stacks()
    assert message in str(broken.value)


def test_headers_and_a_body_that_is_not_aws_s(session: botocore.session.Session) -> None:
    ServiceModelCheck(session)
    s3 = client(session, "s3", answering("hello", Content_Length="5", Last_Modified="yesterday"))
    with pytest.raises(ContractBrokenError, match="header Last-Modified is no timestamp"):
        s3.get_object(Bucket="bucket", Key="k")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"__type": "InvalidInputException", "message": "no"}, 400, None),
        ({"__type": "AccessDeniedException", "message": "no"}, 400, None),
        ({"__type": "NotImplementedException", "message": "no"}, 400, "NotImplementedException is none of"),
        ({"__type": "ResourceNotFoundException", "message": "no"}, 400, "BatchGetBuilds's errors"),
        ({"__type": "InvalidInputException", "reason": "no"}, 400, "reason is no member"),
    ],
)
def test_errors(
    body: dict[str, str], status: int, message: str | None, session: botocore.session.Session
) -> None:
    ServiceModelCheck(session)
    codebuild = client(session, "codebuild", answering(json.dumps(body), status))
    with pytest.raises(ContractBrokenError if message else ClientError, match=message or "no"):
        codebuild.batch_get_builds(ids=["p:1"])


def test_an_error_has_its_own_status(session: botocore.session.Session) -> None:
    ServiceModelCheck(session)
    body = json.dumps({"Type": "User", "Message": "Function not found"})
    error = answering(body, 400, x_amzn_ErrorType="ResourceNotFoundException")
    with pytest.raises(ContractBrokenError, match="came with status 400, not 404"):
        client(session, "lambda", error).get_function(FunctionName="f")


def test_a_request_is_checked_before_it_is_sent(session: botocore.session.Session) -> None:
    check = ServiceModelCheck(session)
    codebuild = client(session, "codebuild", answering("{}"))
    for request in ({"names": []}, {"names": ["p"], "colour": "red"}, {"names": "p"}):
        with pytest.raises(ContractBrokenError, match="BatchGetProjects's request"):
            codebuild.batch_get_projects(**request)
    with pytest.raises(ContractBrokenError, match="sortBy is 'SIZE', none of NAME"):
        codebuild.list_projects(sortBy="SIZE")
    assert check.calls == set()
    with check.invalid_on_purpose():
        codebuild.list_projects(sortBy="SIZE")
    assert check.calls == {"CodeBuild.ListProjects"}


def test_a_real_account_may_know_more_than_botocore(session: botocore.session.Session) -> None:
    check = ServiceModelCheck(session, is_real=True)
    answer = build(colour="red", buildStatus="GREEN")
    client(session, "codebuild", answering(answer)).batch_get_builds(ids=["p:1"])
    assert [mistake.split()[0] for mistake in check.newer] == [
        "BatchGetBuilds.builds[0].buildStatus",
        "BatchGetBuilds.builds[0].colour",
    ]


def test_a_real_account_s_types_are_the_model_s(session: botocore.session.Session) -> None:
    ServiceModelCheck(session, is_real=True)
    with pytest.raises(ContractBrokenError, match="id is no string"):
        client(session, "codebuild", answering(build(id=1))).batch_get_builds(ids=["p:1"])


def test_what_the_command_line_printed(session: botocore.session.Session) -> None:
    check = ServiceModelCheck(session)
    model = session.get_service_model("codebuild").operation_model("BatchGetBuilds")
    check.check_result(model, {"builds": [{"id": "p:1", "startTime": "2026-11-23T20:00:00.5+01:00"}]})
    check.check_result(model, {"builds": [{"startTime": 1790000000.5}]})
    for wrong in ("yesterday", 1790000000500, True):
        with pytest.raises(ContractBrokenError, match="startTime is no timestamp"):
            check.check_result(model, {"builds": [{"startTime": wrong}]})
