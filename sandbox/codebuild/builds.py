"""All builds ever started here: ids, numbers, idempotency tokens, order."""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.errors import AwsError
from sandbox.aws.principals import Principal
from sandbox.codebuild.model import AutoRetry, Build

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
        self._tokens: dict[tuple[str, str, str, str], _Token] = {}

    @property
    def starting(self) -> threading.RLock:
        """Held while a build starts: two requests with one token must not both find it unused."""
        return self._lock

    def started_with(self, caller: Principal, operation: str, request: dict[str, Any]) -> Build | None:
        """The build that this very request started already, if its token says so."""
        token = self._tokens.get(_token_key(caller, operation, request))
        if token is None or time.time() - token.used > TOKEN_VALID_SECONDS:
            return None
        if token.request != request:
            raise AwsError(
                "InvalidInputException",
                "Parameter mismatch: the idempotency token was already used with different parameters",
            )
        return token.build

    def remember(self, caller: Principal, operation: str, request: dict[str, Any], build: Build) -> None:
        """Answer the same request with this build while its token is valid."""
        if request.get("idempotencyToken"):
            self._tokens[_token_key(caller, operation, request)] = _Token(request, build, build.started)

    def add(
        self,
        caller: Principal,
        project: str,
        effective: Mapping[str, Any],
        auto_retry: AutoRetry | None = None,
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
                auto_retry=auto_retry or AutoRetry(),
            )
            self._builds[caller.account, caller.region, build.id] = build
        return build

    def find(self, caller: Principal, id_or_arn: str) -> Build | None:
        with self._lock:
            return self._builds.get((caller.account, caller.region, id_of(id_or_arn)))

    def get(self, caller: Principal, id_or_arn: str) -> Build:
        build = self.find(caller, id_or_arn)
        if build is None:
            raise AwsError("ResourceNotFoundException", f"Build cannot be found: {id_or_arn}")
        return build

    def delete(self, build: Build) -> None:
        with self._lock:
            self._builds.pop((build.account, build.region, build.id), None)

    def newest_first(self, caller: Principal, project: str | None = None) -> list[Build]:
        with self._lock:
            found = [
                build
                for (*place, _), build in self._builds.items()
                if place == [caller.account, caller.region]
            ]
        mine = [build for build in found if project in (None, build.project)]
        return mine[::-1]

    def all_newest_first(self) -> list[Build]:
        """Every account's builds, for the sandbox's own pages."""
        with self._lock:
            return list(self._builds.values())[::-1]


def id_of(id_or_arn: str) -> str:
    return id_or_arn.rpartition(":build/")[2]


def _token_key(caller: Principal, operation: str, request: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return caller.account, caller.region, operation, request.get("idempotencyToken", "")
