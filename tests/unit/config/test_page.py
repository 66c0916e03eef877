"""docs/catalog.md explains every key as the models have it."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, TypeAdapter
from typer.testing import CliRunner

from release_ops.cli.app import app
from release_ops.config import entries
from release_ops.config.reference import BEGINS, with_reference

PAGE = Path(__file__).parents[3] / "docs" / "catalog.md"


def test_the_page_is_in_step() -> None:
    assert PAGE.read_text() == with_reference(PAGE.read_text()), "run: release-ops schema --reference"


def row(section: str, key: str) -> str:
    """The row of a key in the section of a place in the file."""
    table = PAGE.read_text().split(f"\n### `{section}`\n")[1].split("\n### ")[0]
    return next(line for line in table.splitlines() if line.startswith(f"| `{key}` |"))


@pytest.mark.parametrize(
    ("section", "key", "default", "write"),
    [
        ("train", "timezone", "**required**", "one such as Europe/Berlin"),
        ("environments.staging", "builds_in", "`dev`", "`dev` or `staging`"),
        ("services.NAME", "kind", "**required**", "`serverless`, `web` or `android`"),
        ("defaults", "soak", "`2 days`", "a number and a unit, such as 2 days, 48 hours, 30 minutes or P2D"),
        ("services.NAME.checks[].http", "status", "`200`", "100 to 599"),
        ("services.NAME.checks[].invoke", "shows_commit", "`true`", "`true` or `false`"),
        ("environments.production", "regions", "**required**", "`[eu-west-1]`"),
    ],
)
def test_a_row_says_the_default_and_what_to_write(section: str, key: str, default: str, write: str) -> None:
    assert row(section, key).startswith(f"| `{key}` | {default} | {write} | ")


def test_the_command_writes_below_the_words_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "catalog.md"
    page.write_text(f"Mine.\n{BEGINS}Old.\n")
    assert CliRunner().invoke(app, ["schema", "--reference", str(page)]).exit_code == 0
    assert page.read_text() == with_reference(f"Mine.\n{BEGINS}")
    page.write_text("Mine.\n")
    refused = CliRunner().invoke(app, ["schema", "--reference", str(page)])
    assert (refused.exit_code, page.read_text()) == (1, "Mine.\n")
    assert refused.stderr == f"{page} has no place for it; add the line {BEGINS}"


WRITTEN = [each for each in vars(entries).values() if isinstance(each, type) and issubclass(each, BaseModel)]
FIELDS = {f"{model.__name__}.{key}": field for model in WRITTEN for key, field in model.model_fields.items()}


def test_every_key_is_described_for_editors() -> None:
    assert [name for name, field in FIELDS.items() if not field.description] == []


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.examples])
def test_what_a_message_offers_is_accepted(name: str) -> None:
    """Whoever copies the example of a missing key must not be told off again."""
    field = FIELDS[name]
    TypeAdapter(Annotated[field.annotation, field]).validate_python((field.examples or [])[0])
