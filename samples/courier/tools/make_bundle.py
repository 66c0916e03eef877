#!/usr/bin/env python3
"""Make a small Android app bundle without Gradle, for where the Android SDK cannot run.

    make_bundle.py --package com.example.courier --version-code 101 --version-name 1.1 --assets app/assets --output app.aab

The manifest is encoded as Android's own tools encode it (aapt2's Resources.proto), so `bundletool dump manifest`
and Google Play can read it. There is no code in it and no signature: enough to rehearse a release with, not to
install. The same input gives the same bytes, because a release is recognised by its digest.
"""

import argparse
import re
import struct
import sys
import zipfile
import zlib
from pathlib import Path

ANDROID = "http://schemas.android.com/apk/res/android"
VERSION_CODE_ID, VERSION_NAME_ID = 0x0101021B, 0x0101021C  # android.R.attr: they never change
HIGHEST_VERSION_CODE = 2_100_000_000  # Google Play's limit
BUNDLETOOL_VERSION = "1.18.1"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip file can hold

VARINT, BYTES = 0, 2


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: "int | str | bytes") -> bytes:
    """One field of a protocol buffers message; a nested message is passed as its bytes."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | BYTES) + varint(len(raw)) + raw


def attribute(name: str, value: str, *, resource_id: int = 0, compiled: bytes = b"") -> bytes:
    """aapt.pb.XmlAttribute: namespace_uri 1, name 2, value 3, resource_id 5, compiled_item 6."""
    if not resource_id:
        return field(2, name) + field(3, value)
    return field(1, ANDROID) + field(2, name) + field(3, value) + field(5, resource_id) + field(6, compiled)


def manifest(package: str, version_code: int, version_name: str) -> bytes:
    """aapt.pb.XmlNode of `<manifest package=... android:versionCode=... android:versionName=...>`."""
    decimal = field(7, field(6, version_code))  # Item.prim, Primitive.int_decimal_value
    text = field(2, field(1, version_name))  # Item.str, String.value
    application = field(1, field(3, "application"))  # XmlNode.element, XmlElement.name
    element = (
        field(1, field(1, "android") + field(2, ANDROID))  # namespace_declaration: prefix, uri
        + field(3, "manifest")
        + field(4, attribute("package", package))
        + field(4, attribute("versionCode", str(version_code), resource_id=VERSION_CODE_ID, compiled=decimal))
        + field(4, attribute("versionName", version_name, resource_id=VERSION_NAME_ID, compiled=text))
        + field(5, application)
    )
    return field(1, element)


def bundle_config() -> bytes:
    """android.bundle.BundleConfig: bundletool 1, of which version is 2."""
    return field(1, field(2, BUNDLETOOL_VERSION))


def empty_dex() -> bytes:
    """A classes.dex that holds no class: its header says how long it is, the rest is zero."""
    header_size, little_endian = 0x70, 0x12345678
    after_checksum = bytes(20) + struct.pack("<3I", header_size, header_size, little_endian)
    after_checksum = after_checksum.ljust(header_size - 12, b"\0")
    return b"dex\n035\0" + struct.pack("<I", zlib.adler32(after_checksum)) + after_checksum


def write_bundle(output: Path, entries: "dict[str, bytes]") -> None:
    with zipfile.ZipFile(output, "w") as bundle:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, wherever this runs: it is part of the bytes
            # Stored, not deflated: what zlib makes of a file differs between its versions.
            bundle.writestr(entry, entries[name], zipfile.ZIP_STORED)


def assets(folder: Path) -> "dict[str, bytes]":
    files = (path for path in folder.rglob("*") if path.is_file())
    return {f"base/assets/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files}


def parsed(arguments: "list[str] | None") -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make a small Android app bundle without Gradle.")
    parser.add_argument("--package", required=True)
    parser.add_argument("--version-code", required=True, type=int)
    parser.add_argument("--version-name", required=True)
    parser.add_argument("--assets", required=True, type=Path, metavar="DIR")
    parser.add_argument("--output", required=True, type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    if not re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+", options.package, re.ASCII):
        parser.error(f"--package is {options.package!r}; write a name such as com.example.courier")
    if not 0 < options.version_code <= HIGHEST_VERSION_CODE:
        parser.error(f"--version-code is {options.version_code}; write 1 to {HIGHEST_VERSION_CODE}")
    if not options.assets.is_dir():
        parser.error(f"--assets is {options.assets}, which is no folder")
    return options


def main(arguments: "list[str] | None" = None) -> int:
    options = parsed(arguments)
    entries = {
        "BundleConfig.pb": bundle_config(),
        "base/dex/classes.dex": empty_dex(),
        "base/manifest/AndroidManifest.xml": manifest(
            options.package, options.version_code, options.version_name
        ),
        **assets(options.assets),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    write_bundle(options.output, entries)
    print(f"{options.output}: {options.package} {options.version_name} ({options.version_code})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
