"""What a change of the catalog does to a release."""

from pathlib import Path

from release_ops.config import Catalog, read_catalog
from release_ops.plan.difference import Change, Renaming, Setting, difference
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


def test_a_service_with_another_name_is_another_one_and_is_said_to_be_renamed() -> None:
    changed = difference(catalog(), catalog("  storefront:\n", "  shop:\n"))
    assert changed.services == Change(("shop",), ("storefront",))
    assert changed.renamed == (Renaming("storefront", "shop"),)
    assert {task.partition(".")[0] for task in changed.tasks.added} == {"shop"}


def test_one_that_goes_and_another_that_comes_are_not_renamed() -> None:
    other = "  shop:\n    kind: serverless\n    checks: [invoke: api]\n"
    changed = difference(catalog(), catalog("  storefront:\n    kind: web\n", other))
    assert changed.services == Change(("shop",), ("storefront",))
    assert changed.renamed == ()


def test_where_two_could_have_been_renamed_nothing_is_said() -> None:
    two = "  storefront:\n    kind: web\n  backoffice:\n    kind: web\n"
    before = catalog("  storefront:\n    kind: web\n    depends_on: [orders]\n", two)
    after = catalog("  storefront:\n    kind: web\n    depends_on: [orders]\n", "  shop:\n    kind: web\n")
    changed = difference(before, after)
    assert changed.services == Change(("shop",), ("storefront", "backoffice"))
    assert changed.renamed == ()


def test_a_longer_soak_changes_no_task() -> None:
    changed = difference(catalog(), catalog("  soak: 2 days", "  soak: 3 days"))
    assert changed.tasks.added == changed.tasks.removed == ()
    assert Setting("services.orders.soak", "P2D", "P3D") in changed.settings


def test_the_graph_has_every_edge_once() -> None:
    graph = graph_of(catalog())
    assert len(set(graph.edges)) == len(graph.edges)
    assert {end for edge in graph.edges for end in edge} == set(graph.tasks)
