"""The port. Apart from the server, so that a port in use is said before anything slow is imported."""

import os
import socket


class PortInUseError(Exception):
    """Somebody else listens there."""


def listen(host: str, port: int) -> socket.socket:
    """Take the port at once: what connects early waits for its answer instead of being refused."""
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as taken:
        why = os.strerror(taken.errno or 0)
        raise PortInUseError(
            f"cannot listen on {host}:{port} ({why}); stop what listens there, or give another --port"
        ) from taken
