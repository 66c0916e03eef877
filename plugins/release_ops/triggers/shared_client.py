"""A boto client that the triggers of one connection share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from asgiref.sync import sync_to_async

ClientT = TypeVar("ClientT")


class SharedClient(Generic[ClientT]):
    """Made once, at the first use, in a thread: that takes half a second of reading AWS's models, and no
    trigger may hold up the others for so long."""

    def __init__(self, make: Callable[[], ClientT]) -> None:
        self._make = make
        self._made: ClientT | None = None
        self._making = asyncio.Lock()

    async def get(self) -> ClientT:
        """Return the client; raises what making it raises, and tries again the next time."""
        async with self._making:
            if self._made is None:
                self._made = await sync_to_async(self._make, thread_sensitive=False)()
            return self._made

    def forget(self) -> None:
        """Make another next time: the credentials may have expired, the connection may have been mended."""
        self._made = None
