"""Stands between boto3 and a sandbox: counts the calls, and lets a test twist them."""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_ACCESS_KEY = re.compile(r"Credential=([^/]+)/")
_NOT_PASSED_ON = {"host", "connection", "content-length", "transfer-encoding"}


@dataclass(frozen=True)
class Call:
    """One request. botocore tries a call several times, and says so: `invocation` stays the same."""

    operation: str
    access_key: str
    invocation: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def rewritten(self, change: Callable[[dict[str, Any]], None]) -> Answer:
        content = json.loads(self.body)
        change(content)
        return Answer(self.status, json.dumps(content).encode(), self.headers)


Twist = Callable[[Call, Callable[[], Answer]], Answer]
"""What becomes of a call; the second argument passes it on. Raises ConnectionResetError for a reset."""


def refusal(code: str, message: str) -> Answer:
    """An error in the words of AWS's JSON protocol."""
    body = json.dumps({"__type": code, "message": message}).encode()
    return Answer(400, body, {"Content-Type": "application/x-amz-json-1.1"})


class Proxy:
    """Passes everything on, but for what its twists make of it; the first one is asked first."""

    def __init__(self, sandbox: str) -> None:
        place = urlsplit(sandbox)
        self._host, self._port = str(place.hostname), int(place.port or 80)
        self._lock = threading.Lock()
        self.calls: list[Call] = []
        self.twists: list[Twist] = []
        self.endpoint = ""

    def counted(self) -> Counter[str]:
        """How many requests came in, by operation, those that botocore repeated among them."""
        with self._lock:
            return Counter(call.operation for call in self.calls)

    def asked(self, operation: str) -> int:
        """How many calls of an operation came in, however often botocore tried each."""
        with self._lock:
            return len({call.invocation for call in self.calls if call.operation == operation})

    def answer(self, call: Call) -> Answer:
        with self._lock:
            self.calls.append(call)
        pass_on: Callable[[], Answer] = lambda: self._passed_on(call)  # noqa: E731 - the innermost of a chain
        for twist in reversed(self.twists):
            pass_on = _twisted(twist, call, pass_on)
        return pass_on()

    def _passed_on(self, call: Call) -> Answer:
        connection = HTTPConnection(self._host, self._port, timeout=60)
        try:
            connection.request("POST", "/", call.body, call.headers)
            response = connection.getresponse()
            headers = {k: v for k, v in response.getheaders() if k.lower() not in _NOT_PASSED_ON}
            return Answer(response.status, response.read(), headers)
        finally:
            connection.close()


def _twisted(twist: Twist, call: Call, pass_on: Callable[[], Answer]) -> Callable[[], Answer]:
    return lambda: twist(call, pass_on)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        headers = {k: v for k, v in self.headers.items() if k.lower() not in _NOT_PASSED_ON}
        key = _ACCESS_KEY.search(self.headers.get("Authorization", ""))
        call = Call(
            operation=self.headers.get("X-Amz-Target", "").rpartition(".")[2],
            access_key=key[1] if key else "",
            invocation=self.headers.get("amz-sdk-invocation-id", ""),
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            headers=headers,
        )
        try:
            answer = self.server.proxy.answer(call)
        except ConnectionResetError:
            self._reset()
            return
        self.send_response_only(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def _reset(self) -> None:
        """RST, not the orderly FIN of a server that is done."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that went away is no news
            super().handle_error(request, client_address)


@contextmanager
def running_proxy(sandbox: str) -> Iterator[Proxy]:
    """Serve on a free port until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    server.proxy = Proxy(sandbox)
    server.proxy.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
