"""A YAML file as plain data that remembers where everything was written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from release_ops.config.mistakes import Finding, Key


class Spot(NamedTuple):
    """Where a value stands, and its text in the file if that is not the value itself."""

    line: int
    text: str | None = None


@dataclass
class Document:
    """What a file says, and what is wrong with it before anybody asks what it means.

    Whatever stands at or below a key in `refused` deserves no second sentence."""

    content: Any = None
    findings: list[Finding] = field(default_factory=list)
    refused: set[Key] = field(default_factory=set)
    empty: list[Key] = field(default_factory=list)  # keys that have no value
    # By the identity of the mapping or list and the key in it: found again without storing every whole key.
    spots: dict[tuple[int, str | int], Spot] = field(default_factory=dict)

    def spot(self, key: Key) -> tuple[Key, Spot]:
        """Return the nearest key that the file has, and where it is."""
        container, nearest, depth = self.content, Spot(1), 0
        for part in key:
            spot = self.spots.get((id(container), part))
            if spot is None:
                break
            nearest, depth, container = spot, depth + 1, container[part]
        return key[:depth], nearest

    def is_refused(self, key: Key) -> bool:
        return any(key[:depth] in self.refused for depth in range(len(key) + 1))

    def refuse(self, key: Key, wrong: str, write: str, line: int) -> None:
        """Record what is wrong with a value, unless something above it is."""
        if not self.is_refused(key):
            self.findings.append(Finding(key, wrong, write, line))
            self.refused.add(key)
