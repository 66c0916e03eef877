"""A CodeBuild, an S3 and a clock that outlive the processes which use them: `python virtual_aws.py SOCKET`.

It carries out one request after another, whoever sends it, also if its sender dies before the answer comes:
as AWS does. What CodeBuild answers is FakeCodeBuild's; tests/torture/test_fidelity.py holds that to the
sandbox's."""

from __future__ import annotations

import os
import socket
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, cast

from botocore.exceptions import ClientError

sys.path.insert(0, str(Path(__file__).parents[1] / "fakes"))

from fake_codebuild import FakeCodeBuild, error

PAGE = 5
"""AWS returns 100 ids a page; with five, look-ups turn pages here, too."""


@dataclass
class World:
    """One project's AWS: its builds, the ledger's bucket, and the time."""

    builds: FakeCodeBuild = field(default_factory=lambda: FakeCodeBuild(page=PAGE))
    objects: dict[str, bytes] = field(default_factory=dict)
    noted: tuple[int, list[int]] = (0, [])
    """How many instructions the last process had that lived to its end, and where it asked AWS."""

    def answer(self, service: str, operation: str, arguments: dict[str, Any]) -> Any:
        target = {"codebuild": self.builds, "s3": self, "world": self}[service]
        return getattr(target, operation)(**arguments)

    def put_object(self, **request: Any) -> None:
        assert request["IfNoneMatch"] == "*"
        if request["Key"] in self.objects:
            raise error("PutObject", "PreconditionFailed", "At least one of the preconditions did not hold")
        self.objects[request["Key"]] = request["Body"]

    def get_object(self, **request: Any) -> bytes:
        if request["Key"] not in self.objects:
            raise error("GetObject", "NoSuchKey", "The specified key does not exist.")
        return self.objects[request["Key"]]

    def list_objects_v2(self, **request: Any) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(request["Prefix"]))

    def now(self) -> datetime:
        return self.builds.now

    def pass_time(self, by: timedelta) -> None:
        self.builds.now += by

    def set_lag(self, lag: timedelta) -> None:
        self.builds.lag = lag

    def end_running(self, status: str) -> None:
        for build in self.builds.builds:
            if build["buildStatus"] == "IN_PROGRESS":
                self.builds.end(build["id"], status)

    def all_builds(self) -> list[dict[str, Any]]:
        return self.builds.builds

    def note(self, instructions: int, requests: list[int]) -> None:
        self.noted = instructions, requests

    def last_noted(self) -> tuple[int, list[int]]:
        return self.noted


def serve(address: str, owner: int) -> None:
    """Answer until whoever started this is gone."""
    worlds: dict[str, World] = {}
    connections: list[Connection] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        while os.getppid() == owner:
            for ready in wait([listening, *connections], timeout=1):
                if ready is listening:
                    connections.append(Connection(listening.accept()[0].detach()))
                elif not answered(cast("Connection", ready), worlds):
                    connections.remove(cast("Connection", ready))


def answered(connection: Connection, worlds: dict[str, World]) -> bool:
    """Carry out one request; return whether its sender is still there."""
    try:
        world, service, operation, arguments = connection.recv()
    except (EOFError, ConnectionError):
        return False
    try:
        answer = worlds.setdefault(world, World()).answer(service, operation, arguments)
    except (ClientError, AssertionError) as refused:
        answer = refused
    try:
        connection.send(answer)
    except ConnectionError:
        return False
    return True


if __name__ == "__main__":
    serve(sys.argv[1], os.getppid())
