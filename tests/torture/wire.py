"""A task's side of the virtual AWS: what stands for boto3's clients, over one socket per process."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

LEDGER_PAGE = 5


class Wire:
    """One process's connection to one world; made when it is first needed, so never inherited."""

    def __init__(self, address: str, world: str) -> None:
        self._address, self._world = address, world
        self._connection: Connection | None = None

    def call(self, service: str, operation: str, arguments: dict[str, Any]) -> Any:
        if self._connection is None:
            near = socket.socket(socket.AF_UNIX)
            near.connect(self._address)
            self._connection = Connection(near.detach())
        self._connection.send((self._world, service, operation, arguments))
        answer = self._connection.recv()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def world(self, operation: str, **arguments: Any) -> Any:
        return self.call("world", operation, arguments)

    def now(self) -> datetime:
        moment: datetime = self.world("now")
        return moment


class RemoteCodeBuild:
    """Stands for boto3's client."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation not in ("start_build", "stop_build", "batch_get_builds", "list_builds_for_project"):
            raise AttributeError(operation)
        return lambda **arguments: self._wire.call("codebuild", operation, arguments)


class RemoteS3:
    """Stands for boto3's client, as far as the ledger's client asks it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def put_object(self, **arguments: Any) -> None:
        self._wire.call("s3", "put_object", arguments)

    def get_object(self, **arguments: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self._wire.call("s3", "get_object", arguments))}

    def get_paginator(self, operation: str) -> RemoteS3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        keys = self._wire.call("s3", "list_objects_v2", arguments)
        for first in range(0, len(keys), LEDGER_PAGE):
            yield {"Contents": [{"Key": key} for key in keys[first : first + LEDGER_PAGE]]}
