"""What `depends_on` gets wrong: unknown services, and circles."""

from __future__ import annotations

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from release_ops.config.draft import Draft
from release_ops.config.mistakes import Finding, shown
from release_ops.config.sentences import nearest

_CYCLES_NAMED = 10  # a catalog with more needs a pencil, not a longer list


def dependencies_exist(draft: Draft) -> Iterator[Finding]:
    known = set(draft.names)
    for name, entry in draft.services("depends_on"):
        for index, other in enumerate(entry.depends_on):
            key = ("services", name, "depends_on", index)
            if other == name:
                yield Finding(key, "a service cannot wait for itself", f"remove {other}")
            elif other not in known:
                meant = nearest(other, [each for each in draft.names if each != name])
                write = f"did you mean {meant}?" if meant else "write the name of another service"
                yield Finding(key, f"{shown(other)} is not a service here", write)


def dependencies_have_no_cycle(draft: Draft) -> Iterator[Finding]:
    """In a cycle every service waits for another one's outcome, and none goes out."""
    graph = {name: set(entry.depends_on) - {name} for name, entry in draft.services("depends_on")}
    position = {name: index for index, name in enumerate(draft.names)}
    for _ in range(_CYCLES_NAMED):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle = error.args[1][:0:-1]  # closed, and each before what waits for it: read it backwards
            start = circle.index(min(circle, key=position.__getitem__))
            circle = circle[start:] + circle[:start]
            way = " -> ".join((*circle, circle[0]))
            key = ("services", circle[0], "depends_on")
            yield Finding(key, f"the services wait in a circle: {way}", "remove one of these dependencies")
            graph[circle[-1]].discard(circle[0])
        else:
            return
