"""Catalogs broken at random: always a catalog or sentences, and every sentence has its place."""

import copy
import random
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from release_ops.config import Catalog, CatalogError, load_catalog

SAMPLE = (Path(__file__).parents[3] / "config" / "services.yaml").read_text()
CONTENT = yaml.safe_load(SAMPLE)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
SENTENCE = re.compile(r".*services\.yaml:[1-9][0-9]*: .+; .+")
ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["", "orders", "eu-west-1", "2 days", "{{ x }}", "a" * 300, "../..", "/", "-rf", "\u2028"]
    ),
    st.lists(st.sampled_from(["orders", "courier", 1, None, ["x"], {"http": "/"}]), max_size=3),
    st.dictionaries(
        st.sampled_from(["kind", "http", "staging", "x", "name"]), st.text(max_size=5), max_size=3
    ),
)
PIECES = st.sampled_from(
    [
        *"{}[]:,-#&*!|>'\"%@` \t\n\r\x00\x85\ufeff",
        "{{",
        "---\n",
        "...\n",
        "<<: ",
        "? ",
        "!!set ",
        "&a ",
        "*a",
        "\ud7ff",
    ]
)


def judge(content: bytes, folder: Path) -> None:
    file = folder / "services.yaml"
    file.write_bytes(content)
    try:
        catalog = load_catalog(file)
    except CatalogError as error:
        lines = [str(mistake) for mistake in error.mistakes]
        misplaced = [line for line in lines if not SENTENCE.fullmatch(line)]
    else:
        lines, misplaced = ["none"], []
        assert Catalog.model_validate(catalog.model_dump(mode="json")) == catalog
    assert lines
    assert not misplaced


def places(value: object) -> list[tuple[dict[str, object] | list[object], str | int]]:
    """Every place in nested content that can be given another value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in pairs:
        found += [(value, key), *places(inner)]
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("catalogs")


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    chance=st.randoms(use_true_random=False),
    values=st.lists(ODD_VALUES, min_size=1, max_size=4),
    rename=st.booleans(),
)
def test_odd_values_and_keys(chance: random.Random, values: list[object], rename: bool, folder: Path) -> None:
    content = copy.deepcopy(CONTENT)
    for value in values:
        container, key = chance.choice(places(content))
        container[key] = copy.deepcopy(value)  # type: ignore[index,call-overload]
        if rename and isinstance(container, dict):
            container[str(value)[:30]] = container.pop(str(key), None)
        if not places(content):
            break
    judge(yaml.dump(content, Dumper=DUMPER, allow_unicode=True).encode(), folder)


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_text_torn_and_spliced(data: st.DataObject, folder: Path) -> None:
    text = SAMPLE
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 40)))
        text = text[:start] + data.draw(st.one_of(PIECES, st.just(text[end - 20 : end]))) + text[end:]
    judge(text.encode("utf-8", "surrogatepass"), folder)


@settings(max_examples=600, deadline=None)
@given(st.binary(max_size=200) | st.text("{}[]:,-?&*!|<ab0'\"~ \n", max_size=40).map(str.encode))
@example(content=b"*0")
@example(content=b"? *a\n: *b\n? [*c]\n: {{}: *d}")
def test_bytes(folder: Path, content: bytes) -> None:
    judge(content, folder)
