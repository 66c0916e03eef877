"""The process: a port, a thread per request, an orderly end."""

import shutil
import signal
import socket
import struct
import sys
import threading
from types import FrameType
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import make_server

from sandbox.app import SandboxApp
from sandbox.scripted.calls import ScriptedResetError
from sandbox.settings import Settings

_TIME_TO_STOP = 2.0


class _Handler(MotoRequestHandler):
    # Answers go out in two writes; without this the second waits 40 ms for the first one's ACK.
    disable_nagle_algorithm = True
    protocol_version = "HTTP/1.1"

    def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
        """Reset the connection if the script says so: RST, not the orderly FIN of a server that is done."""
        if isinstance(error, ScriptedResetError):
            no_lingering = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
            self.close_connection = True
            self.rfile.close()
            self.connection.close()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """No access log: a release makes thousands of calls."""

    def log(self, type: str, message: str, *args: Any) -> None:
        print(f"sandbox: {message % args}", file=sys.stderr, flush=True)


def serve(settings: Settings, listener: socket.socket, announce: str) -> None:
    """Serve until SIGTERM or SIGINT; then stop every running build and return."""
    # What a sandbox that was killed left behind.
    shutil.rmtree(settings.builds, ignore_errors=True)
    app = SandboxApp(settings)
    host, port = listener.getsockname()[:2]
    server = make_server(host, port, app, threaded=True, request_handler=_Handler, fd=listener.fileno())
    over = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        over.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(announce, flush=True)
    over.wait()
    app.codebuild.stop_all(within=_TIME_TO_STOP)
    server.shutdown()
