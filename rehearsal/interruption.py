"""Ctrl-C, SIGTERM and a closed terminal end a rehearsal in order, once."""

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(BaseException):
    """Somebody asked us to stop; like KeyboardInterrupt no error, and nothing on the way may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_status = 128 + number


def raise_when_asked_to_stop() -> None:
    """Raise Interrupted in the main thread at the first stop signal; later ones change nothing.

    Also where they are ignored by inheritance, as in a shell's background job."""
    for number in STOP_SIGNALS:
        signal.signal(number, _interrupt)


def finish_undisturbed() -> None:
    """Let nothing interrupt what follows: stopping is short, and half of it would leave processes behind."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    finish_undisturbed()
    raise Interrupted(number)
