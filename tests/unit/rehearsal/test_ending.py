"""What the terminal says at the end of a story: what happened, what was held, and why that is right."""

import io

from rich.console import Console

from rehearsal.command import show
from rehearsal.demo import Ending, Happening
from rehearsal.expectations import Verdict
from rehearsal.production import Live
from rehearsal.stories import STORIES

STORY = STORIES["veto"]
REASON = "orders.staging.eu-west-1.smoke was marked failed by a person"
CHRONICLE = [
    Happening(None, "Noor commits to orders: Count to eleven"),
    Happening(41.6, "tester marks it failed"),
]


def said(*, left_out: tuple[str, ...] = (), surprises: tuple[str, ...] = ()) -> str:
    console = Console(file=io.StringIO(), width=140, record=True)
    verdict = Verdict("r", "failed", {"payments": "c0ffee" * 6}, {"orders": [REASON]}, left_out)
    live = [Live("payments", "eu-west-1", "c0ffee" * 6, "Accept payment orders")]
    show(Ending(verdict, "failed", 90, live, list(surprises), CHRONICLE), STORY, console)
    return console.export_text()


def test_who_did_what_when_and_what_came_of_it() -> None:
    text = said()
    assert "before: Noor commits to orders: Count to eleven" in text
    assert "  42 s: tester marks it failed" in text
    assert f"orders was held: {REASON}" in text
    assert "1 promoted, 1 held; the run ended as failed after 90 s." in text
    assert "Accept payment orders" in text


def test_what_was_left_out_is_counted_if_anything_was() -> None:
    assert "1 promoted, 1 held, 2 left out;" in said(left_out=("invoices", "courier"))


def test_why_it_is_right_is_said_only_if_it_is() -> None:
    assert STORY.why in said()
    assert "All came as expected." in said()
    wrong = said(surprises=("orders was promoted, expected was held",))
    assert "Not as expected: orders was promoted, expected was held" in wrong
    assert STORY.why not in wrong
    assert "All came as expected." not in wrong
