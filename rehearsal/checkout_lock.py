"""One rehearsal at a time in a checkout: they would share files in .run/."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rehearsal.errors import RehearsalError


class AlreadyRunningError(RehearsalError):
    """Another rehearsal runs in the same checkout."""


@contextmanager
def only_rehearsal_in(directory: Path) -> Iterator[None]:
    """Hold the directory's lock, or say who does. The kernel drops it with the process that holds it."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise AlreadyRunningError(
                f"A rehearsal is already running in this checkout (process {holder}); "
                f"stop it with Ctrl-C in its terminal or with: kill {holder}"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
