"""What CodeBuild tells EventBridge: a build's state changes and phase changes.

https://docs.aws.amazon.com/codebuild/latest/userguide/sample-build-notifications-ref.html"""

import json
import queue
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.codebuild.model import Build

Wire = dict[str, Any]
STATE_CHANGE = "CodeBuild Build State Change"
PHASE_CHANGE = "CodeBuild Build Phase Change"


def state_change(build: Mapping[str, Any]) -> Wire:
    """The detail of a state change: of SUBMITTED, and of COMPLETED with what the build became."""
    return {
        "build-status": build["buildStatus"],
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "current-phase": build["currentPhase"],
        "current-phase-context": "[]",
        "version": "1",
        "additional-information": _information(build),
    }


def phase_change(build: Mapping[str, Any], completed: str) -> Wire:
    """The detail of a phase change: of every phase that ended."""
    phase = next(one for one in build["phases"] if one["phaseType"] == completed)
    return {
        "completed-phase": completed,
        "completed-phase-status": phase["phaseStatus"],
        "completed-phase-context": f"[{', '.join(_contexts(phase))}]",
        "completed-phase-duration-seconds": phase["durationInSeconds"],
        "completed-phase-start": _when(phase["startTime"]),
        "completed-phase-end": _when(phase["endTime"]),
        "project-name": build["projectName"],
        "build-id": build["arn"],
        "version": "1",
        "additional-information": _information(build),
    }


def _information(build: Mapping[str, Any]) -> Wire:
    logs = {
        name: build["logs"][name] for name in ("groupName", "streamName", "deepLink") if name in build["logs"]
    }
    members = {
        "artifact": build["artifacts"],
        "cache": build.get("cache", {"type": "NO_CACHE"}),
        "environment": build["environment"],
        "source": build["source"],
        "logs": logs,
        "buildNumber": build["buildNumber"],
        "buildComplete": build["buildComplete"],
        "initiator": build["initiator"],
        "timeoutInMinutes": build["timeoutInMinutes"],
        "queuedTimeoutInMinutes": build["queuedTimeoutInMinutes"],
    }
    members |= {"sourceVersion": build["sourceVersion"]} if "sourceVersion" in build else {}
    information: Wire = _hyphenated(members)
    return information | {
        "build-start-time": _when(build["startTime"]),
        "phases": [_phase(one) for one in build["phases"]],
    }


def _phase(phase: Mapping[str, Any]) -> Wire:
    shown = {"phase-type": phase["phaseType"], "start-time": _when(phase["startTime"])}
    if "phaseStatus" not in phase:
        return shown
    return shown | {
        "phase-context": _contexts(phase),
        "phase-status": phase["phaseStatus"],
        "end-time": _when(phase["endTime"]),
        "duration-in-seconds": phase["durationInSeconds"],
    }


def _contexts(phase: Mapping[str, Any]) -> list[str]:
    return [f"{context['statusCode']}: {context['message']}" for context in phase.get("contexts", [])]


def _hyphenated(value: Any) -> Any:
    """An API's camelCase members as the events write them: privilegedMode is privileged-mode there."""
    if isinstance(value, Mapping):
        return {re.sub(r"(?<!^)([A-Z])", r"-\1", key).lower(): _hyphenated(one) for key, one in value.items()}
    return [_hyphenated(one) for one in value] if isinstance(value, list) else value


def _when(seconds: float) -> str:
    """Such as `Sep 1, 2017 4:12:29 PM`."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%b} {moment.day}, {moment.year} {moment.hour % 12 or 12}:{moment:%M:%S %p}"


class Announcer:
    """Hands events to EventBridge in their order, in a thread of its own: no build waits for a target."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[tuple[str, str, Wire]] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._delivery: threading.Thread | None = None

    def state_changed(self, build: Build) -> None:
        # Nobody has a rule yet: importing moto's EventBridge for nothing takes half a second.
        if _backends() is not None:
            self._announce(build, STATE_CHANGE, state_change(build.to_wire()))

    def phase_ended(self, build: Build, phase: str) -> None:
        if _backends() is not None:
            self._announce(build, PHASE_CHANGE, phase_change(build.to_wire(), phase))

    def _announce(self, build: Build, kind: str, detail: Wire) -> None:
        with self._starting:
            if self._delivery is None:
                self._delivery = threading.Thread(target=self._deliver, name="codebuild-events", daemon=True)
                self._delivery.start()
        entry = {
            "Source": "aws.codebuild",
            "DetailType": kind,
            "Detail": json.dumps(detail),
            "Resources": [build.arn],
        }
        self._events.put((build.account, build.region, entry))

    def _deliver(self) -> None:
        while True:
            account, region, entry = self._events.get()
            try:
                # Not through PutEvents: AWS takes no `aws.` source from its callers.
                _backends()[account][region].put_events([entry])
            except Exception:  # noqa: BLE001 - one event that moto chokes on must not keep the next from its targets
                traceback.print_exc(file=sys.stderr)


def _backends() -> Any:
    """moto's EventBridge, if anybody asked for it yet, directly or by a stack."""
    models = sys.modules.get("moto.events.models")
    return models.events_backends if models else None
