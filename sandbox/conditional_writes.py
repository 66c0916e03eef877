"""S3's conditional writes, made atomic: of two that demand that the key be new, one wins.

moto looks, then writes, in as many threads as there are requests; a ledger of write-once objects stands on
this being one act."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from werkzeug.wrappers import Request


class ConditionalWrites:
    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()

    @contextmanager
    def one_at_a_time(self, request: Request) -> Iterator[None]:
        """Hold the key's own lock while a conditional write is answered; everything else passes freely."""
        if request.method not in ("PUT", "POST") or not (
            "If-None-Match" in request.headers or "If-Match" in request.headers
        ):
            yield
            return
        with self._guard:
            lock = self._locks.setdefault(request.path, _Lock())
        with lock.lock:
            yield


class _Lock:
    """A lock that can be held weakly."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
