"""A CodeBuild in memory that both SDKs call as they call AWS's, and an event loop on which time is free."""

from __future__ import annotations

import asyncio
import json
import selectors
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from aiobotocore.awsrequest import AioAWSResponse  # type: ignore[import-untyped]
from aiobotocore.client import AioBaseClient  # type: ignore[import-untyped]
from botocore.awsrequest import AWSResponse

Wire = dict[str, Any]
PAGE = 100


class _Clockwork(selectors.DefaultSelector):
    """Nobody waits: when nothing is to be done, time moves on to what comes next."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        found = super().select(0)
        self.now += 0 if found else max(timeout, 0)
        return found


class FreeTimeLoop(asyncio.SelectorEventLoop):
    """Hours pass in seconds, in the same order as in life; what goes to a thread is done at once."""

    def __init__(self) -> None:
        self._clockwork = _Clockwork()
        super().__init__(self._clockwork)

    def time(self) -> float:
        return self._clockwork.now

    def run_in_executor(  # type: ignore[override]  # the same, with fewer type variables
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - as an executor: it is whoever waits that gets it
            future.set_exception(error)
        return future


@dataclass
class Build:
    id: str
    project: str
    commit: str
    ends_at: float = float("inf")


@dataclass
class Aws:
    """Builds that end when they are told to, and the calls that came in for them."""

    clock: Callable[[], float]
    builds: dict[str, Build] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def answer_for(self, client: Any) -> None:
        """Answer a client's requests, instead of the network."""
        kind = AioAWSResponse if isinstance(client, AioBaseClient) else AWSResponse
        client.meta.events.register("before-send.codebuild", partial(self._answer, kind))

    def _answer(self, kind: type[AWSResponse], request: Any, event_name: str, **_: Any) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        operations = {
            "StartBuild": self._start_build,
            "ListBuildsForProject": self._list_builds_for_project,
            "BatchGetBuilds": self._batch_get_builds,
        }
        content = json.dumps(operations[operation](json.loads(request.body))).encode()
        return kind(request.url, 200, {}, _Content(content))

    def _start_build(self, asked: Wire) -> Wire:
        build = Build(
            f"{asked['projectName']}:{len(self.builds)}", asked["projectName"], asked["sourceVersion"]
        )
        self.builds[build.id] = build
        return {"build": self._shown(build)}

    def _list_builds_for_project(self, asked: Wire) -> Wire:
        ids = [build.id for build in self.builds.values() if build.project == asked["projectName"]]
        return {"ids": ids[: -PAGE - 1 : -1]}

    def _batch_get_builds(self, asked: Wire) -> Wire:
        return {"builds": [self._shown(self.builds[build_id]) for build_id in asked["ids"]]}

    def _shown(self, build: Build) -> Wire:
        """As much as CodeBuild tells of a build that has no phases and no log."""
        is_over = self.clock() >= build.ends_at
        return {
            "id": build.id,
            "projectName": build.project,
            "buildStatus": "SUCCEEDED" if is_over else "IN_PROGRESS",
            "buildComplete": is_over,
            "resolvedSourceVersion": build.commit,
        }


@dataclass
class _Content:
    """The body of an answer, as either SDK reads it."""

    content: bytes

    def stream(self) -> Iterator[bytes]:
        yield self.content

    async def read(self) -> bytes:
        return self.content
