"""Build the site: `build.py FOLDER`.

Assets get their digest into their name, so that a browser may keep them for ever and still never shows an old one."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def build(output: Path, commit: str) -> None:
    shutil.rmtree(output, ignore_errors=True)
    (output / "assets").mkdir(parents=True)
    names = {asset.name: copy_asset(asset, output) for asset in sorted((HERE / "site/assets").iterdir())}
    for page in sorted((HERE / "site").glob("*.html")):
        (output / page.name).write_text(with_digests(page.read_text(), names))
    version = {"service": "storefront", "commit": commit}
    (output / "version.json").write_text(json.dumps(version) + "\n")


def copy_asset(asset: Path, output: Path) -> str:
    digest = hashlib.sha256(asset.read_bytes()).hexdigest()[:12]
    name = f"{asset.stem}.{digest}{asset.suffix}"
    shutil.copyfile(asset, output / "assets" / name)
    return name


def with_digests(page: str, names: dict[str, str]) -> str:
    for plain, digested in names.items():
        page = page.replace(f'"assets/{plain}"', f'"assets/{digested}"')
    return page


def released_commit() -> str:
    asked = ["git", "rev-parse", "HEAD"]
    return os.environ.get("RELEASE_COMMIT") or subprocess.check_output(asked, cwd=HERE, text=True).strip()


if __name__ == "__main__":
    build(Path(sys.argv[1]), released_commit())
