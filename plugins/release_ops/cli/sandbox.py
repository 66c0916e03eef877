"""release-ops sandbox: an AWS and a Google Play to rehearse on, in a process of its own."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

_CHECKOUT = Path(__file__).resolve().parents[3]
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def sandbox(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where it listens, on this machine only.")
    ] = 5100,
    state: Annotated[
        Path | None,
        typer.Option(file_okay=False, help="Where it keeps its files; forgotten at the end if left out."),
    ] = None,
    script: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Builds that fail and calls that do not get through."),
    ] = None,
    iam: Annotated[
        bool, typer.Option("--iam", help="Refuse what the caller's policies do not allow, as AWS does.")
    ] = False,
) -> None:
    """Run the sandbox until it is told to stop (Ctrl-C)."""
    if not (_CHECKOUT / "sandbox" / "__main__.py").is_file():
        typer.echo(
            "The sandbox is not in this installation; run the command from a checkout of the project.",
            err=True,
        )
        raise typer.Exit(1)
    command = [sys.executable, "-m", "sandbox", "--port", str(port)]
    if state is not None:
        command += ["--state", str(state.resolve())]
    if script is not None:
        command += ["--script", str(script.resolve())]
    if iam:
        command.append("--iam")
    raise typer.Exit(run_in_front(command, directory=_CHECKOUT))


def run_in_front(command: Sequence[str], *, directory: Path) -> int:
    """Return a program's exit status; whatever signal asks us to stop is passed on to it, once."""
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        else:
            child.send_signal(number)

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    try:
        # A session of its own: Ctrl-C in a terminal would otherwise reach it twice.
        child = subprocess.Popen(command, cwd=directory, start_new_session=True)
        for number in early:
            child.send_signal(number)
        status = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status
