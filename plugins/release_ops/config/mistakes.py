"""What is wrong in a catalog, where, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from release_ops.domain.errors import ReleaseError

Key = tuple[str | int, ...]
"""Where a value is in the file: ("services", "orders", "checks", 0, "http")."""

NAMED_AT_MOST = 200
"""Mistakes of one sort that are named: a file with more is another file, and a sentence takes its time."""

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_LONGEST_VALUE = 60


class Finding(NamedTuple):
    """A mistake before its file is known. `line` only where the key alone cannot tell it."""

    key: Key
    wrong: str
    write: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One sentence for the person who edits the file; line 0 if the file could not be opened at all."""

    file: Path
    line: int
    key: str
    wrong: str
    write: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return ": ".join(part for part in (place, self.key, f"{self.wrong}; {self.write}") if part)


class CatalogError(ReleaseError):
    """The catalog cannot be used; `mistakes` holds all of them, in the order of the file."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


def key_text(key: Key) -> str:
    """Return a key as a person reads it: services.orders.checks[0].http."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _PLAIN_KEY.fullmatch(part) else shown(part))
    return text


def shown(value: object) -> str:
    """Return a value on one line and of bounded length: a file may hold anything, escape codes too."""
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 4]}...{text[-1]}"
