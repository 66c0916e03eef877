"""AWS misbehaves between the real operator, hook and boto3 and a real sandbox; each row is one bad day.

Whatever happens: the right state, a sentence that a person can act on (from the exception that fails the
task, or from the task's log where it goes well in the end), one build, at most three times the calls."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from release_ops.domain.errors import ErroredError
from tests.misbehaving.conftest import LOOKS, World
from tests.misbehaving.task import RETRIES, BuildTask, State, events_of
from tests.misbehaving.twists import (
    BROKEN,
    THROTTLED,
    ExpiringKeys,
    LateList,
    builds_not_found,
    denied,
    of_ten_calls,
    the_first,
    unknown_status,
)

ATTEMPTS = 5
"""How often botocore tries a call if nobody configures it: Airflow does not."""

UNDISTURBED = Counter(ListBuildsForProject=1, StartBuild=1, BatchGetBuilds=LOOKS + 1, GetLogEvents=LOOKS)
"""Look for an earlier build, start one, look at it until it is over, and look once more as the task ends."""

ALWAYS = 10_000
SUCCESS, FAILED, ERRORED = State.SUCCESS, State.FAILED, State.ERRORED

Arrange = Callable[[World, BuildTask], None]


def with_(*twists: Callable[[], Any]) -> Arrange:
    def arrange(world: World, task: BuildTask) -> None:
        world.proxy.twists += [twist() for twist in twists]

    return arrange


def keys_expire_before_the_start(world: World, task: BuildTask) -> None:
    """The keys are renewed while the task waits for its second try."""
    keys, old = ExpiringKeys(), world.session()
    world.proxy.twists.append(keys)
    world.connect(old)
    keys.expired.add(old["AccessKeyId"])
    task.between_tries = lambda: world.connect(world.session())


def keys_expire_while_it_builds(world: World, task: BuildTask) -> None:
    """The keys are renewed after the first look that was refused."""
    keys, old = ExpiringKeys(), world.session()
    world.connect(old)

    def twist(call: Any, pass_on: Any) -> Any:
        if call.operation == "BatchGetBuilds" and not keys.expired:
            keys.expired.add(old["AccessKeyId"])
            world.connect(world.session())
        return keys(call, pass_on)

    world.proxy.twists.append(twist)


def deleted_before_the_start(world: World, task: BuildTask) -> None:
    world.codebuild.delete_project(name=world.project)


def deleted_while_it_builds(world: World, task: BuildTask) -> None:
    def twist(call: Any, pass_on: Any) -> Any:
        if call.operation == "BatchGetBuilds":
            world.codebuild.delete_project(name=world.project)
        return pass_on()

    world.proxy.twists.append(twist)


def deleted_when_its_start_was_lost(world: World, task: BuildTask) -> None:
    world.proxy.twists.append(the_first(ATTEMPTS, "StartBuild", None))
    task.between_tries = lambda: world.codebuild.delete_project(name=world.project)


THROTTLES = "AWS throttles {} for .*; if that does not pass, look less often"
NO_RIGHT = "the connection may not call {} for .*; give its role that right"
EXPIRED = "the connection's credentials had expired at {} for .* write new ones into the connection"
NO_PROJECT = "project project-.* does not exist in this account and region; create it"
UNKNOWN = "is HIBERNATED .a status that this version does not know; look at the build in the console"
NOT_FOUND = "CodeBuild does not know build project-"
NO_ANSWER = "start_build for project .* did not get through"

BAD_DAYS = [
    # what AWS does | how the task ends | in which try | with how many builds | what a person reads
    ("nothing", with_(), SUCCESS, 1, 1, ""),
    ("throttles half of all calls", with_(lambda: of_ten_calls(5, THROTTLED)), SUCCESS, 1, 1, ""),
    ("breaks at a tenth of all calls", with_(lambda: of_ten_calls(1, BROKEN)), SUCCESS, 1, 1, ""),
    (
        "throttles every look for a while",
        with_(lambda: the_first(ATTEMPTS, "BatchGetBuilds", THROTTLED)),
        *(SUCCESS, 1, 1, THROTTLES.format("batch_get_builds") + ".* The build goes on; looking again"),
    ),
    (
        "throttles every start for a while",
        with_(lambda: the_first(ATTEMPTS, "StartBuild", THROTTLED)),
        *(SUCCESS, 2, 1, THROTTLES.format("start_build")),
    ),
    (
        "breaks at every start for a while",
        with_(lambda: the_first(ATTEMPTS, "StartBuild", BROKEN)),
        *(SUCCESS, 2, 1, "AWS could not do start_build for project .* InternalFailure"),
    ),
    ("resets after it took a start", with_(lambda: the_first(1, "StartBuild", None)), SUCCESS, 1, 1, ""),
    (
        "resets after it took a start, at each attempt",
        with_(lambda: the_first(ATTEMPTS, "StartBuild", None)),
        *(SUCCESS, 2, 1, NO_ANSWER),
    ),
    (
        "resets after it took a start, at each attempt, and the list lags",
        with_(lambda: the_first(ATTEMPTS, "StartBuild", None), LateList),
        *(SUCCESS, 2, 1, NO_ANSWER),
    ),
    ("lets the keys expire before the start", keys_expire_before_the_start, SUCCESS, 2, 1, EXPIRED),
    ("lets the keys expire while it builds", keys_expire_while_it_builds, SUCCESS, 1, 1, EXPIRED),
    ("denies the start", with_(lambda: denied("StartBuild")), FAILED, 1, 0, NO_RIGHT.format("start_build")),
    (
        "denies the list",
        with_(lambda: denied("ListBuildsForProject")),
        *(FAILED, 1, 0, NO_RIGHT.format("list_builds_for_project")),
    ),
    (
        "denies the looks",
        with_(lambda: denied("BatchGetBuilds")),
        *(FAILED, 1, 1, NO_RIGHT.format("batch_get_builds")),
    ),
    (
        "denies the log",
        with_(lambda: denied("GetLogEvents")),
        *(SUCCESS, 1, 1, "the log /aws/codebuild/.* cannot be read now: .*AccessDenied"),
    ),
    ("has no such project", deleted_before_the_start, FAILED, 1, 0, NO_PROJECT),
    ("has the project deleted while it builds", deleted_while_it_builds, SUCCESS, 1, 1, ""),
    (
        "has the project deleted after the answer to a start was lost",
        deleted_when_its_start_was_lost,
        *(FAILED, 2, 1, NO_PROJECT),
    ),
    ("tells a new status while it builds", with_(lambda: unknown_status(LOOKS - 1)), SUCCESS, 1, 1, ""),
    ("tells a new status at the end", with_(lambda: unknown_status(LOOKS + 1)), SUCCESS, 2, 1, UNKNOWN),
    ("tells a new status for ever", with_(lambda: unknown_status(ALWAYS)), ERRORED, RETRIES + 1, 1, UNKNOWN),
    ("does not find the build for a while", with_(lambda: builds_not_found(2)), SUCCESS, 1, 1, NOT_FOUND),
    (
        "does not find the build for ever",
        with_(lambda: builds_not_found(ALWAYS)),
        *(ERRORED, RETRIES + 1, 1, NOT_FOUND + ".* which this step started; if it was deleted"),
    ),
]


@pytest.mark.parametrize("deferrable", [True, False], ids=["deferrable", "blocking"])
@pytest.mark.parametrize(
    ("arrange", "state", "tries", "builds", "says"), [pytest.param(*day[1:], id=day[0]) for day in BAD_DAYS]
)
def test_what_aws_does_on_a_bad_day(
    world: World,
    deferrable: bool,
    arrange: Arrange,
    state: State,
    tries: int,
    builds: int,
    says: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    task = world.task(deferrable=deferrable)
    arrange(world, task)
    end = task.run()
    assert (end.state, end.tries) == (state, tries), end.sentences
    assert len(world.builds()) == builds
    assert re.search(says.replace("{}", ".*"), capsys.readouterr().out + "\n".join(end.sentences))
    calls = world.proxy.counted()
    assert calls.total() <= 3 * UNDISTURBED.total(), calls
    assert world.proxy.asked("StartBuild") <= tries


@pytest.mark.parametrize("deferrable", [True, False], ids=["deferrable", "blocking"])
def test_the_undisturbed_run_is_what_the_others_are_measured_by(world: World, deferrable: bool) -> None:
    world.task(deferrable=deferrable).run()
    calls = world.proxy.counted()
    assert calls - Counter(GetLogEvents=calls["GetLogEvents"]) == UNDISTURBED - Counter(GetLogEvents=LOOKS)
    # A log that has grown takes one call more at the end, to see that nothing follows.
    assert LOOKS - 1 <= calls["GetLogEvents"] <= LOOKS + 1


def test_botocore_tries_five_times_because_airflow_configures_nothing_else(world: World) -> None:
    """What docs/waiting-for-builds.md assumes; another default would move all figures there."""
    world.proxy.twists.append(the_first(ALWAYS, "StartBuild", BROKEN))
    with pytest.raises(ErroredError, match="could not do start_build"):
        world.task().operator().execute(world.task().context(1))
    assert world.proxy.counted()["StartBuild"] == ATTEMPTS


def test_a_lost_start_is_found_behind_more_than_a_hundred_later_builds(world: World) -> None:
    """The list has pages of a hundred, newest first, and the build is on the last."""
    task = world.task()
    world.proxy.twists.append(the_first(ATTEMPTS, "StartBuild", None))
    task.between_tries = lambda: world.build_elsewhere(101)
    end = task.run()
    own = [one for one in world.builds() if one == end.result["build_id"]]
    assert (end.state, end.tries, len(own)) == (SUCCESS, 2, 1)
    assert world.proxy.asked("StartBuild") == 1, "it was started again, not found"
    assert world.proxy.asked("ListBuildsForProject") == 3, "the second page was not read"
    assert world.proxy.counted().total() <= 3 * UNDISTURBED.total()


def test_six_builds_at_once_while_half_is_throttled_and_a_tenth_breaks(world: World) -> None:
    """Six in ten requests get no answer worth having; the builds share what looks there are."""
    undisturbed = six_builds(world, "calm")
    world.proxy.twists.append(of_ten_calls(5, THROTTLED, 1, BROKEN))
    disturbed = six_builds(world, "bad-day")
    assert len(world.builds()) == 12
    assert disturbed.total() <= 3 * undisturbed.total(), disturbed


def six_builds(world: World, name: str) -> Counter[str]:
    """Build for six regions at once; return the calls."""
    world.may_end.unlink(missing_ok=True)
    world.proxy.calls.clear()
    world.last_look = 1000
    tasks = [world.task(name=f"{name}-{number}", region=f"r-{number}") for number in range(6)]
    deferrals = [task.until_deferred() for task in tasks]
    world.last_look = world.proxy.asked("BatchGetBuilds") + LOOKS
    for task, event in zip(tasks, events_of(deferrals), strict=True):
        assert task.resumed(event).state is SUCCESS
    return world.proxy.counted()
