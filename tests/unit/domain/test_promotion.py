"""The decision that guards production: every row is a way to ship the wrong thing, and the answer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from release_ops.domain.build import Build, BuildRequest, BuildStatus
from release_ops.domain.intent import BuildIntent
from release_ops.domain.promotion import (
    Answer,
    BuildEvidence,
    StagingFacts,
    StepEvidence,
    decide_promotion,
    decide_region,
)
from release_ops.domain.records import HELD, LEFT_OUT, PROMOTED, Outcome, StepResult

COMMIT = "c0ffee" + "0" * 34
DEPLOYED = datetime(2026, 11, 23, 9, tzinfo=UTC)
SOAKED = DEPLOYED + timedelta(days=2)
STEP = "staging.eu-west-1.build"

INTENT = BuildIntent("key-1", 1, 3, BuildRequest("orders-staging", COMMIT), DEPLOYED)
BUILD = Build(
    "orders-staging:1",
    BuildStatus.SUCCEEDED,
    "orders-staging",
    COMMIT,
    key="key-1",
    region="eu-west-1",
    ended_at=DEPLOYED,
)
SMOKE = StepResult("staging.eu-west-1.smoke", BUILD.id, True, DEPLOYED, "as expected")
PROVED = StagingFacts(
    service="orders",
    commit=COMMIT,
    builds=(BuildEvidence(STEP, INTENT, BUILD),),
    steps=(StepEvidence("staging.eu-west-1.smoke", SMOKE),),
    deployed_at=(DEPLOYED,),
    required_soak=timedelta(days=2),
    dependencies={},
    states={"cut_release": "success", "orders.staging.eu-west-1.smoke": "success"},
)


def built(**changes: object) -> StagingFacts:
    return replace(PROVED, builds=(BuildEvidence(STEP, INTENT, replace(BUILD, **changes)),))


def outcome(result: str, *reasons: str) -> dict[str, Outcome]:
    return {"ledger-api": Outcome("ledger-api", result, COMMIT, DEPLOYED, reasons)}


def test_a_release_that_is_proved_and_soaked_may_go() -> None:
    assert decide_promotion(PROVED, now=SOAKED).is_open


@pytest.mark.parametrize("status", [s for s in BuildStatus if s is not BuildStatus.SUCCEEDED])
def test_only_succeeded_passes(status: BuildStatus) -> None:
    decision = decide_promotion(built(status=status), now=SOAKED)
    assert decision.is_refused
    assert f"is {status}" in decision.reasons[0]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        pytest.param(built(commit="bad" * 13 + "b"), "the cut is c0ffee0000", id="another commit was built"),
        pytest.param(built(commit=""), "built no commit", id="CodeBuild does not say what it built"),
        pytest.param(built(key="other"), "does not carry this step's key", id="somebody else's build"),
        pytest.param(built(project="hack"), "is of project hack", id="another project"),
        pytest.param(
            replace(PROVED, builds=(BuildEvidence(STEP, None, None),)),
            "no record of a build",
            id="marked success",
        ),
        pytest.param(
            replace(PROVED, builds=(BuildEvidence(STEP, INTENT, None),)),
            "CodeBuild knows no build",
            id="the build was deleted, or never started",
        ),
        pytest.param(
            replace(PROVED, steps=(StepEvidence("staging.eu-west-1.smoke", None),)),
            "no result for the build that is live",
            id="a check that was marked successful has no result",
        ),
        pytest.param(
            replace(PROVED, steps=(StepEvidence("staging.eu-west-1.smoke", replace(SMOKE, passed=False)),)),
            "staging.eu-west-1.smoke failed",
            id="a red check",
        ),
        pytest.param(
            replace(PROVED, states={**PROVED.states, "orders.soak": "failed"}),
            "orders.soak is failed; clear it with downstream",
            id="a person marked the soak failed",
        ),
        pytest.param(
            replace(PROVED, states={"orders.staging.eu-west-1.smoke": "removed"}),
            "is removed",
            id="a check removed from the catalog proves nothing",
        ),
        pytest.param(
            replace(PROVED, states={"orders.staging.eu-west-1.smoke": None}),
            "is not run",
            id="no state at all",
        ),
        pytest.param(
            replace(PROVED, deployed_at=(DEPLOYED, None)), "not known when", id="no deployment instant"
        ),
        pytest.param(replace(PROVED, deployed_at=()), "not known when", id="no staging target"),
        pytest.param(
            replace(PROVED, dependencies=outcome(HELD, "smoke failed")),
            "ledger-api, which orders depends on, is held: smoke failed",
            id="a held dependency holds",
        ),
    ],
)
def test_what_is_not_proved_is_refused(facts: StagingFacts, words: str) -> None:
    decision = decide_promotion(facts, now=SOAKED)
    assert decision.is_refused
    assert any(words in reason for reason in decision.reasons), decision.reasons


@pytest.mark.parametrize("result", [PROMOTED, LEFT_OUT])
def test_a_dependency_that_went_out_or_was_left_out_holds_nobody(result: str) -> None:
    assert decide_promotion(replace(PROVED, dependencies=outcome(result)), now=SOAKED).is_open


def test_a_dependency_without_an_outcome_is_waited_for() -> None:
    decision = decide_promotion(replace(PROVED, dependencies={"ledger-api": None}), now=SOAKED)
    assert not decision.is_open
    assert not decision.is_refused


@pytest.mark.parametrize("early", [timedelta(seconds=1), timedelta(hours=3), timedelta(days=2)])
def test_an_unfinished_soak_is_not_yet_and_never_no(early: timedelta) -> None:
    decision = decide_promotion(PROVED, now=SOAKED - early)
    assert [blocker.answer for blocker in decision.blockers] == [Answer.NOT_YET]
    assert decision.ask_again_at == SOAKED


def test_the_soak_counts_from_the_last_target() -> None:
    later = replace(PROVED, deployed_at=(DEPLOYED, DEPLOYED + timedelta(hours=5)))
    assert decide_promotion(later, now=SOAKED).ask_again_at == SOAKED + timedelta(hours=5)


def test_every_blocker_is_named_not_only_the_first() -> None:
    facts = replace(built(status=BuildStatus.FAILED), steps=(StepEvidence("staging.eu-west-1.smoke", None),))
    assert len(decide_promotion(facts, now=DEPLOYED).blockers) == 3


class TestRegions:
    """Regions go one after another; the next one asks all of it again."""

    FIRST = "production.eu-west-1.build"
    INTENT = BuildIntent("key-2", 1, 3, BuildRequest("orders-production", COMMIT), SOAKED)
    BUILD = replace(BUILD, id="orders-production:7", project="orders-production", key="key-2")
    CHECK = StepEvidence("production.eu-west-1.smoke", replace(SMOKE, build_id="orders-production:7"))

    def test_the_next_region_opens_after_a_proved_one(self) -> None:
        before = (BuildEvidence(self.FIRST, self.INTENT, self.BUILD),)
        assert decide_region(PROVED, before, (self.CHECK,), now=SOAKED).is_open

    def test_a_failed_region_that_was_marked_successful_opens_nothing(self) -> None:
        before = (BuildEvidence(self.FIRST, self.INTENT, replace(self.BUILD, status=BuildStatus.FAILED)),)
        assert decide_region(PROVED, before, (self.CHECK,), now=SOAKED).is_refused

    def test_a_red_check_stops_the_later_regions(self) -> None:
        before = (BuildEvidence(self.FIRST, self.INTENT, self.BUILD),)
        red = StepEvidence(self.CHECK.step, replace(SMOKE, passed=False))
        assert decide_region(PROVED, before, (red,), now=SOAKED).is_refused

    def test_a_veto_given_between_two_regions_counts(self) -> None:
        before = (BuildEvidence(self.FIRST, self.INTENT, self.BUILD),)
        vetoed = replace(PROVED, states={**PROVED.states, "orders.staging.eu-west-1.smoke": "failed"})
        assert decide_region(vetoed, before, (self.CHECK,), now=SOAKED).is_refused
