"""The sample platform in a real sandbox: seeded, and built and deployed by the real buildspecs.

The builds take a minute or two on two cores; whatever can be known without them is asked first."""

import hashlib
import io
import json
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from rehearsal.platform import SeededPlatform, commit, seed
from rehearsal.platform.aws import Aws
from rehearsal.platform.history import history
from rehearsal.platform.names import Target, targets
from release_ops.config import Kind, load_catalog

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
CATALOG = load_catalog(ROOT / "config/services.yaml")
TARGETS = {target.name: target for target in targets(CATALOG)}
SERVICES = sorted(CATALOG.services)
BINARIES = ROOT / "node_modules" / ".bin"
SECONDS_TO_START = 60
SECONDS_TO_BUILD = 300

BACKENDS = [name for name in SERVICES if CATALOG.services[name].kind is Kind.SERVERLESS]
SITES = [name for name in SERVICES if CATALOG.services[name].kind is Kind.WEB]
PLACES = [
    (service, environment, region)
    for environment in TARGETS
    for service in SERVICES
    for region in CATALOG.services[service].regions[environment]
]


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("sandbox")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--state", str(folder / "state")]
    paths = ["--path", str(Path(sys.executable).parent), "--path", str(BINARIES)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([*command, *paths], cwd=ROOT, stdout=log, stderr=log)
        try:
            yield _once_healthy(f"http://127.0.0.1:{port}", process, folder / "log")
        finally:
            process.terminate()
            process.wait(timeout=30)


def _once_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/_sandbox/health", trust_env=False).is_success:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the sandbox does not answer: {log.read_text()}")


@pytest.fixture(scope="module")
def platform(endpoint: str) -> SeededPlatform:
    return seed(endpoint, CATALOG, SAMPLES)


@pytest.fixture(scope="module")
def aws(endpoint: str) -> Aws:
    return Aws(endpoint)


def tip(aws: Aws, service: str, account: str = "111111111111") -> str:
    entry = CATALOG.services[service]
    codecommit = aws.client("codecommit", account, "eu-west-1")
    found = codecommit.get_branch(repositoryName=entry.repository, branchName=entry.branch)
    commit_id: str = found["branch"]["commitId"]
    return commit_id


# ---- what seeding leaves


@pytest.mark.parametrize("service", SERVICES)
def test_every_file_of_a_sample_came_with_one_commit(service: str) -> None:
    chapters = list(history(SAMPLES, service))
    told = [file.path for chapter in chapters for file in chapter.files]
    listed = subprocess.check_output(["git", "-C", SAMPLES / service, "ls-files"], text=True)
    assert sorted(told) == sorted(listed.split())
    assert all(chapter.files for chapter in chapters)


def test_seeding_twice_changes_nothing(platform: SeededPlatform, aws: Aws) -> None:
    before = {service: tip(aws, service) for service in SERVICES}
    again = seed(platform.endpoint, CATALOG, SAMPLES)
    assert {service: tip(aws, service) for service in SERVICES} == before
    assert again.connections == platform.connections


def test_every_connection_of_the_catalog_leads_to_the_sandbox(platform: SeededPlatform) -> None:
    assert set(platform.connections) == set(CATALOG.connection_ids)
    assert all("127.0.0.1" in connection for connection in platform.connections.values())


@pytest.mark.usefixtures("platform")
def test_production_has_the_same_commits_under_the_same_ids(aws: Aws) -> None:
    for service in SERVICES:
        assert tip(aws, service, "333333333333") == tip(aws, service)


def test_a_deploy_role_lets_in_its_own_builds_with_their_external_id(
    platform: SeededPlatform, aws: Aws
) -> None:
    """Not the orchestrator, not the other environment's builds."""
    for target in TARGETS.values():
        for caller in ("111111111111", "222222222222", "333333333333"):
            sts = aws.client("sts", caller, "eu-west-1")
            with pytest.raises(ClientError, match="AccessDenied"):
                sts.assume_role(
                    RoleArn=target.deploy_role_arn,
                    RoleSessionName="test",
                    ExternalId="release-ops-deploy",
                )


def test_projects_are_in_the_account_that_builds(platform: SeededPlatform, aws: Aws) -> None:
    def projects(account: str) -> set[str]:
        return set(aws.client("codebuild", account, "eu-west-1").list_projects()["projects"])

    assert projects("111111111111") == {f"{service}-staging" for service in SERVICES}
    assert projects("222222222222") == set()
    assert projects("333333333333") == {f"{service}-production" for service in SERVICES}


# ---- what the builds make of it

Place = tuple[str, str, str]


@dataclass(frozen=True)
class Build:
    status: str
    commit: str
    exports: Mapping[str, str]
    log: str


