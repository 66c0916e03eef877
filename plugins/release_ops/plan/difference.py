"""What a change of the catalog does to a release."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from release_ops.config.models import Catalog
from release_ops.plan.graph import graph_of

T = TypeVar("T")


@dataclass(frozen=True)
class Change(Generic[T]):
    """What only one of two catalogs has."""

    added: tuple[T, ...]
    removed: tuple[T, ...]


@dataclass(frozen=True)
class Setting:
    """One value of the resolved catalog that is another now."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    tasks: Change[str]
    edges: Change[tuple[str, str]]
    settings: tuple[Setting, ...]
    """Of what both catalogs have: a service that is new shows in its tasks."""

    def __bool__(self) -> bool:
        changes = (self.tasks.added, self.tasks.removed, self.edges.added, self.edges.removed)
        return any(changes) or bool(self.settings)


def difference(before: Catalog, after: Catalog) -> Difference:
    """Return what the later catalog adds, removes and sets otherwise."""
    old, new = graph_of(before), graph_of(after)
    return Difference(
        tasks=_change(old.tasks, new.tasks),
        edges=_change(old.edges, new.edges),
        settings=tuple(_settings("", before.model_dump(mode="json"), after.model_dump(mode="json"))),
    )


def _change(before: Iterable[T], after: Iterable[T]) -> Change[T]:
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    added = tuple(item for item in new if item not in old)
    return Change(added, tuple(item for item in old if item not in new))


def _settings(key: str, before: Any, after: Any) -> Iterator[Setting]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in before:
            # Under `services` a name that only one side has is a service, and its tasks say so.
            if key != "services" or name in after:
                inner = f"{key}.{name}" if key else name
                yield from _settings(inner, before[name], after.get(name))
        if key != "services":
            for name in sorted(after.keys() - before.keys()):
                yield Setting(f"{key}.{name}", None, after[name])
    elif before != after:
        yield Setting(key, before, after)
