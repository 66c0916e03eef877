"""Whether a release came as its story says."""

from pathlib import Path

import pytest

from rehearsal.demo import unlike_production
from rehearsal.production import Live
from rehearsal.stories import DEFAULT_STORY, SAMPLE_SERVICES, STORIES, Verdict, surprises
from release_ops.config import load_catalog
from release_ops.plan.service import plan_release

CHECKOUT = Path(__file__).resolve().parents[3]
COMMIT = "0123456789abcdef"
THREE_OUT = dict.fromkeys(("payments", "backoffice", "courier"), COMMIT)
THREE_HELD = dict.fromkeys(("orders", "invoices", "storefront"), ("a person said so",))


def test_stories_are_about_the_sample_platform() -> None:
    catalog = load_catalog(CHECKOUT / "config" / "services.yaml")
    task_ids = {step.task_id for plan in plan_release(catalog).values() for step in plan.steps}
    assert set(SAMPLE_SERVICES) == set(catalog.services)
    for story in STORIES.values():
        assert story.expected.promoted | story.expected.held == set(SAMPLE_SERVICES)
        for act in story.acts:
            assert {act.when.task_id, act.deed.task_id} <= task_ids


@pytest.mark.parametrize(
    ("verdict", "run_state", "expected"),
    [
        pytest.param(Verdict("r", "failed", THREE_OUT, THREE_HELD), "failed", [], id="as told"),
        pytest.param(
            Verdict("r", "failed", THREE_OUT, THREE_HELD),
            "success",
            ["the run ended as success, expected was failed"],
            id="a green run that should be red",
        ),
        pytest.param(
            Verdict(
                "r",
                "failed",
                THREE_OUT | {"orders": COMMIT},
                {k: THREE_HELD[k] for k in ("invoices", "storefront")},
            ),
            "failed",
            ["orders was promoted, expected was held"],
            id="a veto that did not hold",
        ),
        pytest.param(
            Verdict("r", "failed", dict.fromkeys(("payments", "backoffice"), COMMIT), THREE_HELD),
            "failed",
            ["courier was left out, expected was promoted"],
            id="a service that the verdict forgot",
        ),
    ],
)
def test_a_veto_that_did_not_go_as_told(verdict: Verdict, run_state: str, expected: list[str]) -> None:
    assert surprises(STORIES["veto"].expected, verdict, run_state) == expected


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        pytest.param([Live("orders", "eu-west-1", COMMIT)], [], id="what was promoted is there"),
        pytest.param(
            [Live("orders", "eu-west-1", COMMIT), Live("orders", "us-east-1")],
            ["orders was promoted at 012345678, but production in us-east-1 has nothing"],
            id="one region is missing",
        ),
        pytest.param(
            [Live("orders", "eu-west-1", "ffffffffffff")],
            ["orders was promoted at 012345678, but production in eu-west-1 has fffffffff"],
            id="another commit is there",
        ),
        pytest.param(
            [Live("payments", "eu-west-1", COMMIT)],
            ["payments was held, but production in eu-west-1 has 012345678"],
            id="what was held is there",
        ),
        pytest.param([Live("payments", "eu-west-1")], [], id="what was held is not there"),
    ],
)
def test_production_is_believed_before_the_verdict(live: list[Live], expected: list[str]) -> None:
    verdict = Verdict("r", "failed", {"orders": COMMIT}, {"payments": ["a person said so"]})
    assert unlike_production(verdict, live) == expected


def test_the_first_story_has_nobody_in_it() -> None:
    assert not STORIES[DEFAULT_STORY].acts
