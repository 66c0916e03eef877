"""A catalog without mistakes, and what the loader says about a broken one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from release_ops.config import Catalog, CatalogError, load_catalog

VALID = (Path(__file__).parent / "valid.yaml").read_text()


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str | bytes], Catalog]:
    """Load a catalog from its text."""

    def load(text: str | bytes) -> Catalog:
        file = tmp_path / "services.yaml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return load_catalog(file)

    return load


@pytest.fixture
def sentences(load: Callable[[str | bytes], Catalog], tmp_path: Path) -> Callable[[str | bytes], list[str]]:
    """Return the mistakes of a text, one string each, without the path of the file."""

    def sentences(text: str | bytes) -> list[str]:
        try:
            load(text)
        except CatalogError as error:
            return [str(mistake).removeprefix(f"{tmp_path}/services.yaml:") for mistake in error.mistakes]
        return []

    return sentences


@pytest.fixture
def with_change(load: Callable[[str | bytes], Catalog]) -> Callable[[str, str], str]:
    """Return the valid catalog with one place changed; the place must be there once."""

    def with_change(old: str, new: str) -> str:
        assert VALID.count(old) == 1, f"{old!r} is {VALID.count(old)} times in valid.yaml"
        return VALID.replace(old, new)

    return with_change