def start(
    aws: Aws, target: Target, service: str, region: str, commit_id: str, extra: Mapping[str, str]
) -> str:
    codebuild = aws.client("codebuild", target.builds_in.account, target.builds_in.home_region)
    passed = {
        "RELEASE_KEY": f"{service}-{target.name}-{region}",
        "RELEASE_RUN": "manual__test",
        "RELEASE_SERVICE": service,
        "RELEASE_ENVIRONMENT": target.name,
        "RELEASE_REGION": region,
        "RELEASE_COMMIT": commit_id,
        **extra,
    }
    started = codebuild.start_build(
        projectName=CATALOG.services[service].build_projects[target.name],
        sourceVersion=commit_id,
        environmentVariablesOverride=[
            {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in passed.items()
        ],
        autoRetryLimitOverride=0,
    )
    build_id: str = started["build"]["id"]
    return build_id


def ended(aws: Aws, target: Target, build_id: str) -> Build:
    account, region = target.builds_in.account, target.builds_in.home_region
    codebuild = aws.client("codebuild", account, region)
    deadline = time.monotonic() + SECONDS_TO_BUILD
    while True:
        build = codebuild.batch_get_builds(ids=[build_id])["builds"][0]
        if build["buildStatus"] != "IN_PROGRESS" or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    logs = aws.client("logs", account, region)
    lines = logs.get_log_events(
        logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"]
    )["events"]
    exported = build.get("exportedEnvironmentVariables", [])
    return Build(
        status=build["buildStatus"],
        commit=build["resolvedSourceVersion"],
        exports={variable["name"]: variable["value"] for variable in exported},
        log="\n".join(line["message"].rstrip() for line in lines),
    )


@pytest.fixture(scope="module")
def released(platform: SeededPlatform, aws: Aws) -> Mapping[Place, Build]:
    """Every service built for every target, staging's all at once and then production's, as in a release."""
    if not (BINARIES / "osls").exists():
        pytest.skip("osls is not installed; run make install")
    builds: dict[Place, Build] = {}
    for target in TARGETS.values():
        ids = {
            place: start(aws, target, service, region, tip(aws, service), proved(builds, service))
            for place in PLACES
            for service, environment, region in [place]
            if environment == target.name
        }
        builds |= {place: ended(aws, target, build_id) for place, build_id in ids.items()}
    return builds


def proved(builds: Mapping[Place, Build], service: str) -> Mapping[str, str]:
    """What production is told of the bundle that staging proved."""
    staging = builds.get((service, "staging", "global"))
    names = ("RELEASE_BUNDLE", "RELEASE_BUNDLE_SHA256")
    return {name: staging.exports[name] for name in names} if staging else {}


EACH_PLACE = pytest.mark.parametrize("place", PLACES, ids="-".join)


@pytest.mark.e2e
@EACH_PLACE
def test_it_is_built_from_the_release_s_commit(
    released: Mapping[Place, Build], aws: Aws, place: Place
) -> None:
    build = released[place]
    assert build.status == "SUCCEEDED", build.log
    assert build.commit == build.exports["RELEASE_COMMIT"] == tip(aws, place[0])
    assert all(build.exports.values()), build.exports


@pytest.mark.e2e
def test_no_log_shows_a_credential(released: Mapping[Place, Build]) -> None:
    for build in released.values():
        assert "ASIA" not in build.log
        assert "FwoGZXIvYXdz" not in build.log


@pytest.mark.e2e
@pytest.mark.parametrize("place", [place for place in PLACES if place[0] in BACKENDS], ids="-".join)
def test_a_backend_answers_with_its_commit(
    released: Mapping[Place, Build], platform: SeededPlatform, aws: Aws, place: Place
) -> None:
    service, environment, region = place
    exports = released[place].exports
    answer = asked(platform, f"{exports['RELEASE_URL']}/health").json()
    assert answer == {
        "status": "ok",
        "service": service,
        "commit": exports["RELEASE_COMMIT"],
        "stage": environment,
    }
    functions = aws.client("lambda", TARGETS[environment].environment.account, region)
    invoked = functions.invoke(
        FunctionName=f"{service}-{environment}-api", Payload=json.dumps({"routeKey": "GET /health"})
    )
    assert exports["RELEASE_COMMIT"] in json.loads(invoked["Payload"].read())["body"]


@pytest.mark.e2e
@pytest.mark.parametrize("place", [place for place in PLACES if place[0] in SITES], ids="-".join)
def test_a_site_shows_its_commit_and_lets_assets_be_kept(
    released: Mapping[Place, Build], platform: SeededPlatform, aws: Aws, place: Place
) -> None:
    service, environment, region = place
    exports = released[place].exports
    version = asked(platform, f"{exports['RELEASE_URL']}/version.json").json()
    assert version == {"service": service, "commit": exports["RELEASE_COMMIT"]}
    account = TARGETS[environment].environment.account
    s3 = aws.client("s3", account, region)
    bucket = f"{service}-site-{account}-{region}"
    kept = {
        entry["Key"]: s3.head_object(Bucket=bucket, Key=entry["Key"])["CacheControl"]
        for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]
    }
    assert kept["index.html"] == kept["version.json"] == "no-cache"
    assert {value for key, value in kept.items() if key.startswith("assets/")} == {
        "public, max-age=31536000, immutable"
    }


