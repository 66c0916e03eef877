"""Whatever the path leads to, the answer is a catalog or a sentence."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from release_ops.config import Catalog, CatalogError, load_catalog, reading
from release_ops.config.load import LARGEST_FILE

VALID = (Path(__file__).parent / "valid.yaml").read_text()


WRITE_OUT = "write the value out, or put it under defaults"


def refused(path: Path) -> str:
    with pytest.raises(CatalogError) as error:
        load_catalog(path)
    return str(error.value)


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "services.yaml"
    assert refused(path) == f"{path}: there is no such file; write the path of a services.yaml"


def test_a_directory(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}: is not a file; write the path of a services.yaml"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "services.yaml"
    os.mkfifo(pipe)
    assert refused(pipe) == f"{pipe}: is not a file; write the path of a services.yaml"


def test_a_device_that_never_ends() -> None:
    assert refused(Path("/dev/zero")) == "/dev/zero: is not a file; write the path of a services.yaml"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "services.yaml"
    path.touch(mode=0)
    sentence = "cannot be read (Permission denied); write the path of a file that you may read"
    assert refused(path) == f"{path}: {sentence}"


@pytest.mark.parametrize("name", ["x" * 5000, "services\0.yaml", ""])
def test_a_path_that_no_file_can_have(name: str) -> None:
    assert refused(Path(name)).endswith(("write the path of a services.yaml", "that you may read"))


def test_more_than_a_mebibyte(tmp_path: Path) -> None:
    path = tmp_path / "services.yaml"
    path.write_bytes(b"#" * (LARGEST_FILE + 1))
    assert (
        refused(path)
        == f"{path}: is larger than 1 MiB, which is no catalog; write the path of a services.yaml"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"", "1: is empty; write train, environments and services", id="nothing"),
        pytest.param(
            b"# later\n", "1: is empty; write train, environments and services", id="a comment alone"
        ),
        pytest.param(
            b"- orders\n",
            "1: is a list, not keys and values; write train, environments and services",
            id="a list",
        ),
        pytest.param(
            b"orders\n",
            "1: is text, not keys and values; write train, environments and services",
            id="a word",
        ),
        pytest.param(
            VALID.encode("utf-16"),
            "1: is UTF-16 or UTF-32; save the file as UTF-8",
            id="UTF-16 from an editor",
        ),
        pytest.param(
            VALID.encode("utf-16-le"),
            "1: has the control character '\\x00'; remove it: the file must be plain text",
            id="UTF-16 without its mark",
        ),
        pytest.param(
            b"train:\n  schedule: \x80\x03]q\n",
            "2: is not UTF-8 text (byte 0x80); save the file as UTF-8",
            id="not text",
        ),
        pytest.param(
            b"train:\n  schedule: \x1b[2J\n",
            "2: has the control character '\\x1b'; remove it: the file must be plain text",
            id="an escape code for the terminal",
        ),
        pytest.param(
            b"train: *nowhere\n",
            "1: train: *nowhere repeats another part of the file; " + WRITE_OUT,
            id="an alias of nothing",
        ),
    ],
)
def test_content_that_is_no_catalog(
    content: bytes, sentence: str, sentences: Callable[[bytes], list[str]]
) -> None:
    assert sentences(content)[0] == sentence


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + VALID.encode(), id="a byte order mark"),
        pytest.param(VALID.replace("\n", "\r\n").encode(), id="Windows line ends"),
        pytest.param(VALID.encode().rstrip(), id="no line end at the end"),
    ],
)
def test_what_editors_leave_behind_is_accepted(content: bytes, load: Callable[[bytes], Catalog]) -> None:
    assert list(load(content).services) == ["orders", "storefront", "courier"]


LAUGHS = "a0: &a0 [lol]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))


@pytest.mark.parametrize(
    "content",
    [
        # Each of the first four ends the interpreter if PyYAML's C loader composes it.
        pytest.param("[" * 1_000_000, id="lists in lists"),
        pytest.param("{a: " * 250_000, id="mappings in mappings"),
        pytest.param("- " * 500_000, id="lists in lists, indented"),
        pytest.param("? " * 500_000, id="keys in keys"),
        pytest.param(LAUGHS, id="a billion laughs"),
        pytest.param("services: &a [*a]\n", id="a list that holds itself"),
        pytest.param("a: 0b_\nb: 1" + "0" * 5000 + "\nc: 2024-13-45\nd: 0x\n", id="numbers that are none"),
        pytest.param("".join(f"k{n}: v\n" for n in range(50_000)), id="fifty thousand unknown keys"),
        pytest.param(
            VALID.replace("[orders]", "[" + ", ".join(f"s{n}" for n in range(100_000)) + "]"),
            id="a hundred thousand unknown dependencies",
        ),
        pytest.param(
            VALID + "".join(f"  s{n}: {{kind: web, depends_on: [s{(n + 1) % 9000}]}}\n" for n in range(9000)),
            id="a circle of nine thousand",
        ),
        pytest.param("x: '" + "a" * 1_000_000 + "'", id="a value of a megabyte"),
    ],
)
def test_a_file_made_to_hurt_is_refused_soon(content: str, sentences: Callable[[str], list[str]]) -> None:
    begun = time.process_time()
    assert sentences(content)
    assert time.process_time() - begun < 15


def test_it_is_the_same_without_the_c_library(
    monkeypatch: pytest.MonkeyPatch, load: Callable[[str], Catalog], sentences: Callable[[str], list[str]]
) -> None:
    fast = load(VALID)
    monkeypatch.setattr(reading, "_LOADER", yaml.SafeLoader)
    assert load(VALID) == fast
    assert sentences("{a: " * 10_000) == ["1: is nested more than 32 levels deep; write it flatter"]
    lone_surrogate = VALID.replace("kind: web", 'kind: web\n    branch: "\\ud800"')
    assert sentences(lone_surrogate) == [
        "31: services.storefront.branch: '\\ud800' is not text; write it without the \\u escape"
    ]
