"""Every file in mistakes/ is a table: a change to valid.yaml as a diff shows it, and what is said of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from release_ops.config import rules

TABLES_FOLDER = Path(__file__).parent / "mistakes"
TABLES = sorted(TABLES_FOLDER.glob("*.txt"))


class Row(NamedTuple):
    """One change, and the sentences about it."""

    old: str
    new: str
    sentences: list[str]


def table_rows(table: Path) -> Iterator[Row]:
    for block in table.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if lines:
            old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
            new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
            yield Row(old, new, [line.removeprefix("= ") for line in lines if line[0] == "="])


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.sentences[0]) for table in TABLES for row in table_rows(table)]
)
def test_a_mistake_is_named_with_its_place_and_what_to_write(
    row: Row, with_change: Callable[[str, str], str], sentences: Callable[[str], list[str]]
) -> None:
    assert sentences(with_change(row.old, row.new)) == row.sentences


def test_the_valid_catalog_has_none(
    with_change: Callable[[str, str], str], sentences: Callable[[str], list[str]]
) -> None:
    assert sentences(with_change("train:\n", "train:\n")) == []


def test_ten_mistakes_give_ten_sentences(sentences: Callable[[str], list[str]]) -> None:
    """One mistake hides none of the others, not even one that reads the same service."""
    said = sentences((Path(__file__).parent / "ten_mistakes.yaml").read_text())
    assert [tuple(sentence.split(": ")[:2]) for sentence in said] == [
        ("3", "train.timezone"),
        ("6", "environments.dev.account"),
        ("17", "environments.production.account"),
        ("24", "defaults.soak"),
        ("27", "services.orders.kind"),
        ("28", "services.orders.checks[0].http"),
        ("29", "services.orders.depends_on[0]"),
        ("29", "services.orders.depends_on"),
        ("35", "services.courier.package_name"),
        ("36", "services.courier.brunch"),
    ]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_no_rule_can_be_lost_unnoticed(
    rule: rules.Rule,
    with_change: Callable[[str, str], str],
    sentences: Callable[[str], list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rules, "RULES", tuple(other for other in rules.RULES if other is not rule))
    together = table_rows(TABLES_FOLDER / "together.txt")
    assert any(sentences(with_change(row.old, row.new)) != row.sentences for row in together)
