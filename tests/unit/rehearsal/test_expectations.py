"""Whether a release came as its story says: asked of the verdict, of CodeBuild, and of production itself."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rehearsal.deeds import Commit
from rehearsal.expectations import Course, Expected, Verdict, surprises
from rehearsal.production import Live
from rehearsal.soaks import Soak
from rehearsal.sources import Build, Look
from release_ops.config import load_catalog

CATALOG = load_catalog(Path(__file__).resolve().parents[3] / "config" / "services.yaml")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOAK = timedelta(seconds=60)
CUT, FIX, LATE, OLD = ("c" * 40, "f" * 40, "1" * 40, "0" * 40)
MENDED = Commit("payments", "Round to even", ())
REASON = "orders.staging.eu-west-1.smoke was marked failed by a person"

# A story in small: orders is vetoed, payments mended, backoffice goes out, nobody asked for the rest.
EXPECTED = Expected(
    promoted=frozenset({"payments", "backoffice"}),
    held=frozenset({"orders"}),
    left_out=frozenset({"invoices", "storefront", "courier"}),
    reasons={"orders": ("was marked failed",)},
    ships={"payments": MENDED},
    staging_builds={"payments": 2},
)


def build(name: str, commit: str, *, began: int, took: int = 10) -> Build:
    started = NOON + timedelta(seconds=began)
    return Build(name, "SUCCEEDED", commit, started, started + timedelta(seconds=took), {})


def soak(*, began: int) -> Soak:
    deployed = NOON + timedelta(seconds=began)
    return Soak(deployed, deployed + SOAK)


OLD_BUILD = build("payments-production:0", OLD, began=-9000)
BEFORE = Look(
    heads=dict.fromkeys(CATALOG.services, CUT),
    builds={("payments", "production"): [OLD_BUILD]},
    live=[
        Live("orders", "eu-west-1"),
        Live("payments", "eu-west-1", OLD),
        Live("payments", "us-east-1", OLD),
        Live("backoffice", "eu-west-1"),
        Live("courier", "global", OLD),
    ],
)
BUILDS = {
    ("orders", "staging"): [build("orders-staging:1", CUT, began=0)],
    ("payments", "staging"): [
        build("payments-staging:1", CUT, began=0),
        build("payments-staging:2", FIX, began=40),
    ],
    ("payments", "production"): [
        OLD_BUILD,
        build("payments-production:1", FIX, began=111),
        build("payments-production:2", FIX, began=130),
    ],
    ("backoffice", "staging"): [build("backoffice-staging:1", CUT, began=0)],
    ("backoffice", "production"): [build("backoffice-production:1", CUT, began=71)],
}
LIVE = [
    Live("orders", "eu-west-1"),
    Live("payments", "eu-west-1", FIX),
    Live("payments", "us-east-1", FIX),
    Live("backoffice", "eu-west-1", CUT),
    Live("courier", "global", OLD),
]
AS_TOLD = Course(
    catalog=CATALOG,
    time_scale=2880,
    verdict=Verdict(
        "r",
        "failed",
        {"payments": FIX, "backoffice": CUT},
        {"orders": [REASON]},
        ["invoices", "storefront", "courier"],
    ),
    run_state="failed",
    before=BEFORE,
    after=Look(BEFORE.heads, BUILDS, LIVE),
    soaks={
        "orders": [soak(began=10)],
        "payments": [soak(began=10), soak(began=50)],
        "backoffice": [soak(began=10)],
    },
    commits={MENDED: FIX},
)


def course(
    *,
    promoted: dict[str, str] | None = None,
    held: dict[str, list[str]] | None = None,
    run_state: str = "failed",
    builds: dict[tuple[str, str], list[Build]] | None = None,
    live: Iterable[Live] = (),
    soaks: dict[str, list[Soak]] | None = None,
) -> Course:
    """The release as it was told, but for what is named."""
    verdict = AS_TOLD.verdict
    changed = {(each.service, each.where): each for each in live}
    return replace(
        AS_TOLD,
        run_state=run_state,
        verdict=replace(
            verdict,
            promoted=verdict.promoted if promoted is None else promoted,
            held=verdict.held if held is None else held,
        ),
        after=Look(
            BEFORE.heads,
            BUILDS | (builds or {}),
            [changed.get((each.service, each.where), each) for each in LIVE],
        ),
        soaks={**AS_TOLD.soaks, **(soaks or {})},
    )


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        pytest.param(AS_TOLD, [], id="as told"),
        pytest.param(
            course(run_state="success"),
            ["the run ended as success, expected was failed"],
            id="a green run that should be red",
        ),
        pytest.param(
            course(held={}),
            ["orders was forgotten, expected was held", "the verdict on orders does not say"],
            id="a service that the verdict forgot",
        ),
        pytest.param(
            course(held={"orders": [REASON], "courier": ["?"]}),
            ["courier was held and left out, expected was left out"],
            id="a service of which it says two things",
        ),
        pytest.param(
            course(held={"orders": ["it is Friday"]}),
            ["the verdict on orders does not say 'was marked failed', but: it is Friday"],
            id="held, but for another reason",
        ),
        pytest.param(
            course(promoted={"payments": FIX, "backoffice": LATE}),
            [
                "backoffice was promoted at 111111111, expected was ccccccccc",
                "backoffice was promoted at 111111111, but production in eu-west-1 has ccccccccc",
            ],
            id="a verdict that names a commit from after the cut",
        ),
        pytest.param(
            course(live=[Live("payments", "us-east-1", OLD)]),
            ["payments was promoted at fffffffff, but production in us-east-1 has 000000000"],
            id="one region has not got it",
        ),
        pytest.param(
            course(live=[Live("backoffice", "eu-west-1")]),
            ["backoffice was promoted at ccccccccc, but production in eu-west-1 has nothing"],
            id="production does not answer",
        ),
        pytest.param(
            course(live=[Live("orders", "eu-west-1", CUT)]),
            ["orders was held, but production in eu-west-1 went from nothing to ccccccccc"],
            id="what was held is there",
        ),
        pytest.param(
            course(live=[Live("courier", "global", CUT)]),
            ["courier was left out, but production in global went from 000000000 to ccccccccc"],
            id="what was left out has changed",
        ),
        pytest.param(
            course(builds={("orders", "production"): [build("x", CUT, began=90)]}),
            ["orders was built once for production, expected was not at all"],
            id="a production build of what is held",
        ),
        pytest.param(
            course(builds={("courier", "staging"): [build("x", CUT, began=0)]}),
            ["courier was built once for staging, expected was not at all"],
            id="a build of what was left out",
        ),
        pytest.param(
            course(
                builds={
                    ("backoffice", "staging"): [*BUILDS["backoffice", "staging"], build("x", LATE, began=0)]
                }
            ),
            [
                "backoffice was built twice for staging, expected was once",
                "build x is of 111111111, which was not to be built",
            ],
            id="a build of a commit from after the cut",
        ),
        pytest.param(
            course(builds={("backoffice", "production"): [build("x", CUT, began=69)]}),
            ["backoffice soaked 59.0 s, expected was 60.0 s at least"],
            id="a soak cut short",
        ),
        pytest.param(
            course(soaks={"payments": [soak(began=10)]}),
            ["payments soaked from before its last build for staging"],
            id="a fix that was not soaked anew",
        ),
        pytest.param(
            course(soaks={"backoffice": [soak(began=10), soak(began=11)]}),
            ["backoffice began to soak twice, expected was once"],
            id="somebody else's clock that moved",
        ),
        pytest.param(
            course(soaks={"backoffice": [replace(soak(began=10), ends_at=NOON + timedelta(seconds=50))]}),
            ["backoffice was to soak 40.0 s, expected was 60.0 s"],
            id="a shorter soak than the catalog asks for",
        ),
        pytest.param(
            course(soaks={"backoffice": []}),
            ["backoffice was promoted, but not built, soaked and built again"],
            id="no soak at all",
        ),
    ],
)
def test_what_did_not_come_as_told_is_said(came: Course, expected: list[str]) -> None:
    found = surprises(EXPECTED, came)
    assert len(found) == len(expected), found
    for sentence, start in zip(found, expected, strict=True):
        assert sentence.startswith(start), found
