"""Artifacts: what goes to S3, under which key, and when."""

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

MAKE = (
    "mkdir -p out/css && echo page > out/index.html && echo style > out/css/site.css && echo no > out/x.tmp"
)


@pytest.fixture
def bucket(sandbox: Any) -> str:
    name = f"artifacts-{uuid.uuid4().hex[:8]}"
    location = {"LocationConstraint": "eu-west-1"}
    sandbox.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=location)
    return name


def spec(artifacts: str, then: str = "true") -> str:
    return f"version: 0.2\nphases: {{build: {{commands: ['{MAKE}', '{then}']}}}}\nartifacts: {artifacts}"


SECTIONS = [
    pytest.param(
        "{files: ['**/*'], base-directory: out}", {}, {"css/site.css", "index.html", "x.tmp"}, id="all"
    ),
    pytest.param(
        "{files: ['*.html'], base-directory: out}", {}, {"index.html"}, id="a star stays in its folder"
    ),
    pytest.param("{files: [out/index.html]}", {}, {"out/index.html"}, id="one file"),
    pytest.param("{files: ['out/**/*.css']}", {}, {"out/css/site.css"}, id="two stars go down"),
    pytest.param(
        "{files: ['out/**/*'], discard-paths: yes}", {}, {"site.css", "index.html", "x.tmp"}, id="discard"
    ),
    pytest.param(
        "{files: ['**/*'], base-directory: out, exclude-paths: ['*.tmp']}",
        {},
        {"css/site.css", "index.html"},
        id="exclude-paths",
    ),
    pytest.param(
        "{files: ['**/*'], base-directory: 'o*/c*'}", {}, {"site.css"}, id="base-directory with stars"
    ),
]


@pytest.mark.parametrize(("section", "options", "expected"), SECTIONS)
def test_the_files(
    section: str,
    options: dict[str, Any],
    expected: set[str],
    sandbox: Any,
    bucket: str,
    run_build: Callable[..., Any],
) -> None:
    artifacts = {"type": "S3", "location": bucket, "path": "builds", "name": "site"}
    build = run_build(spec(section), {"artifacts": artifacts})
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    keys = {one["Key"] for one in sandbox.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == {f"builds/site/{name}" for name in expected}
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{bucket}/builds/site"


def test_a_zip_under_the_build_s_id_and_the_buildspec_s_name(
    sandbox: Any, bucket: str, run_build: Callable[..., Any]
) -> None:
    artifacts = {
        "type": "S3",
        "location": bucket,
        "packaging": "ZIP",
        "namespaceType": "BUILD_ID",
        "overrideArtifactName": True,
    }
    section = "{files: ['**/*'], base-directory: out, name: 'site-$CODEBUILD_BUILD_NUMBER.zip'}"
    build = run_build(spec(section), {"artifacts": artifacts})
    key = f"{build['id'].split(':')[1]}/site-1.zip"
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{bucket}/{key}"
    stored = sandbox.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(stored)) as archive:
        assert set(archive.namelist()) == {"css/site.css", "index.html", "x.tmp"}


def test_artifacts_of_a_failed_build_are_uploaded_too(
    sandbox: Any, bucket: str, run_build: Callable[..., Any]
) -> None:
    artifacts = {"type": "S3", "location": bucket}
    build = run_build(spec("{files: [out/index.html]}", then="exit 1"), {"artifacts": artifacts})
    assert build["buildStatus"] == "FAILED"
    (stored,) = sandbox.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert stored["Key"] == f"{build['projectName']}/out/index.html"


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("{files: [nothing/here]}", "no matching artifact paths found"),
        ("{files: ['**/*'], base-directory: nowhere}", "no matching base directory path found for nowhere"),
    ],
)
def test_nothing_to_upload_fails_the_build(
    section: str, message: str, bucket: str, run_build: Callable[..., Any]
) -> None:
    build = run_build(spec(section), {"artifacts": {"type": "S3", "location": bucket}})
    assert build["buildStatus"] == "FAILED"
    upload = next(phase for phase in build["phases"] if phase["phaseType"] == "UPLOAD_ARTIFACTS")
    assert upload["contexts"] == [{"statusCode": "CLIENT_ERROR", "message": message}]


