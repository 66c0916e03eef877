"""A build's record: what BatchGetBuilds shows, and nothing that a read could change."""

import copy
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.codebuild.phases import Phase, Status, build_status

Wire = dict[str, Any]
_ALWAYS = ("source", "environment", "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes")
_IF_GIVEN = (
    "encryptionKey",
    "cache",
    "sourceVersion",
    "secondarySources",
    "secondarySourceVersions",
    "vpcConfig",
    "fileSystemLocations",
)


@dataclass(frozen=True, slots=True)
class AutoRetry:
    """Which of CodeBuild's own retries a build is; the first build is number 0.

    https://docs.aws.amazon.com/codebuild/latest/APIReference/API_AutoRetryConfig.html"""

    number: int = 0
    previous: str | None = None


@dataclass
class Build:
    """One build. Its runner writes, requests read copies; ``_lock`` keeps them apart."""

    account: str
    region: str
    project: str
    uuid: str
    number: int
    initiator: str
    effective: Mapping[str, Any]
    auto_retry: AutoRetry = field(default_factory=AutoRetry)
    started: float = field(default_factory=lambda: round(time.time(), 3))

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._phases: list[Wire] = []
        self._shown: Wire = {"buildStatus": str(Status.IN_PROGRESS), "buildComplete": False}
        self._next_auto_retry: str | None = None

    @property
    def project_arn(self) -> str:
        return f"arn:aws:codebuild:{self.region}:{self.account}:project/{self.project}"

    @property
    def id(self) -> str:
        return f"{self.project}:{self.uuid}"

    @property
    def place(self) -> tuple[str, str]:
        return self.account, self.region

    @property
    def arn(self) -> str:
        return f"arn:aws:codebuild:{self.region}:{self.account}:build/{self.id}"

    @property
    def is_complete(self) -> bool:
        with self._lock:
            return bool(self._shown["buildComplete"])

    @property
    def auto_retry_limit(self) -> int:
        return int(self.effective.get("autoRetryLimit", 0))

    @property
    def outcome(self) -> Status:
        """What the build is by the phases that have ended."""
        with self._lock:
            return self._outcome()

    @property
    def commit(self) -> str | None:
        """The commit that was checked out, once it was."""
        with self._lock:
            commit: str | None = self._shown.get("resolvedSourceVersion")
            return commit

    def retried_as(self, following: "Build") -> None:
        with self._lock:
            self._next_auto_retry = following.arn

    def show(self, **members: Any) -> None:
        with self._lock:
            self._shown.update(members)

    def enter(self, phase: Phase) -> None:
        now = _milliseconds()
        with self._lock:
            self._phases.append({"phaseType": str(phase), "startTime": now})
            self._shown["currentPhase"] = str(phase)
            if phase is Phase.COMPLETED:
                self._shown |= {"buildStatus": str(self._outcome()), "buildComplete": True, "endTime": now}

    def leave(self, status: Status, code: str = "", message: str = "") -> None:
        """End the current phase. AWS gives contexts, if only empty ones, from DOWNLOAD_SOURCE on."""
        now = _milliseconds()
        with self._lock:
            phase = self._phases[-1]
            phase |= {
                "phaseStatus": str(status),
                "endTime": now,
                "durationInSeconds": int(now - phase["startTime"]),
            }
            if message or phase["phaseType"] not in (Phase.SUBMITTED, Phase.QUEUED, Phase.PROVISIONING):
                phase["contexts"] = [{"statusCode": code, "message": message}]

    def to_wire(self) -> Wire:
        """The build as BatchGetBuilds shows it.

        https://docs.aws.amazon.com/codebuild/latest/APIReference/API_Build.html; networkInterface and
        debugSession are for builds in a VPC and for sessions, which are not here."""
        with self._lock:
            shown, phases = copy.deepcopy(self._shown), copy.deepcopy(self._phases)
            auto_retry = self._auto_retry()
        effective = copy.deepcopy(dict(self.effective))
        record = {name: effective[name] for name in _ALWAYS}
        record |= {name: effective[name] for name in _IF_GIVEN if name in effective}
        return record | {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "projectName": self.project,
            "initiator": self.initiator,
            "startTime": self.started,
            "phases": phases,
            "artifacts": artifacts_shown(effective["artifacts"], self),
            "secondaryArtifacts": [
                artifacts_shown(one, self) for one in effective.get("secondaryArtifacts", [])
            ],
            "exportedEnvironmentVariables": [],
            "reportArns": [],
            "autoRetryConfig": auto_retry,
            **shown,
        }

    def _auto_retry(self) -> Wire:
        links = {"nextAutoRetry": self._next_auto_retry, "previousAutoRetry": self.auto_retry.previous}
        return {
            "autoRetryLimit": self.auto_retry_limit,
            "autoRetryNumber": self.auto_retry.number,
            **{name: arn for name, arn in links.items() if arn},
        }

    def _outcome(self) -> Status:
        return build_status([Status(one["phaseStatus"]) for one in self._phases if "phaseStatus" in one])


def artifacts_shown(artifacts: Mapping[str, Any], build: Build, key: str | None = None) -> Wire:
    """Where a build's artifact goes, as the build's record tells it; NO_ARTIFACTS shows an empty location.

    https://docs.aws.amazon.com/codebuild/latest/APIReference/API_BuildArtifacts.html"""
    if artifacts["type"] != "S3":
        return {"location": ""}
    members = ("overrideArtifactName", "encryptionDisabled", "artifactIdentifier", "bucketOwnerAccess")
    shown = {member: artifacts[member] for member in members if member in artifacts}
    key = artifact_key(artifacts, build) if key is None else key
    return shown | {"location": f"arn:aws:s3:::{artifacts['location']}" + (f"/{key}" if key else "")}


def artifact_key(
    artifacts: Mapping[str, Any], build: Build, name: str | None = None, prefix: str | None = None
) -> str:
    """path/namespace/name, as CodeBuild puts an output artifact's key together.

    https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectArtifacts.html; the prefix is the
    buildspec's s3-prefix, which counts "when the namespace type is BUILD_ID"."""
    by_id = artifacts.get("namespaceType") == "BUILD_ID"
    name = name or artifacts.get("name") or artifacts.get("artifactIdentifier") or build.project
    parts = (artifacts.get("path", ""), prefix or "" if by_id else "", build.uuid if by_id else "", name)
    return "/".join(part.strip("/") for part in parts if part.strip("/"))


def _milliseconds() -> float:
    return round(time.time(), 3)
