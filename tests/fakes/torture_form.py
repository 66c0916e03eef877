"""How long and by which seed the tests that kill things do it, and the rows of the table they end with."""

from __future__ import annotations

import os
import random
from typing import Any

IS_LONG = os.environ.get("TORTURE") == "long"
"""`make torture` rather than `make test`."""

SEED = int(os.environ.get("TORTURE_SEED") or random.SystemRandom().randrange(1_000_000))

ROW = "torture"
"""The name under which a test records its row, a list of words and numbers."""


def table(reports: list[Any]) -> list[str]:
    """Return the lines of the table that these test reports make; none without a row."""
    rows = [value for report in reports for name, value in report.user_properties if name == ROW]
    if not rows:
        return []
    cells = [
        ["what", "how often", "kills", "went wrong", "seconds"],
        *[[str(cell) for cell in row] for row in rows],
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
