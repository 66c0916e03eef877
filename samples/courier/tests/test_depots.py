"""The depots that the app ships; needs no Android SDK."""

import json
import unittest
from pathlib import Path

DEPOTS = Path(__file__).parent.parent / "app/src/main/assets/depots.json"


class DepotsTest(unittest.TestCase):
    def setUp(self):
        self.depots = json.loads(DEPOTS.read_text(encoding="utf-8"))

    def test_codes_are_unique(self):
        codes = [depot["code"] for depot in self.depots]
        self.assertEqual(len(codes), len(set(codes)))

    def test_every_depot_is_in_europe(self):
        for depot in self.depots:
            with self.subTest(depot["code"]):
                self.assertTrue(34 <= depot["latitude"] <= 72)
                self.assertTrue(-25 <= depot["longitude"] <= 45)
