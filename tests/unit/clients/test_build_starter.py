"""Exactly one build per key, whichever instruction a task dies at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from fake_codebuild import START, FakeCodeBuild, error

from release_ops.clients.build_starter import Begun, Behind, BuildLostError, BuildStarter, Step
from release_ops.clients.codebuild import CodeBuildClient, CodeBuildErroredError, CodeBuildRefusedError
from release_ops.domain.build import BuildRequest
from release_ops.domain.errors import FailedError
from release_ops.domain.intent import BuildIntent
from release_ops.domain.records import BuildResult, BuildStop

COMMIT = "c0ffee" + "0" * 34


class Killed(BaseException):
    """The process is gone: nothing after this instruction ran."""


@dataclass
class Records:
    """A ledger in memory; dies before or after the write that the test names."""

    intents: list[BuildIntent] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    results: dict[str, BuildResult] = field(default_factory=dict)
    stops: dict[str, BuildStop] = field(default_factory=dict)
    dies: str = ""
    after_intent: Callable[[], None] = lambda: None

    def intent(self) -> BuildIntent | None:
        return self.intents[-1] if self.intents else None

    def write_intent(self, intent: BuildIntent) -> BuildIntent:
        self._die("before intent")
        stored = next((i for i in self.intents if i.generation == intent.generation), None)
        if stored is None:
            self.intents.append(intent)
        self._die("after intent")
        self.after_intent()
        return stored or intent

    def build_id(self, intent: BuildIntent) -> str | None:
        return self.ids.get(intent.key)

    def write_build_id(self, intent: BuildIntent, build_id: str) -> str:
        self._die("before id")
        self.ids.setdefault(intent.key, build_id)
        self._die("after id")
        return self.ids[intent.key]

    def result(self, intent: BuildIntent) -> BuildResult | None:
        return self.results.get(intent.key)

    def write_result(self, intent: BuildIntent, result: BuildResult) -> BuildResult:
        return self.results.setdefault(intent.key, result)

    def write_stop(self, intent: BuildIntent, stop: BuildStop) -> BuildStop:
        return self.stops.setdefault(intent.key, stop)

    def clears_while_running(self) -> int:
        return 0

    def write_clear_while_running(self, try_number: int) -> int:
        return try_number

    def _die(self, where: str) -> None:
        if self.dies == where:
            self.dies = ""
            raise Killed(where)


@dataclass
class Bench:
    """A step, its ledger and its CodeBuild."""

    aws: FakeCodeBuild = field(default_factory=FakeCodeBuild)
    records: Records = field(default_factory=Records)
    clears: int = 3
    keeps_success: bool = False
    may_stop: bool = True
    asked: list[str] = field(default_factory=list)
    refuses: bool = False
    timeout: timedelta = timedelta(hours=1)

    def run(self) -> Begun | Behind:
        return BuildStarter(CodeBuildClient(self.aws), self.records, lambda: self.aws.now).ensure(
            Step(
                key="key-{}".format,
                request=lambda: BuildRequest(
                    "orders-staging", COMMIT, {"RELEASE_REGION": "eu-west-1"}, timeout=self.timeout
                ),
                clears=self.clears,
                keeps_success=self.keeps_success,
                before_start=self._ask,
                may_stop=self.may_stop,
            )
        )

    def begun(self) -> Begun:
        progress = self.run()
        assert isinstance(progress, Begun)
        return progress

    def started(self) -> int:
        return len(self.aws.builds)

    def _ask(self, intent: BuildIntent) -> None:
        self.asked.append(intent.key)
        if self.refuses:
            raise FailedError("vetoed")


def test_a_first_try_starts_one_build_of_the_commit_with_the_marker() -> None:
    bench = Bench()
    begun = bench.begun()
    assert begun.build.key == "key-1"
    assert begun.build.commit == COMMIT
    assert bench.started() == 1


@pytest.mark.parametrize(
    "gap", [timedelta(seconds=10), timedelta(seconds=400)], ids=["token valid", "token gone"]
)
@pytest.mark.parametrize("dies", ["before intent", "after intent", "before id", "after id"])
def test_one_build_whichever_write_the_task_dies_at(dies: str, gap: timedelta) -> None:
    bench = Bench(records=Records(dies=dies))
    with pytest.raises(Killed):
        bench.run()
    bench.aws.now += gap
    begun = bench.begun()
    assert bench.started() == 1
    assert bench.records.ids == {"key-1": begun.build.id}


def test_a_retry_takes_the_build_that_runs_and_the_one_that_is_over() -> None:
    bench = Bench()
    first = bench.begun().build
    assert bench.begun().build.id == first.id
    bench.aws.end(first.id, "FAILED")
    assert bench.begun().build.status == "FAILED"
    assert bench.started() == 1


def test_the_lookup_pages_back_to_the_intent_and_survives_a_hundred_others() -> None:
    bench = Bench(records=Records(dies="before id"), aws=FakeCodeBuild(page=20))
    with pytest.raises(Killed):
        bench.run()
    bench.aws.end("orders-staging:1", "SUCCEEDED")
    for other in range(60):
        CodeBuildClient(bench.aws).start(
            BuildRequest("orders-staging", COMMIT),
            key=f"x{other}",
        )
        bench.aws.end(f"orders-staging:{other + 2}", "SUCCEEDED")
    bench.aws.now += timedelta(minutes=9)
    assert bench.begun().build.id == "orders-staging:1"


def test_time_outs_that_are_edited_between_two_tries_change_nothing_under_the_same_key() -> None:
    """CodeBuild refuses an idempotency token that comes with other parameters."""
    bench = Bench(records=Records(dies="before id"), aws=FakeCodeBuild(lag=timedelta(seconds=30)))
    with pytest.raises(Killed):
        bench.run()
    bench.timeout = timedelta(minutes=7)
    assert bench.begun().build.id == "orders-staging:1"
    assert bench.started() == 1


@pytest.mark.parametrize("operation", ["ListBuildsForProject", "BatchGetBuilds"])
def test_an_uncertain_lookup_never_ends_in_a_start(operation: str) -> None:
    bench = Bench(records=Records(dies="after intent"))
    with pytest.raises(Killed):
        bench.run()
    bench.aws.start_build(
        projectName="orders-staging", sourceVersion="x", idempotencyToken="y", environmentVariablesOverride=[]
    )
    bench.aws.raises[operation] = error(operation, "ThrottlingException", "Rate exceeded")
    with pytest.raises(CodeBuildErroredError):
        bench.run()
    assert bench.started() == 1


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCEEDED", "FAILED"])
def test_records_that_were_lost_are_made_up_for_by_what_aws_knows(status: str) -> None:
    bench = Bench()
    first = bench.begun().build
    bench.aws.end(first.id, status)
    bench.records = Records()
    bench.aws.now += timedelta(minutes=30)
    assert bench.begun().build.id == first.id
    assert bench.records.ids == {"key-1": first.id}
    assert bench.started() == 1


def test_a_clear_stops_the_build_of_the_last_generation_and_builds_again() -> None:
    bench = Bench()
    first = bench.begun().build
    bench.clears = 5
    second = bench.begun().build
    assert second.key == "key-2"
    assert bench.aws.build(first.id)["buildStatus"] == "STOPPED"
    assert bench.records.stops["key-1"].build_id == first.id
    assert "was cleared" in bench.records.stops["key-1"].reason


@pytest.mark.parametrize("status", ["IN_PROGRESS", "SUCCEEDED"])
def test_a_clear_in_production_deploys_nothing_again(status: str) -> None:
    bench = Bench(keeps_success=True)
    first = bench.begun().build
    bench.aws.end(first.id, status)
    bench.clears = 5
    assert bench.begun().build.id == first.id
    assert bench.started() == 1


def test_a_clear_that_redeploys_waits_for_a_running_production_build_and_never_stops_it() -> None:
    bench = Bench(may_stop=False)
    first = bench.begun().build
    bench.clears = 5
    progress = bench.run()
    assert isinstance(progress, Behind)
    assert bench.aws.build(first.id)["buildStatus"] == "IN_PROGRESS"
    bench.aws.end(first.id, "SUCCEEDED")
    assert bench.begun().build.key == "key-2"


def test_a_clear_in_production_tries_a_failed_build_again() -> None:
    bench = Bench(keeps_success=True)
    bench.aws.end(bench.begun().build.id, "FAILED")
    bench.clears = 5
    assert bench.begun().build.key == "key-2"


def test_a_fault_of_the_machinery_is_tried_again_without_a_clear() -> None:
    bench = Bench()
    bench.aws.end(bench.begun().build.id, "FAULT")
    assert bench.begun().build.key == "key-2"


def test_nothing_starts_beside_somebody_elses_build_of_the_same_target() -> None:
    bench = Bench()
    other = bench.aws.start_build(
        projectName="orders-staging", sourceVersion="x", idempotencyToken="y", environmentVariablesOverride=[]
    )["build"]["id"]
    progress = bench.run()
    assert isinstance(progress, Behind)
    assert progress.build.id == other
    assert bench.records.intents == []
    bench.aws.end(other, "SUCCEEDED")
    assert bench.begun().build.key == "key-1"


def test_every_start_asks_first_and_a_refusal_leaves_nothing_behind() -> None:
    bench = Bench(refuses=True, keeps_success=True)
    with pytest.raises(FailedError, match="vetoed"):
        bench.run()
    assert bench.started() == 0
    assert bench.records.intents == []
    bench.refuses = False
    bench.begun()
    assert bench.asked == ["key-1", "key-1"]


def test_a_try_that_died_before_its_start_asks_again() -> None:
    bench = Bench(records=Records(dies="after intent"))
    with pytest.raises(Killed):
        bench.run()
    bench.refuses = True
    with pytest.raises(FailedError, match="vetoed"):
        bench.run()
    assert bench.started() == 0


def test_of_two_live_executors_of_one_try_the_later_ones_build_is_stopped() -> None:
    bench = Bench()
    bench.records.ids["key-1"] = bench.aws.start_build(
        projectName="orders-staging",
        sourceVersion=COMMIT,
        idempotencyToken="the other executor, whose token has expired",
        environmentVariablesOverride=[{"name": "RELEASE_REGION", "value": "us-east-1"}],
    )["build"]["id"]
    begun = bench.begun()
    assert begun.build.id == "orders-staging:1"
    assert bench.aws.build("orders-staging:2")["buildStatus"] == "STOPPED"


def test_of_two_live_executors_the_one_that_stood_still_stops_its_younger_build() -> None:
    """It stood between its intent and StartBuild until the token was gone; the other died before it saved."""
    bench = Bench()
    other = Bench(bench.aws, Records(bench.records.intents, bench.records.ids, dies="before id"))

    def stand_still() -> None:
        with pytest.raises(Killed):
            other.run()
        bench.aws.now += timedelta(seconds=400)

    bench.records.after_intent = stand_still
    assert bench.begun().build.id == "orders-staging:1"
    assert bench.aws.build("orders-staging:1")["buildStatus"] == "IN_PROGRESS"
    assert bench.aws.build("orders-staging:2")["buildStatus"] == "STOPPED"
    assert bench.records.ids == {"key-1": "orders-staging:1"}


def test_a_recorded_build_that_aws_forgot_is_lost_not_fine() -> None:
    bench = Bench()
    bench.begun()
    bench.aws.builds.clear()
    with pytest.raises(BuildLostError, match="does not know build"):
        bench.run()


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("ResourceNotFoundException", CodeBuildRefusedError, "project orders-staging does not exist"),
        ("AccessDeniedException", CodeBuildRefusedError, "may not call list_builds_for_project"),
        ("ThrottlingException", CodeBuildErroredError, "Rate exceeded"),
        ("AccountLimitExceededException", CodeBuildErroredError, "AccountLimitExceededException"),
        ("ExpiredTokenException", CodeBuildErroredError, "ExpiredToken"),
    ],
)
def test_what_aws_answers_is_failed_only_if_a_person_must_mend_it(code: str, kind: type, words: str) -> None:
    bench = Bench()
    bench.aws.raises["ListBuildsForProject"] = error("ListBuildsForProject", code, "Rate exceeded")
    with pytest.raises(kind, match=words):
        bench.run()


def test_the_records_of_a_frozen_intent_win_over_what_would_be_asked_today() -> None:
    bench = Bench(records=Records(dies="after intent"))
    with pytest.raises(Killed):
        bench.run()
    frozen = replace(bench.records.intents[0], request=BuildRequest("orders-staging", "f" * 40))
    bench.records.intents[0] = frozen
    assert bench.begun().build.commit == "f" * 40
    assert bench.aws.now == START
