"""What a change of the catalog does to a release."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from release_ops.config.models import Catalog, Service
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
class Renaming:
    """A service that went and one that came, alike but for their names. To AWS and Airflow they are two."""

    before: str
    after: str


@dataclass(frozen=True)
class Difference:
    services: Change[str]
    renamed: tuple[Renaming, ...]
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
    services = _change(before.services, after.services)
    return Difference(
        services=services,
        renamed=tuple(_renamed(services, before, after)),
        tasks=_change(old.tasks, new.tasks),
        edges=_change(old.edges, new.edges),
        settings=tuple(_settings("", before.model_dump(mode="json"), after.model_dump(mode="json"))),
    )


def _change(before: Iterable[T], after: Iterable[T]) -> Change[T]:
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    added = tuple(item for item in new if item not in old)
    return Change(added, tuple(item for item in old if item not in new))


def _renamed(services: Change[str], before: Catalog, after: Catalog) -> Iterator[Renaming]:
    """Yield what is certain: where two that are alike have gone, nobody can say which one has come back."""
    gone, came = defaultdict(list), defaultdict(list)
    for name in services.removed:
        gone[_unnamed(before.services[name])].append(name)
    for name in services.added:
        came[_unnamed(after.services[name])].append(name)
    for alike, names in gone.items():
        if len(names) == len(came[alike]) == 1:
            yield Renaming(names[0], came[alike][0])


def _unnamed(service: Service) -> str:
    """Return all that a service is, with its name (and what is called after it) taken out."""
    return re.sub(rf"(?<![a-z0-9-]){service.name}(?![a-z0-9])", "", service.model_dump_json())


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
