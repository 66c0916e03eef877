"""What a change of the catalog does to a release."""

from pathlib import Path

from release_ops.config import Catalog, read_catalog
from release_ops.plan.difference import Setting, difference
from release_ops.plan.graph import graph_of

TEXT = (Path(__file__).parents[1] / "config" / "valid.yaml").read_text()


def catalog(old: str = "", new: str = "") -> Catalog:
    assert old in TEXT
    return read_catalog(TEXT.replace(old, new, 1).encode(), Path("services.yaml"))


def test_the_same_catalog_changes_nothing() -> None:
    assert not difference(catalog(), catalog())


def test_a_new_service_adds_its_tasks_and_the_verdict_waits_for_it() -> None:
    changed = difference(
        catalog(), catalog("  storefront:\n", "  billing:\n    kind: serverless\n  storefront:\n")
    )
    assert {task.partition(".")[0] for task in changed.tasks.added} == {"billing"}
    assert ("billing.outcome", "release_verdict") in changed.edges.added
    assert (changed.tasks.removed, changed.edges.removed, changed.settings) == ((), (), ())


def test_what_is_taken_away_is_the_same_turned_round() -> None:
    more = catalog("  storefront:\n", "  billing:\n    kind: serverless\n  storefront:\n")
    there, back = difference(catalog(), more), difference(more, catalog())
    assert (back.tasks.removed, back.edges.removed) == (there.tasks.added, there.edges.added)


def test_a_dependency_is_an_edge_and_a_setting() -> None:
    changed = difference(catalog("    depends_on: [orders]\n"), catalog())
    assert changed.tasks.added == ()
    assert changed.edges.added == (("orders.outcome", "storefront.promotion_gate"),)
    assert changed.settings == (Setting("services.storefront.depends_on", [], ["orders"]),)


def test_a_longer_soak_changes_no_task() -> None:
    changed = difference(catalog(), catalog("  soak: 2 days", "  soak: 3 days"))
    assert changed.tasks.added == changed.tasks.removed == ()
    assert Setting("services.orders.soak", "P2D", "P3D") in changed.settings


def test_the_graph_has_every_edge_once() -> None:
    graph = graph_of(catalog())
    assert len(set(graph.edges)) == len(graph.edges)
    assert {end for edge in graph.edges for end in edge} == set(graph.tasks)