def test_without_artifacts_nothing_is_uploaded(run_build: Callable[..., Any]) -> None:
    build = run_build(spec("{files: [nothing]}"))
    assert build["buildStatus"] == "SUCCEEDED"
    assert build["artifacts"] == {"location": ""}


def secondary(bucket: str, **members: Any) -> dict[str, Any]:
    return {"type": "S3", "location": bucket, **members}


def test_secondary_artifacts_go_where_the_project_says(
    sandbox: Any, bucket: str, run_build: Callable[..., Any]
) -> None:
    project = {
        "artifacts": {"type": "NO_ARTIFACTS"},
        "secondaryArtifacts": [
            secondary(bucket, artifactIdentifier="page", path="web", name="site"),
            secondary(bucket, artifactIdentifier="styles", packaging="ZIP", name="styles.zip"),
            secondary(bucket, artifactIdentifier="unused"),
        ],
    }
    sections = "{page: {files: [index.html], base-directory: out}, styles: {files: ['out/**/*.css']}}"
    build = run_build(spec(f"{{files: ['**/*'], secondary-artifacts: {sections}}}"), project)
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    keys = {one["Key"] for one in sandbox.client("s3").list_objects_v2(Bucket=bucket)["Contents"]}
    assert keys == {"web/site/index.html", "styles.zip"}
    page, styles, unused = build["secondaryArtifacts"]
    assert (page["artifactIdentifier"], page["location"]) == ("page", f"arn:aws:s3:::{bucket}/web/site")
    assert (styles["location"], len(styles["sha256sum"]), len(styles["md5sum"])) == (
        f"arn:aws:s3:::{bucket}/styles.zip",
        64,
        32,
    )
    assert unused["location"] == f"arn:aws:s3:::{bucket}/unused"
    assert any("secondary artifact unused" in line for line in sandbox.log_of(build))


def test_a_secondary_artifact_that_the_project_does_not_have_fails_the_upload(
    bucket: str, run_build: Callable[..., Any]
) -> None:
    section = "{files: ['**/*'], secondary-artifacts: {other: {files: [out/index.html]}}}"
    project = {"secondaryArtifacts": [secondary(bucket, artifactIdentifier="page")]}
    build = run_build(spec(section), project)
    upload = next(phase for phase in build["phases"] if phase["phaseType"] == "UPLOAD_ARTIFACTS")
    assert upload["contexts"] == [
        {"statusCode": "CLIENT_ERROR", "message": "the project has no secondary artifact other"}
    ]


def test_an_artifact_of_a_secondary_source(sandbox: Any, bucket: str, run_build: Callable[..., Any]) -> None:
    """As in AWS's sample: `base-directory: $CODEBUILD_SRC_DIR_<identifier>`."""
    library = sandbox.create_repository({"lib.txt": "library"})
    location = f"https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/{library}"
    project = {
        "secondarySources": [{"type": "CODECOMMIT", "location": location, "sourceIdentifier": "lib"}],
        "secondaryArtifacts": [secondary(bucket, artifactIdentifier="copy", name="copy")],
    }
    section = "{copy: {files: [lib.txt], base-directory: $CODEBUILD_SRC_DIR_lib}}"
    build = run_build(spec(f"{{files: ['**/*'], secondary-artifacts: {section}}}"), project)
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    (stored,) = sandbox.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    assert stored["Key"] == "copy/lib.txt"


def test_an_s3_prefix_counts_with_the_build_s_id(
    sandbox: Any, bucket: str, run_build: Callable[..., Any]
) -> None:
    section = "{files: [out/index.html], s3-prefix: nightly}"
    for namespace in ("BUILD_ID", "NONE"):
        artifacts = {"type": "S3", "location": bucket, "name": "site", "namespaceType": namespace}
        build = run_build(spec(section), {"artifacts": artifacts})
        folder = f"nightly/{build['id'].split(':')[1]}/site" if namespace == "BUILD_ID" else "site"
        assert build["artifacts"]["location"] == f"arn:aws:s3:::{bucket}/{folder}"
        stored = sandbox.client("s3").head_object(Bucket=bucket, Key=f"{folder}/out/index.html")
        assert stored["Metadata"] == {"codebuild-buildarn": build["arn"]}
