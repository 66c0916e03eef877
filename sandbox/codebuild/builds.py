"""All builds ever started here: ids, numbers, idempotency tokens, order."""

import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal
from sandbox.codebuild.model import Build

# https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html: "The token is included in the
# StartBuild request and is valid for 5 minutes."
TOKEN_VALID_SECONDS = 300


@dataclass(frozen=True, slots=True)
class _Token:
    request: dict[str, Any]
    build: Build
    used: float


class Builds:
    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._builds: dict[tuple[str, str, str], Build] = {}
        self._numbers: Counter[str] = Counter()
        self._tokens: dict[tuple[str, str, str], _Token] = {}

    @property
    def starting(self) -> threading.RLock:
        """Held while a build starts: two requests with one token must not both find it unused."""
        return self._lock

    def started_with(self, caller: Principal, request: dict[str, Any]) -> Build | None:
        """The build that this very request started already, if its token says so."""
        token = self._tokens.get((caller.account, caller.region, request.get("idempotencyToken", "")))
        if token is None or time.time() - token.used > TOKEN_VALID_SECONDS:
            return None
        if token.request != request:
            raise AwsError(
                "InvalidInputException",
                "Parameter mismatch: the idempotency token was already used with different parameters",
            )
        return token.build

    def add(
        self, caller: Principal, project: str, effective: dict[str, Any], request: dict[str, Any]
    ) -> Build:
        place = f"{caller.account}/{caller.region}/{project}"
        with self._lock:
            self._numbers[place] += 1
            build = Build(
                account=caller.account,
                region=caller.region,
                project=project,
                uuid=str(uuid.uuid4()),
                number=self._numbers[place],
                initiator=caller.name,
                effective=effective,
            )
            self._builds[caller.account, caller.region, build.id] = build
            if request.get("idempotencyToken"):
                key = (caller.account, caller.region, request["idempotencyToken"])
                self._tokens[key] = _Token(request, build, build.started)
        return build

    def find(self, caller: Principal, build_id: str) -> Build | None:
        build_id = build_id.rpartition(":build/")[2]
        with self._lock:
            return self._builds.get((caller.account, caller.region, build_id))

    def newest_first(self, caller: Principal, project: str | None = None) -> list[Build]:
        with self._lock:
            found = [
                build
                for (*place, _), build in self._builds.items()
                if place == [caller.account, caller.region]
            ]
        mine = [build for build in found if project in (None, build.project)]
        return mine[::-1]
