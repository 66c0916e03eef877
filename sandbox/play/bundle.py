"""What an Android app bundle says of itself.

A bundle is a zip file whose manifest is a protocol buffers message (aapt2's Resources.proto). Of that format
only the wire level is read here: numbered fields, of which a few numbers matter.

Google also checks the bundle's signature; the stand-in does not, so that a script can make one.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.play.wordings import UPLOAD_NO_MANIFEST, UPLOAD_NOT_ZIP, Refusal

MANIFEST = "base/manifest/AndroidManifest.xml"
_VERSION_CODE_ID, _VERSION_NAME_ID = 0x0101021B, 0x0101021C
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Bundle:
    package: str
    version_code: int
    version_name: str
    sha1: str
    sha256: str

    def as_json(self) -> dict[str, object]:
        return {"versionCode": self.version_code, "sha1": self.sha1, "sha256": self.sha256}


def read_bundle(content: bytes) -> Bundle:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            manifest = archive.read(MANIFEST)
    except zipfile.BadZipFile:
        raise Refusal(UPLOAD_NOT_ZIP) from None
    except KeyError:
        raise Refusal(UPLOAD_NO_MANIFEST) from None
    try:
        package, version_code, version_name = read_manifest(manifest)
    except (ValueError, KeyError, IndexError):  # KeyError: the field that would say it is missing
        raise Refusal(UPLOAD_NO_MANIFEST) from None
    # Google's digests are of the upload itself; SHA-1 is what its API has, beside SHA-256.
    sha1 = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    return Bundle(package, version_code, version_name, sha1, hashlib.sha256(content).hexdigest())


def read_manifest(manifest: bytes) -> tuple[str, int, str]:
    """Package, version code and version name of an encoded `<manifest>`."""
    element = _message(manifest, 1)
    attributes: dict[str | int, dict[int, bytes | int]] = {}
    for number, value in _fields(element):
        if number == 4 and isinstance(value, bytes):
            attribute = dict(_fields(value))
            name, resource_id = attribute[2], attribute.get(5, 0)
            if isinstance(name, bytes) and isinstance(resource_id, int):
                attributes[resource_id or name.decode()] = attribute
    version_code = _version_code(attributes[_VERSION_CODE_ID])
    version_name = _text(attributes.get(_VERSION_NAME_ID, {}))
    return _text(attributes["package"]), version_code, version_name


def _version_code(attribute: dict[int, bytes | int]) -> int:
    """Item.prim.int_decimal_value, as aapt2 compiles it; its text where it compiled nothing."""
    item = attribute.get(6)
    if isinstance(item, bytes):
        code = dict(_fields(_message(item, 7)))[6]
        if isinstance(code, int):
            return code
    return int(_text(attribute))


def _text(attribute: dict[int, bytes | int]) -> str:
    value = attribute.get(3, b"")
    return value.decode() if isinstance(value, bytes) else ""


def _message(raw: bytes, number: int) -> bytes:
    value = dict(_fields(raw))[number]
    if not isinstance(value, bytes):
        raise ValueError(f"field {number} is a number, not a message")
    return value


def _fields(raw: bytes) -> Iterator[tuple[int, bytes | int]]:
    position = 0
    while position < len(raw):
        key, position = _varint(raw, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, position = _varint(raw, position)
            yield number, value
            continue
        if kind == _BYTES:
            size, position = _varint(raw, position)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind} is none that a manifest uses")
        if position + size > len(raw):
            raise ValueError("the message ends inside a field")
        yield number, raw[position : position + size]
        position += size


def _varint(raw: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = raw[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return number, position
