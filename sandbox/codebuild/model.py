"""A build's record: what BatchGetBuilds shows, and nothing that a read could change."""

import copy
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.codebuild.phases import Phase, Status, build_status

Wire = dict[str, Any]


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
    started: float = field(default_factory=time.time)

    @property
    def project_arn(self) -> str:
        return f"arn:aws:codebuild:{self.region}:{self.account}:project/{self.project}"

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._phases: list[Wire] = []
        self._shown: Wire = {"buildStatus": str(Status.IN_PROGRESS), "buildComplete": False}

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

    def show(self, **members: Any) -> None:
        with self._lock:
            self._shown.update(members)

    def enter(self, phase: Phase) -> None:
        now = _milliseconds()
        with self._lock:
            self._phases.append({"phaseType": str(phase), "startTime": now})
            self._shown["currentPhase"] = str(phase)
            if phase is Phase.COMPLETED:
                status = build_status([Status(one["phaseStatus"]) for one in self._phases[:-1]])
                self._shown |= {"buildStatus": str(status), "buildComplete": True, "endTime": now}

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
        with self._lock:
            shown, phases = copy.deepcopy(self._shown), copy.deepcopy(self._phases)
        effective = copy.deepcopy(dict(self.effective))
        members = ("source", "environment", "serviceRole", "timeoutInMinutes", "queuedTimeoutInMinutes")
        optional = ("encryptionKey", "cache", "sourceVersion", "secondarySources", "secondarySourceVersions")
        record = {name: effective[name] for name in members}
        record |= {name: effective[name] for name in optional if name in effective}
        return record | {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "projectName": self.project,
            "initiator": self.initiator,
            "startTime": self.started,
            "phases": phases,
            "artifacts": artifacts_shown(effective["artifacts"], self),
            "autoRetryConfig": {"autoRetryLimit": effective.get("autoRetryLimit", 0), "autoRetryNumber": 0},
            **shown,
        }


def artifacts_shown(artifacts: Mapping[str, Any], build: Build, name: str | None = None) -> Wire:
    """Where a build's artifact goes, as the build's record tells it; NO_ARTIFACTS shows an empty location."""
    if artifacts["type"] != "S3":
        return {"location": ""}
    shown = {
        member: artifacts[member]
        for member in ("overrideArtifactName", "encryptionDisabled")
        if member in artifacts
    }
    key = artifact_prefix(artifacts, build, name)
    return shown | {"location": f"arn:aws:s3:::{artifacts['location']}" + (f"/{key}" if key else "")}


def artifact_prefix(artifacts: Mapping[str, Any], build: Build, name: str | None = None) -> str:
    """path/namespace/name, as CodeBuild puts an output artifact's key together."""
    namespace = build.uuid if artifacts.get("namespaceType") == "BUILD_ID" else ""
    parts = (artifacts.get("path", ""), namespace, name or artifacts.get("name") or build.project)
    return "/".join(part.strip("/") for part in parts if part.strip("/"))


def _milliseconds() -> float:
    return round(time.time(), 3)
