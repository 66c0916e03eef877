"""The schema that editors read is the models', and takes what the loader takes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from bench.catalogs import catalog_text
from release_ops.cli.app import app
from release_ops.config.schema import editor_schema

CONFIG = Path(__file__).parents[3] / "config"
SCHEMA: dict[str, Any] = json.loads(editor_schema())


def test_the_file_is_in_step() -> None:
    message = "run: release-ops schema"
    assert (CONFIG / "services.schema.json").read_text() == editor_schema(), message


def test_the_catalog_names_it_in_its_first_line() -> None:
    first = (CONFIG / "services.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=services.schema.json"


@pytest.mark.parametrize(
    "text", [(CONFIG / "services.yaml").read_text(), catalog_text(36)], ids=["the sample", "36 services"]
)
def test_it_takes_a_valid_catalog(text: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(yaml.safe_load(text), SCHEMA)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind: web", "kind: wab"),
        ("depends_on:", "depend_on:"),
        ("  soak: 2 days", "  soak: 2"),
        ("  soak: 2 days", "  soak:"),
        ("checks: [http: /health, invoke: api]", "checks: [http: {pth: /health}]"),
    ],
)
def test_it_marks_what_an_editor_can_see(old: str, new: str, with_change: Callable[[str, str], str]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(with_change(old, new)), SCHEMA)


def test_a_check_may_be_short(with_change: Callable[[str, str], str]) -> None:
    text = with_change("    package_name: com", "    checks: [track: ]\n    package_name: com")
    jsonschema.validate(yaml.safe_load(text), SCHEMA)


def test_the_command_writes_it(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    assert CliRunner().invoke(app, ["schema", str(file)]).exit_code == 0
    assert file.read_text() == editor_schema()
    nowhere = CliRunner().invoke(app, ["schema", str(tmp_path / "no" / "schema.json")])
    assert nowhere.exit_code == 1
    assert "cannot be written" in nowhere.stderr
