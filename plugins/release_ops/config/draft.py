"""The part of a broken file that can still be judged, so that one mistake does not hide the next."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from release_ops.config.entries import CatalogFile, ServiceEntry
from release_ops.config.entries_of_environments import DevEntry, ProductionEntry, StagingEntry
from release_ops.config.mistakes import Key
from release_ops.config.models import Train

_ENVIRONMENTS: dict[str, type[BaseModel]] = {
    "dev": DevEntry,
    "staging": StagingEntry,
    "production": ProductionEntry,
}


@dataclass(frozen=True)
class Draft:
    """A file that pydantic accepts, with a stand-in wherever it had refused the real value.

    A rule asks `sound` for every value that it reads: a stand-in says nothing."""

    file: CatalogFile
    names: tuple[str, ...]  # every service in the file, sound or not
    refused: frozenset[Key]

    def sound(self, *key: str) -> bool:
        return not self.refused or not any(key[:depth] in self.refused for depth in range(len(key) + 1))

    def services(self, *reads: str) -> Iterator[tuple[str, ServiceEntry]]:
        """Yield the services whose keys of these names were all accepted."""
        if not self.refused:
            yield from self.file.services.items()
            return
        for name, entry in self.file.services.items():
            if name in self.names and all(self.sound("services", name, key) for key in reads):
                yield name, entry


def draft_of_valid(file: CatalogFile, refused: Iterable[Key]) -> Draft:
    """Return a draft of a file that pydantic accepts, whatever was wrong with it as YAML."""
    return Draft(file, tuple(file.services), _judged(refused))


def draft_of_broken(content: Any, refused: Iterable[Key]) -> Draft | None:
    """Return what is left of a file's content without the refused keys; None if that is nothing."""
    judged = _judged(refused)
    if not isinstance(content, dict) or () in judged:
        return None
    kept = copy.deepcopy(content)
    for key in judged:
        _remove(kept, key)
    services = content.get("services")
    names = tuple(services) if isinstance(services, dict) else ()
    try:
        return Draft(CatalogFile.model_validate(_with_stand_ins(kept)), names, judged)
    except ValidationError:
        return None


def _judged(refused: Iterable[Key]) -> frozenset[Key]:
    """Cut keys to what a rule reads as one, such as services.orders.checks or train.schedule."""
    depths: dict[Key, int] = {("services",): 3, ("environments",): 3}
    return frozenset(key[: depths.get(key[:1], 2)] for key in refused)


def _remove(content: dict[str, Any], key: Key) -> None:
    *parents, last = key
    inner: Any = content
    for part in parents:
        inner = inner.get(part) if isinstance(inner, dict) else None
    if isinstance(inner, dict):
        inner.pop(last, None)


def _with_stand_ins(kept: dict[str, Any]) -> dict[str, Any]:
    environments = kept.get("environments", {})
    services = kept.get("services", {})
    return kept | {
        "train": _stand_ins(Train) | kept.get("train", {}),
        "environments": {
            name: _stand_ins(model) | environments.get(name, {}) for name, model in _ENVIRONMENTS.items()
        },
        "services": {name: _stand_ins(ServiceEntry) | entry for name, entry in services.items()}
        or {"stand-in": _stand_ins(ServiceEntry)},
    }


def _stand_ins(model: type[BaseModel]) -> dict[str, Any]:
    """Return the first example of each required field."""
    fields = model.model_fields.items()
    return {name: each.examples[0] for name, each in fields if each.is_required() and each.examples}
