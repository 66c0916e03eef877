"""The stories: what they name exists, what they commit does what they say, and every document lists them."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.deeds import Act, BeforeTheCut, Clear, Commit, MarkFailed, When, due
from rehearsal.demo import undone
from rehearsal.errors import RehearsalError
from rehearsal.samples import SAMPLE_SERVICES, SAMPLES, Edit, edited
from rehearsal.stories import DEFAULT_STORY, STORIES, Story
from release_ops.config import load_catalog
from release_ops.plan.service import plan_release

CHECKOUT = Path(__file__).resolve().parents[3]
COMMITS = {
    name: act.deed for name, story in STORIES.items() for act in story.acts if isinstance(act.deed, Commit)
}


def test_stories_are_about_the_sample_platform() -> None:
    catalog = load_catalog(CHECKOUT / "config" / "services.yaml")
    task_ids = {step.task_id for plan in plan_release(catalog).values() for step in plan.steps}
    assert set(SAMPLE_SERVICES) == set(catalog.services)
    for story in STORIES.values():
        assert story.expected.services == set(SAMPLE_SERVICES)
        assert set(story.conf.get("services", SAMPLE_SERVICES)) == story.expected.services - (
            story.expected.left_out
        )
        assert set(task_ids_of(story)) <= task_ids
        assert {act.deed.service for act in story.acts} <= set(SAMPLE_SERVICES)


def test_what_is_to_ship_is_committed() -> None:
    for story in STORIES.values():
        deeds = [act.deed for act in story.acts]
        for service, commit in story.expected.ships.items():
            assert commit in deeds
            assert commit.service == service


def test_the_first_story_has_nobody_in_it() -> None:
    assert not STORIES[DEFAULT_STORY].acts


@pytest.mark.parametrize(
    ("story", "passes"),
    [
        pytest.param("red-build", False, id="red-build: the tests catch it"),
        pytest.param("red-check", True, id="red-check: the tests do not see it"),
        pytest.param("late-commit", True, id="late-commit: nothing is wrong with it"),
        pytest.param("fix", True, id="fix: it is tested"),
    ],
)
def test_a_storys_commit_passes_its_own_tests_or_does_not(story: str, passes: bool, tmp_path: Path) -> None:
    commit = COMMITS[story]
    checkout = tmp_path / commit.service
    shutil.copytree(SAMPLES / commit.service, checkout)
    for path, text in edited(SAMPLES / commit.service, commit.edits).items():
        (checkout / path).write_text(text)
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "RELEASE_COMMIT": "4f1c"}
    ended = subprocess.run(
        ["make", "test"], cwd=checkout, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (ended.returncode == 0) is passes, ended.stdout + ended.stderr


def test_an_edit_names_a_text_that_is_there_once(tmp_path: Path) -> None:
    (tmp_path / "prices.txt").write_text("1\n1\n")
    for edit, sentence in (
        (Edit("prices.txt", "1", "2"), "has '1' 2 times"),
        (Edit("prices.txt", "3", "2"), "has '3' 0 times"),
        (Edit("none.txt", "1", "2"), "none.txt cannot be read"),
    ):
        with pytest.raises(RehearsalError, match=sentence):
            edited(tmp_path, [edit])


def test_edits_of_one_file_come_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "prices.txt").write_text("one\n")
    edits = [
        Edit("prices.txt", "one", "two"),
        Edit("prices.txt", "two", "three"),
        Edit("new.txt", "", "four"),
    ]
    assert edited(tmp_path, edits) == {"prices.txt": "three\n", "new.txt": "four"}


SOAKS = frozenset({"deferred"})
FIRST = Act(When("orders.soak", SOAKS), MarkFailed("orders.staging.eu-west-1.smoke", "why"))
SECOND = Act(When("orders.cut", frozenset({"success"})), Clear("orders.cut"))
ELSEWHERE = Act(When("payments.soak", SOAKS), Clear("payments.cut"))
PUSHED = Act(BeforeTheCut(), Commit("orders", "Mend it", ()))


@pytest.mark.parametrize(
    ("acts", "states", "expected"),
    [
        pytest.param([FIRST], {"orders.soak": "running"}, None, id="not yet"),
        pytest.param([FIRST], {"orders.soak": "deferred"}, FIRST, id="now"),
        pytest.param([FIRST, SECOND], {"orders.cut": "success"}, None, id="in the order of a service"),
        pytest.param([FIRST, ELSEWHERE], {"payments.soak": "deferred"}, ELSEWHERE, id="not behind another"),
        pytest.param([PUSHED, FIRST], {}, PUSHED, id="before there is any task"),
        pytest.param([PUSHED], {"cut_release": None}, None, id="too late for the cut"),
    ],
)
def test_who_acts_next(acts: list[Act], states: dict[str, str | None], expected: Act | None) -> None:
    assert due(acts, states) is expected


def test_an_act_whose_moment_never_came_is_a_surprise() -> None:
    (sentence,) = undone([SECOND])
    assert sentence.startswith("orders.cut is success was never seen")
    assert sentence.endswith("this did not happen: tester clears orders.cut with downstream")


@pytest.mark.parametrize("document", ["README.md", "docs/stories.md"])
def test_documents_list_the_stories_that_there_are(document: str) -> None:
    text = (CHECKOUT / document).read_text()
    for name, story in STORIES.items():
        assert f"| `{name}` | {story.summary} |" in text
    assert set(re.findall(r"STORY=([a-z-]+)", text)) <= set(STORIES)


def test_make_help_lists_the_stories_that_there_are() -> None:
    said = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, timeout=60).stdout
    listed = re.search(r"STORY=\.\.\. \(what happens on the way: ([^)]*)\)", " ".join(said.split()))
    assert listed
    assert listed[1].replace(" or ", ", ").split(", ") == [name for name in STORIES if name != DEFAULT_STORY]


def task_ids_of(story: Story) -> Iterator[str]:
    for act in story.acts:
        if isinstance(act.when, When):
            yield act.when.task_id
        if isinstance(act.deed, MarkFailed | Clear):
            yield act.deed.task_id
