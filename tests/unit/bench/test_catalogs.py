"""The catalogs that measurements and tests are made with are catalogs."""

from collections import Counter
from pathlib import Path

import pytest

from bench.catalogs import LARGEST, catalog_text
from release_ops.config import load_catalog


@pytest.mark.parametrize("number", [1, 6, 36, LARGEST])
def test_a_made_catalog_is_valid_and_always_the_same(number: int, tmp_path: Path) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(catalog_text(number))
    assert len(load_catalog(file).services) == number
    assert file.read_text() == catalog_text(number)


def test_it_is_as_mixed_as_a_platform(tmp_path: Path) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(catalog_text(36))
    services = load_catalog(file).services.values()
    assert set(Counter(service.kind for service in services)) == {"serverless", "web", "android"}
    assert any(service.depends_on for service in services)
    assert any(len(service.regions["production"]) == 2 for service in services)


@pytest.mark.parametrize("number", [0, LARGEST + 1])
def test_no_catalog_of_any_other_size(number: int) -> None:
    with pytest.raises(ValueError, match="ask for 1 to"):
        catalog_text(number)
