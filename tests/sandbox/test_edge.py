"""The edge: what answers under an API's or a distribution's own host name."""

import io
import json
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest

ECHO = """
import json

def handler(event, context):
    path = event.get("rawPath") or event.get("path")
    if path.endswith("/boom"):
        raise ValueError("boom")
    if path.endswith("/plain"):
        return {"just": "data"}
    if path.endswith("/teapot"):
        headers = {"X-Mine": "yes"}
        return {"statusCode": 418, "headers": headers, "cookies": ["a=1", "b=2"], "body": "short and stout"}
    if path.endswith("/binary"):
        headers = {"content-type": "image/png"}
        return {"statusCode": 200, "headers": headers, "body": "iVBORw0K", "isBase64Encoded": True}
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@pytest.fixture(scope="module")
def function(sandbox: Any, trust: Callable[..., Any]) -> str:
    """A function in staging that answers with its event, and that API Gateway may invoke."""
    role = sandbox.create_role("staging", trust({"Service": "lambda.amazonaws.com"}))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", ECHO)
    functions = sandbox.client("lambda", "staging")
    name = f"echo-{uuid.uuid4().hex[:8]}"
    arn: str = functions.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.12",
        Handler="app.handler",
        Code={"ZipFile": buffer.getvalue()},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=name,
        StatementId="edge",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:eu-west-1:222222222222:*",
    )
    return arn


@pytest.fixture(scope="module")
def http_api(sandbox: Any, function: str) -> str:
    """The URL of an HTTP API in staging with routes of every kind to the function."""
    return create_http_api(
        sandbox,
        function,
        ["GET /health", "GET /orders/{id}", "POST /orders", "ANY /files/{proxy+}", "ANY /files/one"],
    )


def create_http_api(sandbox: Any, function: str, routes: list[str], stage: str = "$default") -> str:
    apis = sandbox.client("apigatewayv2", "staging")
    api = apis.create_api(Name="echo", ProtocolType="HTTP")
    integration = apis.create_integration(
        ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    for route in routes:
        apis.create_route(ApiId=api["ApiId"], RouteKey=route, Target=f"integrations/{integration}")
    apis.create_stage(ApiId=api["ApiId"], StageName=stage, AutoDeploy=True)
    url: str = api["ApiEndpoint"]
    return url


@pytest.mark.parametrize(
    ("method", "path", "route", "parameters"),
    [
        ("GET", "/health", "GET /health", None),
        ("GET", "/orders/7", "GET /orders/{id}", {"id": "7"}),
        ("POST", "/orders", "POST /orders", None),
        ("DELETE", "/files/a/b", "ANY /files/{proxy+}", {"proxy": "a/b"}),
        ("GET", "/files/one", "ANY /files/one", None),
    ],
)
def test_routes(method: str, path: str, route: str, parameters: Any, sandbox: Any, http_api: str) -> None:
    event = sandbox.get(http_api + path, method).json()
    assert event["version"] == "2.0"
    assert (event["routeKey"], event["rawPath"], event.get("pathParameters")) == (route, path, parameters)
    assert event["requestContext"]["http"]["method"] == method
    assert event["requestContext"]["accountId"] == "222222222222"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("PUT", "/health"), ("GET", "/orders/1/2")]
)
def test_no_route(method: str, path: str, sandbox: Any, http_api: str) -> None:
    answer = sandbox.get(http_api + path, method)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_the_event_carries_query_cookies_and_body(sandbox: Any, http_api: str) -> None:
    url = f"{http_api}/orders?a=1&a=2&b=x%20y"
    event = sandbox.get(
        url, "POST", content=b'{"n": 1}', headers={"Cookie": "k=v; l=w", "Content-Type": "application/json"}
    )
    event = event.json()
    assert event["rawQueryString"] == "a=1&a=2&b=x%20y"
    assert event["queryStringParameters"] == {"a": "1,2", "b": "x y"}
    assert event["cookies"] == ["k=v", "l=w"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"n": 1}', False)


def test_answers_of_every_shape(sandbox: Any, http_api: str) -> None:
    teapot = sandbox.get(f"{http_api}/files/teapot")
    assert (teapot.status_code, teapot.text, teapot.headers["x-mine"]) == (418, "short and stout", "yes")
    assert teapot.headers.get_list("set-cookie") == ["a=1", "b=2"]
    plain = sandbox.get(f"{http_api}/files/plain")
    assert (plain.status_code, plain.json()) == (200, {"just": "data"})
    binary = sandbox.get(f"{http_api}/files/binary")
    assert (binary.headers["content-type"], binary.content) == ("image/png", b"\x89PNG\r\n")
    boom = sandbox.get(f"{http_api}/files/boom")
    assert (boom.status_code, boom.json()) == (500, {"message": "Internal Server Error"})


def test_default_route_and_a_named_stage(sandbox: Any, function: str) -> None:
    url = create_http_api(sandbox, function, ["$default"], stage="v1")
    assert sandbox.get(f"{url}/v1/anything/at/all").json()["routeKey"] == "$default"
    assert sandbox.get(f"{url}/anything").status_code == 404


def test_a_function_that_does_not_let_the_api_in(sandbox: Any, function: str, http_api: str) -> None:
    functions = sandbox.client("lambda", "staging")
    functions.remove_permission(FunctionName=function, StatementId="edge")
    refused = sandbox.get(f"{http_api}/health")
    functions.add_permission(
        FunctionName=function,
        StatementId="edge",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    assert (refused.status_code, refused.json()) == (500, {"message": "Internal Server Error"})


def test_the_host_may_end_in_localhost_and_a_port(sandbox: Any, http_api: str) -> None:
    host = http_api.removeprefix("https://")
    port = sandbox.endpoint.rpartition(":")[2]
    answer = httpx.get(f"{sandbox.endpoint}/health", headers={"Host": f"{host}.localhost:{port}"})
    assert answer.json()["rawPath"] == "/health"


def test_unknown_hosts(sandbox: Any) -> None:
    api = sandbox.get("https://nobody.execute-api.eu-west-1.amazonaws.com/health")
    assert api.status_code == 403
    site = sandbox.get("https://d000nobody.cloudfront.net/")
    assert (site.status_code, "NoSuchDistribution" in site.text) == (404, True)


def test_a_rest_api(sandbox: Any, function: str) -> None:
    apis = sandbox.client("apigateway", "staging")
    api = apis.create_rest_api(name="echo")["id"]
    (root,) = apis.get_resources(restApiId=api)["items"]
    orders = apis.create_resource(restApiId=api, parentId=root["id"], pathPart="orders")["id"]
    one = apis.create_resource(restApiId=api, parentId=orders, pathPart="{id}")["id"]
    uri = f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}/invocations"
    for resource, method in ((orders, "POST"), (one, "ANY")):
        apis.put_method(restApiId=api, resourceId=resource, httpMethod=method, authorizationType="NONE")
        apis.put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod=method,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=uri,
        )
    apis.create_deployment(restApiId=api, stageName="live")
    url = f"https://{api}.execute-api.eu-west-1.amazonaws.com"

    event = sandbox.get(f"{url}/live/orders/7?a=1").json()
    assert (event["resource"], event["httpMethod"]) == ("/orders/{id}", "GET")
    assert (event["pathParameters"], event["queryStringParameters"]) == ({"id": "7"}, {"a": "1"})
    assert sandbox.get(f"{url}/live/orders/boom").status_code == 502
    for path in ("/orders/7", "/live/nowhere"):
        missing = sandbox.get(url + path)
        assert (missing.status_code, missing.json()) == (403, {"message": "Missing Authentication Token"})


@pytest.fixture(scope="module")
def distribution(sandbox: Any) -> Any:
    """A site in production behind CloudFront."""
    bucket = f"site-{uuid.uuid4().hex[:8]}"
    s3 = sandbox.client("s3", "production")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(
        Bucket=bucket, Key="index.html", Body=b"<p>hello", ContentType="text/html", CacheControl="no-cache"
    )
    s3.put_object(
        Bucket=bucket, Key="version.json", Body=json.dumps({"commit": "abc"}), ContentType="application/json"
    )
    return sandbox.client("cloudfront", "production").create_distribution(
        DistributionConfig={
            "CallerReference": bucket,
            "Comment": "",
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "s3",
                        "DomainName": f"{bucket}.s3.eu-west-1.amazonaws.com",
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {"TargetOriginId": "s3", "ViewerProtocolPolicy": "redirect-to-https"},
        }
    )["Distribution"]


def test_a_distribution_serves_its_bucket(sandbox: Any, distribution: Any) -> None:
    url = f"https://{distribution['DomainName']}"
    page = sandbox.get(f"{url}/")
    assert (page.status_code, page.text, page.headers["content-type"]) == (200, "<p>hello", "text/html")
    assert page.headers["cache-control"] == "no-cache"
    assert sandbox.get(f"{url}/version.json").json() == {"commit": "abc"}
    assert sandbox.get(f"{url}/version.json", "HEAD").content == b""
    missing = sandbox.get(f"{url}/nowhere")
    assert (missing.status_code, "AccessDenied" in missing.text) == (403, True)
    assert sandbox.get(f"{url}/", "POST").status_code == 403


def test_an_invalidation_completes(sandbox: Any, distribution: Any) -> None:
    cloudfront = sandbox.client("cloudfront", "production")
    batch = {"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/*"]}}
    made = cloudfront.create_invalidation(DistributionId=distribution["Id"], InvalidationBatch=batch)[
        "Invalidation"
    ]
    waiter = cloudfront.get_waiter("invalidation_completed")
    waiter.wait(DistributionId=distribution["Id"], Id=made["Id"], WaiterConfig={"Delay": 1, "MaxAttempts": 1})
