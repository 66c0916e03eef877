"""Plain lines, for whoever reads a log."""

import io
from datetime import timedelta

from rich.console import Console

from rehearsal.display import PlainLines, display_for, progress_table
from rehearsal.progress import Cell, Condition, Phase, ServiceProgress

WAITING = dict.fromkeys(Phase, Cell(Condition.WAITING))


def lines(*looks: tuple[ServiceProgress, dict[str, str]]) -> list[str]:
    output = io.StringIO()
    console = Console(file=output, width=40)
    with display_for(console) as display:
        assert isinstance(display, PlainLines)
        for seconds, (progress, outcomes) in enumerate(looks):
            display.show([progress], outcomes, seconds)
    return output.getvalue().splitlines()


def test_one_line_for_each_change_and_none_for_the_passing_of_time() -> None:
    soaks = WAITING | {Phase.SOAK: Cell(Condition.RUNNING)}
    ended = WAITING | {Phase.SOAK: Cell(Condition.DONE), Phase.OUTCOME: Cell(Condition.DONE)}
    assert lines(
        (ServiceProgress("orders", WAITING), {}),
        (ServiceProgress("orders", soaks, timedelta(seconds=12)), {}),
        (ServiceProgress("orders", soaks, timedelta(seconds=11)), {}),
        (ServiceProgress("orders", ended), {"orders": "held"}),
    ) == [
        "   1 s  orders: soaks, about 12 s to go",
        "   3 s  orders: soak done",
        "   3 s  orders: held",
    ]


def test_the_table_has_a_row_for_each_service() -> None:
    console = Console(file=io.StringIO(), width=120, record=True)
    held = WAITING | {Phase.OUTCOME: Cell(Condition.DONE)}
    rows = [ServiceProgress("orders", held), ServiceProgress("payments", WAITING)]
    console.print(progress_table(rows, {"orders": "held"}, 61))
    text = console.export_text()
    assert "after 61 s" in text
    assert "✘ held" in text
    assert "payments" in text
