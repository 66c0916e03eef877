"""One invocation of a function: its code unpacked, its process, its result in Lambda's own shape."""

import io
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.codebuild.shell import kill_group

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Function:
    """What an invocation has to know of a function."""

    arn: str
    name: str
    version: str
    runtime: str
    handler: str
    code: bytes
    digest: str
    timeout: int
    memory: int
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Invocation:
    """What became of it: the payload is the function's answer, or Lambda's description of its failure."""

    payload: str
    failed: bool
    log: str


class Runtime:
    """Runs functions with the Python that runs the sandbox, or the node found on the path."""

    def __init__(self, folder: Path, search_path: str) -> None:
        self._folder = folder
        self._search_path = search_path
        self._unpacking = threading.Lock()

    def invoke(self, function: Function, event: str, environment: Mapping[str, str]) -> Invocation:
        request, started = str(uuid.uuid4()), time.monotonic()
        command = self._command(function)
        if isinstance(command, Invocation):
            return command
        if not function.code:
            return _refused("the function has no code")
        with tempfile.TemporaryDirectory(prefix="invocation-") as scratch:
            result = Path(scratch, "result")
            variables = {**function.environment, **self._environment(function, request), **environment}
            status, log = _run(
                [*command, str(result)], self._unpacked(function), variables, event, function.timeout
            )
            payload = result.read_text() if result.exists() and status is not None else None
        failed = status != 0
        if payload is None:
            failed, payload = True, json.dumps(_died(request, status, function.timeout))
        milliseconds = (time.monotonic() - started) * 1000
        return Invocation(payload, failed, _framed(log, function, request, milliseconds))

    def _command(self, function: Function) -> list[str] | Invocation:
        if function.runtime.startswith("python"):
            return [sys.executable, str(_HERE / "bootstrap.py")]
        if function.runtime.startswith("nodejs"):
            node = shutil.which("node", path=self._search_path)
            if node:
                return [node, str(_HERE / "bootstrap.mjs")]
            return _refused("no node on the sandbox's --path or the system's")
        return _refused(f"the sandbox runs python and nodejs functions, not {function.runtime}")

    def _environment(self, function: Function, request: str) -> dict[str, str]:
        return {
            "PATH": self._search_path,
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "LAMBDA_TASK_ROOT": str(self._unpacked(function)),
            "_HANDLER": function.handler,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[{function.version}]{request}",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "_SANDBOX_REQUEST_ID": request,
            "_SANDBOX_FUNCTION_ARN": function.arn,
            "_SANDBOX_TIMEOUT": str(function.timeout),
        }

    def _unpacked(self, function: Function) -> Path:
        """The function's code on disk, unpacked once per content."""
        target = self._folder / function.digest
        with self._unpacking:
            if not target.exists():
                half = target.with_suffix(".new")
                with zipfile.ZipFile(io.BytesIO(function.code)) as archive:
                    archive.extractall(half)
                half.rename(target)
        return target


def _run(
    command: list[str], folder: Path, environment: Mapping[str, str], event: str, timeout: int
) -> tuple[int | None, str]:
    """The process's exit status, None if it ran out of time, and what it printed."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(event.encode(), timeout=timeout)
    except subprocess.TimeoutExpired:
        kill_group(process.pid)
        printed, _ = process.communicate()
        return None, printed.decode(errors="replace")
    kill_group(process.pid)
    return process.returncode, printed.decode(errors="replace")


def _died(request: str, status: int | None, timeout: int) -> dict[str, str]:
    if status is None:
        kind, message = "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds"
    else:
        kind, message = "Runtime.ExitError", f"Runtime exited with error: exit status {status}"
    return {"errorType": kind, "errorMessage": f"RequestId: {request} Error: {message}"}


def _refused(message: str) -> Invocation:
    return Invocation(json.dumps({"errorType": "Runtime.InvalidRuntime", "errorMessage": message}), True, "")


def _framed(log: str, function: Function, request: str, milliseconds: float) -> str:
    body = log if not log or log.endswith("\n") else f"{log}\n"
    return (
        f"START RequestId: {request} Version: {function.version}\n{body}END RequestId: {request}\n"
        f"REPORT RequestId: {request}\tDuration: {milliseconds:.2f} ms\tMemory Size: {function.memory} MB\n"
    )
