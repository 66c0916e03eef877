import json
import re
import tempfile
import unittest
from pathlib import Path

from build import build


class BuildTest(unittest.TestCase):
    def setUp(self):
        self.site = Path(self.enterContext(tempfile.TemporaryDirectory())) / "site"
        build(self.site, "4f1c")

    def test_version_names_the_commit(self):
        self.assertEqual(json.loads((self.site / "version.json").read_text())["commit"], "4f1c")

    def test_every_link_of_every_page_leads_somewhere(self):
        for page in self.site.glob("*.html"):
            for target in re.findall(r'(?:href|src)="([^"]+)"', page.read_text()):
                found = self.site / target.removeprefix("/") / ("index.html" if target.endswith("/") else "")
                self.assertTrue(found.exists(), f"{page.name} links to {target}")

    def test_assets_carry_their_digest(self):
        names = [asset.name for asset in (self.site / "assets").iterdir()]
        self.assertTrue(names)
        for name in names:
            self.assertRegex(name, r"^\w+\.[0-9a-f]{12}\.\w+$")
