"""docs/iam.md shows the policies as they are, and IAM would take them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.catalogs import catalog_text
from rehearsal.platform.iam_page import everything, page
from rehearsal.platform.names import targets
from rehearsal.platform.policies import (
    Identity,
    artifacts_policy,
    document,
    identities_of,
    ledger_policy,
    orchestrator,
)
from rehearsal.platform.policies_statements import Statement, in_words
from release_ops.config import Catalog, load_catalog, read_catalog

ROOT = Path(__file__).parents[3]
CATALOG = load_catalog(ROOT / "config" / "services.yaml")
# What changes nothing, or is asked of no resource. Anything else has to name what it is done to.
ON_EVERYTHING = {"cloudformation:ValidateTemplate"}


def identities(catalog: Catalog = CATALOG) -> Iterator[Identity]:
    yield orchestrator(catalog)
    for target in targets(catalog):
        yield from identities_of(target, catalog)


IDENTITIES = [pytest.param(one, id=one.arn) for one in identities()]
OF_36_SERVICES = [
    pytest.param(one, id=f"of 36: {one.arn}")
    for one in identities(read_catalog(catalog_text(36).encode(), Path("36.yaml")))
]


def statements(identity: Identity) -> list[Statement]:
    return [statement for policy in identity.policies.values() for statement in policy]


def characters(policy: str) -> int:
    """As IAM counts them, without white space."""
    return len(json.dumps(json.loads(policy), separators=(",", ":")))


def test_the_page_is_in_step() -> None:
    written = (ROOT / "docs" / "iam.md").read_text()
    assert written == page(CATALOG), "run: python -m rehearsal.platform.iam_page > docs/iam.md"


def test_the_page_prints_every_policy_for_iam() -> None:
    assert [one["Arn"] for one in everything(CATALOG)] == [identity.arn for identity in identities()]


@pytest.mark.parametrize("identity", IDENTITIES)
def test_nothing_is_allowed_on_everything(identity: Identity) -> None:
    for statement in statements(identity):
        actions = set(statement["Action"])
        assert not any("*" in action for action in actions), statement
        if statement["Effect"] == "Allow" and statement["Resource"] in ("*", ["*"]):
            assert actions <= ON_EVERYTHING, statement


@pytest.mark.parametrize("identity", [*IDENTITIES, *OF_36_SERVICES])
def test_iam_takes_the_policies(identity: Identity) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    sizes = [characters(document(policy)) for policy in identity.policies.values()]
    if identity.trust is None:
        assert max(sizes) <= 6144
        assert len(sizes) <= 10
    else:
        assert sum(sizes) <= 10240
        assert characters(document([identity.trust])) <= 2048
    assert len(identity.name) <= 64


@pytest.mark.parametrize("identity", IDENTITIES)
def test_a_statement_s_name_is_its_own(identity: Identity) -> None:
    """IAM wants Sids of letters and digits, each once in a policy."""
    for policy in identity.policies.values():
        sids = [statement["Sid"] for statement in policy]
        assert len(set(sids)) == len(sids)
        assert all(sid.isalnum() and in_words(sid).replace(" ", "") == sid.lower() for sid in sids)


def test_buckets_take_their_policies() -> None:
    staging, _production = targets(CATALOG)
    for policy in (ledger_policy(CATALOG), artifacts_policy(staging, CATALOG)):
        assert characters(document(policy)) <= 20480
        assert all("Principal" in statement for statement in policy)
