"""docs/catalog.md has every key of the file, and no other."""

import re
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, TypeAdapter

from release_ops.config import entries, models

ROOT = Path(__file__).parents[3]
TABLES = {
    "## train": models.Train,
    "## environments": entries.EnvironmentsEntry,
    "### dev": entries.DevEntry,
    "### staging and production": entries.StagingEntry,
    "## defaults": entries.DefaultsEntry,
    "## services": entries.ServiceEntry,
    "### checks": entries.CheckEntry,
    "`http`:": models.HttpCheckEntry,
    "`invoke`:": models.InvokeCheckEntry,
    "`track`:": models.TrackCheckEntry,
}


def keys_under(heading: str) -> list[str]:
    page = (ROOT / "docs" / "catalog.md").read_text()
    after = page.split(f"\n{heading}\n", maxsplit=1)[1]
    table = re.search(r"\|---.*\n((?:\|.*\n)+)", after)
    assert table
    return re.findall(r"^\| `(\w+)` \|", table[1], re.MULTILINE)


@pytest.mark.parametrize(("heading", "model"), TABLES.items(), ids=TABLES)
def test_the_page_has_every_key(heading: str, model: type[BaseModel]) -> None:
    assert keys_under(heading) == list(model.model_fields)


def test_production_has_the_keys_of_staging() -> None:
    assert list(entries.ProductionEntry.model_fields) == list(entries.StagingEntry.model_fields)


def test_the_page_knows_every_section() -> None:
    assert {*entries.CatalogFile.model_fields} <= {heading.strip("# ") for heading in TABLES}


WRITTEN = [each for each in vars(entries).values() if isinstance(each, type) and issubclass(each, BaseModel)]
FIELDS = {f"{model.__name__}.{key}": field for model in WRITTEN for key, field in model.model_fields.items()}


def test_every_key_is_described_for_editors() -> None:
    assert [name for name, field in FIELDS.items() if not field.description] == []


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.examples])
def test_what_a_message_offers_is_accepted(name: str) -> None:
    """Whoever copies the example of a missing key must not be told off again."""
    field = FIELDS[name]
    TypeAdapter(Annotated[field.annotation, field]).validate_python((field.examples or [])[0])
