"""What the sample app's script makes, the stand-in can read, as it could read a bundle of Gradle's."""

import hashlib
import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.play.bundle import read_bundle, read_manifest
from sandbox.play.wordings import Refusal

ANDROID = b"http://schemas.android.com/apk/res/android"


def test_a_bundle_says_what_it_was_made_with(bundle: Callable[..., Path]) -> None:
    content = bundle(101).read_bytes()
    found = read_bundle(content)
    assert (found.package, found.version_code, found.version_name) == ("com.example.courier", 101, "1.101")
    assert found.sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("version_code", [1, 127, 128, 16_384, 2_100_000_000])
def test_version_codes_of_every_size(make_bundle: ModuleType, version_code: int) -> None:
    assert read_manifest(make_bundle.manifest("a.b", version_code, "1"))[1] == version_code


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    script = Path(__file__).parents[3] / "samples/courier/tools/make_bundle.py"
    (tmp_path / "assets/deep").mkdir(parents=True)
    (tmp_path / "assets/deep/b.json").write_text("{}")
    (tmp_path / "assets/a.json").write_text("{}")
    digests = set()
    for name in ("one.aab", "two.aab"):
        words = ["--package=a.b", "--version-code=7", "--version-name=1", "--assets", tmp_path / "assets"]
        # -S -I: it needs nothing but Python itself
        command = [sys.executable, "-S", "-I", script, *words, "--output", tmp_path / name]
        subprocess.run(command, check=True, capture_output=True)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    names = zipfile.ZipFile(tmp_path / "one.aab").namelist()
    assert names == sorted(names)
    assert "base/assets/deep/b.json" in names


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--package", "courier"),
        ("--version-code", "0"),
        ("--version-code", "2100000001"),
        ("--assets", "/no"),
    ],
)
def test_what_no_bundle_can_have_is_refused(
    make_bundle: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    words = {"--package": "a.b", "--version-code": "1", "--version-name": "1", "--assets": str(tmp_path)}
    words |= {"--output": str(tmp_path / "x.aab"), option: value}
    with pytest.raises(SystemExit):
        make_bundle.main([word for pair in words.items() for word in pair])
    assert value in capsys.readouterr().err


def test_a_manifest_of_aapt2_s_is_read_by_its_attributes_ids(make_bundle: ModuleType) -> None:
    """aapt2 also writes positions, may put attributes in any order, and prefixes no name."""
    field = make_bundle.field
    position = field(1, 7) + field(2, 3)
    code = field(1, ANDROID) + field(2, "versionCode") + field(3, "?") + field(4, position)
    code += field(5, 0x0101021B) + field(6, field(7, field(6, 300)) + field(8, 1))
    mine = field(2, "versionCode") + field(3, "1")  # of no namespace: not Android's
    element = (
        field(3, "manifest")
        + field(4, code)
        + field(4, mine)
        + field(4, field(2, "package") + field(3, "a.b"))
    )
    assert read_manifest(field(1, element) + field(3, position)) == ("a.b", 300, "")


@pytest.mark.parametrize(
    ("content", "wording"),
    [
        pytest.param(b"no zip", "not a valid ZIP", id="no zip"),
        pytest.param({"base/dex/classes.dex": b""}, "no readable manifest", id="no manifest"),
        pytest.param(
            {"base/manifest/AndroidManifest.xml": b"<manifest/>"}, "no readable", id="text, not encoded"
        ),
        pytest.param({"base/manifest/AndroidManifest.xml": b""}, "no readable manifest", id="empty manifest"),
        pytest.param({"base/manifest/AndroidManifest.xml": b"\x0a\xff"}, "no readable", id="cut off"),
    ],
)
def test_what_is_no_bundle_is_refused(content: bytes | dict[str, bytes], wording: str) -> None:
    if isinstance(content, dict):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, entry in content.items():
                archive.writestr(name, entry)
        content = file.getvalue()
    with pytest.raises(Refusal, match=wording):
        read_bundle(content)
