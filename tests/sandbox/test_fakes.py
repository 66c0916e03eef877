"""The fakes that unit tests and the kill harness stand on answer as the sandbox does, over HTTP and by boto3.

Each conversation is held with both; what one says and the other does not is a fake that lies."""

from __future__ import annotations

import io
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fake_codebuild import TOKEN_LIFETIME, FakeCodeBuild

from sandbox.codebuild.builds import TOKEN_VALID_SECONDS

sys.path.append(str(Path(__file__).parents[1] / "torture"))

from virtual_aws import World

SLEEPS = "version: 0.2\nphases: {build: {commands: [sleep 120]}}"
Answers = list[Any]


def refusal(call: Callable[..., Any], **arguments: Any) -> str:
    """Return the code with which a call is refused."""
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


class Talk:
    """One project's builds, by the order in which they were started."""

    def __init__(self, codebuild: Any, project: str) -> None:
        self.aws, self.project = codebuild, project
        self.started: list[str] = []

    def request(self, token: str, **more: Any) -> dict[str, Any]:
        marker = {"name": "RELEASE_KEY", "value": token, "type": "PLAINTEXT"}
        return {
            "projectName": self.project,
            "sourceVersion": "c0ffee",
            "idempotencyToken": f"{self.project}-{token}",
            "environmentVariablesOverride": [marker],
            **more,
        }

    def start(self, token: str) -> dict[str, Any]:
        build: dict[str, Any] = self.aws.start_build(**self.request(token))["build"]
        if build["id"] not in self.started:
            self.started.append(build["id"])
        return build

    def listed(self) -> list[int]:
        answer = self.aws.list_builds_for_project(projectName=self.project, sortOrder="DESCENDING")
        assert "nextToken" not in answer
        return [self.started.index(build_id) for build_id in answer["ids"]]


def tokens(talk: Talk) -> Answers:
    first, again, other = talk.start("one"), talk.start("one"), talk.start("two")
    changed = talk.request("one", timeoutInMinutesOverride=30)
    return [
        first["id"] == again["id"],
        first["id"] == other["id"],
        refusal(talk.aws.start_build, **changed),
        talk.listed(),
    ]


def the_list(talk: Talk) -> Answers:
    for token in ("one", "two", "three"):
        talk.start(token)
    return [talk.listed(), refusal(talk.aws.list_builds_for_project, projectName="nobodys")]


def markers(talk: Talk) -> Answers:
    build = talk.aws.batch_get_builds(ids=[talk.start("one")["id"]])["builds"][0]
    variables = build["environment"]["environmentVariables"]
    return [[v for v in variables if v["name"] == "RELEASE_KEY"], build["projectName"] == talk.project]


def unknown_builds(talk: Talk) -> Answers:
    known, unknown = talk.start("one")["id"], f"{talk.project}:{uuid.UUID(int=7)}"
    answer = talk.aws.batch_get_builds(ids=[unknown, known])
    return [
        [build["id"] == known for build in answer["builds"]],
        [each == unknown for each in answer["buildsNotFound"]],
        refusal(talk.aws.stop_build, id=unknown),
    ]


def stops(talk: Talk) -> Answers:
    build_id = talk.start("one")["id"]
    before = talk.aws.batch_get_builds(ids=[build_id])["builds"][0]["buildStatus"]
    talk.aws.stop_build(id=build_id)
    for _ in range(200):
        build = talk.aws.batch_get_builds(ids=[build_id])["builds"][0]
        if build["buildStatus"] != "IN_PROGRESS":
            break
    again = talk.aws.stop_build(id=build_id)["build"]
    return [before, build["buildStatus"], again["buildStatus"], "endTime" in build, talk.listed()]


def unknown_projects(talk: Talk) -> Answers:
    return [refusal(talk.aws.start_build, **talk.request("one", projectName="nobodys"))]


@pytest.mark.parametrize("hold", [tokens, the_list, markers, unknown_builds, stops, unknown_projects])
def test_the_fake_codebuild_answers_as_the_sandbox_does(
    hold: Callable[[Talk], Answers], sandbox: Any, build_role: str
) -> None:
    project = sandbox.create_project(build_role, SLEEPS)
    real, fake = sandbox.client("codebuild"), FakeCodeBuild(projects=(project,))
    talk = Talk(real, project)
    try:
        assert hold(Talk(fake, project)) == hold(talk)
    finally:
        for build_id in talk.started:
            with suppress(ClientError):
                real.stop_build(id=build_id)


def test_both_forget_a_token_after_the_same_time() -> None:
    assert timedelta(seconds=TOKEN_VALID_SECONDS) == TOKEN_LIFETIME


class FakeS3:
    """The harness's S3, called by boto3's names."""

    def __init__(self) -> None:
        self._world = World()

    def put_object(self, **request: Any) -> None:
        self._world.put_object(**request)

    def get_object(self, **request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._world.get_object(**request))}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        return {"Contents": [{"Key": key} for key in self._world.list_objects_v2(**request)]}


def write_once(s3: Any, bucket: str) -> Answers:
    put = {"Bucket": bucket, "ContentType": "application/json", "IfNoneMatch": "*"}
    for key in ("b/2", "a/1", "b/1"):
        s3.put_object(**put, Key=key, Body=key.encode())
    return [
        refusal(s3.put_object, **put, Key="b/1", Body=b"another"),
        s3.get_object(Bucket=bucket, Key="b/1")["Body"].read(),
        refusal(s3.get_object, Bucket=bucket, Key="b/3"),
        [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="b/")["Contents"]],
    ]


def test_the_harness_s3_writes_once_as_the_sandbox_does(sandbox: Any) -> None:
    bucket = f"ledger-{uuid.uuid4().hex[:8]}"
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert write_once(FakeS3(), bucket) == write_once(s3, bucket)
