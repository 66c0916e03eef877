"""A sandbox in a process of its own, the sample platform in it, and builds as a release starts them."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from rehearsal.platform import SeededPlatform, seed
from rehearsal.platform.aws import Aws
from rehearsal.platform.names import Target, targets
from release_ops.config import load_catalog

ROOT = Path(__file__).parents[3]
SECONDS_TO_START = 60
SECONDS_TO_BUILD = 300


@dataclass(frozen=True)
class Build:
    """What a release sees of a build that has ended."""

    status: str
    commit: str
    exports: Mapping[str, str]
    log: str


@dataclass
class Platform:
    """The seeded platform, as an administrator of all three accounts sees it."""

    seeded: SeededPlatform
    aws: Aws = field(init=False)
    targets: Mapping[str, Target] = field(init=False)

    def __post_init__(self) -> None:
        self.aws = Aws(self.seeded.endpoint)
        self.targets = {target.name: target for target in targets(self.seeded.catalog)}

    def tip(self, service: str, account: str = "111111111111") -> str:
        """The commit that the service's branch is at."""
        entry = self.seeded.catalog.services[service]
        codecommit = self.aws.client("codecommit", account, "eu-west-1")
        found = codecommit.get_branch(repositoryName=entry.repository, branchName=entry.branch)
        commit_id: str = found["branch"]["commitId"]
        return commit_id

    def build(
        self, service: str, environment: str, region: str, commit: str, told: Mapping[str, str] | None = None
    ) -> Build:
        return self.ended(environment, self.start(service, environment, region, commit, told))

    def start(
        self, service: str, environment: str, region: str, commit: str, told: Mapping[str, str] | None = None
    ) -> str:
        """Start a build with all that a release passes, and nothing else."""
        variables = {
            "RELEASE_KEY": f"{service}-{environment}-{region}",
            "RELEASE_RUN": "manual__test",
            "RELEASE_SERVICE": service,
            "RELEASE_ENVIRONMENT": environment,
            "RELEASE_REGION": region,
            "RELEASE_COMMIT": commit,
            **(told or {}),
        }
        started = self._client("codebuild", environment).start_build(
            projectName=self.seeded.catalog.services[service].build_projects[environment],
            sourceVersion=commit,
            environmentVariablesOverride=[
                {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()
            ],
            autoRetryLimitOverride=0,
        )
        build_id: str = started["build"]["id"]
        return build_id

    def ended(self, environment: str, build_id: str) -> Build:
        codebuild = self._client("codebuild", environment)
        deadline = time.monotonic() + SECONDS_TO_BUILD
        while True:
            build = codebuild.batch_get_builds(ids=[build_id])["builds"][0]
            if build["buildStatus"] != "IN_PROGRESS":
                break
            if time.monotonic() > deadline:
                pytest.fail(f"{build_id} is still {build['currentPhase']}")
            time.sleep(0.2)
        lines = self._client("logs", environment).get_log_events(
            logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"]
        )["events"]
        exported = build.get("exportedEnvironmentVariables", [])
        return Build(
            status=build["buildStatus"],
            commit=build["resolvedSourceVersion"],
            exports={variable["name"]: variable["value"] for variable in exported},
            log="\n".join(line["message"].rstrip() for line in lines),
        )

    def ask(self, url: str, body: Any = None) -> Any:
        """Ask the edge, as if the names of API Gateway and CloudFront led to it."""
        where = httpx.URL(url)
        answer = httpx.request(
            "GET" if body is None else "POST",
            f"{self.seeded.endpoint}{where.path}",
            headers={"Host": where.host},
            json=body,
            trust_env=False,
            timeout=30,
        )
        return answer.raise_for_status().json()

    def _client(self, service: str, environment: str) -> Any:
        home = self.targets[environment].builds_in
        return self.aws.client(service, home.account, home.home_region)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("sandbox")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sandbox", "--iam", "--port", str(port), "--state", str(folder / "state")]
    for binaries in (Path(sys.executable).parent, ROOT / "node_modules" / ".bin"):
        command += ["--path", str(binaries)]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            endpoint = once_healthy(f"http://127.0.0.1:{port}", process, folder / "log")
            catalog = load_catalog(ROOT / "config/services.yaml")
            yield Platform(seed(endpoint, catalog, ROOT / "samples"))
        finally:
            process.terminate()
            process.wait(timeout=30)


def once_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/_sandbox/health", trust_env=False).is_success:
                return url
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the sandbox does not answer: {log.read_text()}")
