"""The sample catalog loads, and survives a manifest."""

import json
from pathlib import Path

from release_ops.config import Catalog, load_catalog

SAMPLE = Path(__file__).parents[3] / "config" / "services.yaml"


def test_the_sample_is_the_same_after_a_manifest() -> None:
    catalog = load_catalog(SAMPLE)
    assert Catalog.model_validate(json.loads(json.dumps(catalog.model_dump(mode="json")))) == catalog