@pytest.mark.e2e
def test_production_archives_the_very_bundle_of_staging(released: Mapping[Place, Build], aws: Aws) -> None:
    staging, production = (released["courier", environment, "global"].exports for environment in TARGETS)
    assert staging["RELEASE_BUNDLE"].startswith("s3://release-ops-artifacts-111111111111/courier/")
    assert production["RELEASE_BUNDLE"].startswith("s3://release-ops-artifacts-333333333333/courier/")
    contents = [
        stored(aws, "111111111111", staging["RELEASE_BUNDLE"]),
        stored(aws, "333333333333", production["RELEASE_BUNDLE"]),
    ]
    assert contents[0] == contents[1]
    assert hashlib.sha256(contents[0]).hexdigest() == staging["RELEASE_BUNDLE_SHA256"]
    assert staging["RELEASE_VERSION_CODE"] == str(100 + len(list(history(SAMPLES, "courier"))))
    assert "base/manifest/AndroidManifest.xml" in zipfile.ZipFile(io.BytesIO(contents[0])).namelist()


@pytest.mark.e2e
@pytest.mark.usefixtures("released")
def test_stacks_are_in_the_target_accounts_and_none_in_dev(aws: Aws) -> None:
    def stacks(account: str, region: str) -> set[str]:
        listed = aws.client("cloudformation", account, region).list_stacks()["StackSummaries"]
        return {stack["StackName"] for stack in listed}

    assert stacks("111111111111", "eu-west-1") == set()
    assert stacks("222222222222", "eu-west-1") == {f"{service}-staging" for service in BACKENDS}
    assert stacks("333333333333", "eu-west-1") == {f"{service}-production" for service in BACKENDS}
    assert stacks("333333333333", "us-east-1") == {"payments-production"}


@pytest.mark.e2e
def test_orders_and_invoices_work_together(released: Mapping[Place, Build], platform: SeededPlatform) -> None:
    orders, invoices = (
        released[service, "staging", "eu-west-1"].exports["RELEASE_URL"] for service in ("orders", "invoices")
    )
    lines = [{"sku": "mug", "quantity": 2, "unit_price": "9.50"}]
    order = asked(platform, f"{orders}/orders", {"customer": "c-17", "lines": lines}).json()
    invoice = asked(platform, f"{invoices}/invoices/{order['id']}").json()
    assert (order["total"], invoice["gross_cents"]) == ("19.00", 2299)


# ---- what goes wrong


@pytest.mark.usefixtures("platform")
def test_a_new_commit_is_a_higher_version_of_the_app(endpoint: str, aws: Aws) -> None:
    before = tip(aws, "courier")
    made = commit(endpoint, CATALOG, "courier", "Open a depot in Lille", {"app/src/main/assets/x.txt": "LIL"})
    assert made == tip(aws, "courier") == tip(aws, "courier", "333333333333")
    codes = [
        ended(
            aws, TARGETS["staging"], start(aws, TARGETS["staging"], "courier", "global", commit_id, {})
        ).exports["RELEASE_VERSION_CODE"]
        for commit_id in (before, made)
    ]
    assert int(codes[1]) == int(codes[0]) + 1


@pytest.mark.usefixtures("platform")
def test_another_bundle_than_the_proved_one_is_not_archived(aws: Aws) -> None:
    commit_id = tip(aws, "courier")
    staging = ended(
        aws, TARGETS["staging"], start(aws, TARGETS["staging"], "courier", "global", commit_id, {})
    )
    told = {"RELEASE_BUNDLE": staging.exports["RELEASE_BUNDLE"], "RELEASE_BUNDLE_SHA256": "0" * 64}
    build = ended(
        aws, TARGETS["production"], start(aws, TARGETS["production"], "courier", "global", commit_id, told)
    )
    assert build.status == "FAILED"
    assert "did NOT match" in build.log


@pytest.mark.usefixtures("platform")
def test_a_build_whose_tests_fail_deploys_nothing(endpoint: str, aws: Aws) -> None:
    broken = commit(endpoint, CATALOG, "backoffice", "Lose the style", {"site/index.html": "<p>@commit"})
    target = TARGETS["staging"]
    build = ended(aws, target, start(aws, target, "backoffice", "eu-west-1", broken, {}))
    assert build.status == "FAILED"
    assert "Entering phase BUILD" not in build.log


def asked(platform: SeededPlatform, url: str, body: Any = None) -> httpx.Response:
    """Ask the edge, as if the names of API Gateway and CloudFront led to it."""
    where = httpx.URL(url)
    headers = {"Host": where.host}
    at = f"{platform.endpoint}{where.path}"
    if body is None:
        return httpx.get(at, headers=headers, trust_env=False, timeout=30).raise_for_status()
    return httpx.post(at, headers=headers, json=body, trust_env=False, timeout=30).raise_for_status()


def stored(aws: Aws, account: str, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: bytes = aws.client("s3", account, "eu-west-1").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content
