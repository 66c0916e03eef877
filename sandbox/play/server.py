"""The stand-in alone, on a port of this machine, for as long as somebody needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from werkzeug.serving import WSGIRequestHandler, make_server

from sandbox.play.app import PlayApp


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"  # a connection serves many requests, as Google's do

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: whoever wants a log keeps their own."""


@contextmanager
def serving(app: PlayApp, port: int = 0) -> Iterator[str]:
    """Serve while the block runs; yields the root URL. Port 0 takes a free one."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
