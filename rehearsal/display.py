"""What a rehearsal shows while a release is on its way: a table that lives, or plain lines.

Plain lines are for logs and pipes: one per change, in words."""

from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rehearsal.progress import Cell, Condition, Phase, ServiceProgress, changes_between

SIGNS = {
    Condition.WAITING: ("·", "dim"),
    Condition.RUNNING: ("▶", "cyan"),
    Condition.RETRYING: ("↻", "yellow"),
    Condition.DONE: ("✔", "green"),
    Condition.FAILED: ("✘", "bold red"),
    Condition.BLOCKED: ("■", "red"),
    Condition.SKIPPED: ("-", "dim"),
}


class Display(Protocol):
    """Shows a release's progress; used as a context manager around it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def show(self, progress: Sequence[ServiceProgress], outcomes: dict[str, str], elapsed: float) -> None: ...


def display_for(console: Console) -> Display:
    return LiveTable(console) if console.is_terminal else PlainLines(console)


class LiveTable:
    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def show(self, progress: Sequence[ServiceProgress], outcomes: dict[str, str], elapsed: float) -> None:
        self._live.update(progress_table(progress, outcomes, elapsed), refresh=True)


class PlainLines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: Sequence[ServiceProgress] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing to undo."""

    def show(self, progress: Sequence[ServiceProgress], outcomes: dict[str, str], elapsed: float) -> None:
        left = {each.service: each.soak_left for each in progress}
        for service, phase, cell in changes_between(self._last, progress):
            words = in_words(phase, cell, left[service], outcomes.get(service))
            self._console.out(f"{elapsed:4.0f} s  {service}: {words}", highlight=False)
        self._last = progress


def in_words(phase: Phase, cell: Cell, soak_left: timedelta | None, outcome: str | None) -> str:
    if phase is Phase.OUTCOME and cell.condition is Condition.DONE and outcome:
        return outcome
    if phase is Phase.SOAK and soak_left is not None:
        return f"soaks, about {soak_left.total_seconds():.0f} s to go"
    return f"{phase} {cell}"


def progress_table(progress: Sequence[ServiceProgress], outcomes: dict[str, str], elapsed: float) -> Table:
    table = Table(title=f"weekly_release after {elapsed:.0f} s", title_justify="left", expand=False)
    table.add_column("service")
    for phase in Phase:
        table.add_column(phase)
    for each in progress:
        table.add_row(
            each.service, *(sign(phase, cell, each, outcomes) for phase, cell in each.cells.items())
        )
    return table


def sign(phase: Phase, cell: Cell, progress: ServiceProgress, outcomes: dict[str, str]) -> Text:
    symbol, style = SIGNS[cell.condition]
    detail = cell.detail
    if phase is Phase.SOAK and progress.soak_left is not None:
        detail = f"{progress.soak_left.total_seconds():.0f} s left"
    if phase is Phase.OUTCOME and cell.condition is Condition.DONE:
        detail = outcomes.get(progress.service, "")
        symbol, style = SIGNS[Condition.FAILED if detail == "held" else Condition.DONE]
    return Text(f"{symbol} {detail}".strip(), style=style)
