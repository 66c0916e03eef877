"""What became of a service, in words that say which clear to make."""

from datetime import UTC, datetime

import pytest

from release_ops.domain.outcome import ServiceEnd, TaskEnd, decide_outcome, verdict_state
from release_ops.domain.records import HELD, LEFT_OUT, PROMOTED, Outcome

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
STAGED = TaskEnd("orders.staging.eu-west-1.smoke", "success", is_recorded_good=True)
GATE = TaskEnd("orders.promotion_gate", "success", is_recorded_good=True)
BUILT = TaskEnd("orders.production.eu-west-1.build", "success", is_recorded_good=True)


def end(*tasks: TaskEnd, blockers: tuple[str, ...] = (), left_out: bool = False) -> ServiceEnd:
    return ServiceEnd("orders", "c0ffee", left_out, tasks, ("orders.production.eu-west-1.build",), blockers)


def test_promoted_when_every_production_step_is_on_record() -> None:
    outcome = decide_outcome(end(STAGED, GATE, BUILT), now=NOW)
    assert (outcome.result, outcome.commit, outcome.reasons) == (PROMOTED, "c0ffee", ())


@pytest.mark.parametrize(
    ("tasks", "reason"),
    [
        pytest.param(
            (
                TaskEnd(STAGED.task_id, "failed", is_recorded_good=True),
                TaskEnd(BUILT.task_id, "upstream_failed"),
            ),
            "orders.staging.eu-west-1.smoke was marked failed by a person; "
            "clear orders.staging.eu-west-1.smoke with downstream to try again",
            id="a veto",
        ),
        pytest.param(
            (
                TaskEnd(STAGED.task_id, "failed", "status 500, not 200"),
                TaskEnd(BUILT.task_id, "upstream_failed"),
            ),
            "orders.staging.eu-west-1.smoke failed: status 500, not 200; "
            "clear orders.staging.eu-west-1.smoke with downstream to try again",
            id="a red check",
        ),
        pytest.param(
            (STAGED, TaskEnd(BUILT.task_id, "success")),
            "orders.production.eu-west-1.build is success; clear it with downstream",
            id="a production build that was only marked successful",
        ),
        pytest.param(
            (STAGED, TaskEnd(GATE.task_id, "upstream_failed"), TaskEnd(BUILT.task_id, "upstream_failed")),
            "orders.promotion_gate is upstream_failed; clear it with downstream",
            id="only the check was cleared, so the gate hangs",
        ),
        pytest.param((), "no production step ran", id="nothing is known"),
    ],
)
def test_held_says_why_and_what_to_clear(tasks: tuple[TaskEnd, ...], reason: str) -> None:
    outcome = decide_outcome(end(*tasks), now=NOW)
    assert outcome.result == HELD
    assert outcome.reasons == (reason,)


def test_the_clear_to_make_is_named_once_and_is_that_of_the_cause() -> None:
    cause = "ledger, which orders depends on, is held: its soak is failed; clear ledger.soak"
    outcome = decide_outcome(end(TaskEnd(GATE.task_id, "failed", cause)), now=NOW)
    assert outcome.reasons == (f"orders.promotion_gate failed: {cause}",)


def test_the_gates_own_words_are_told_once() -> None:
    gate = TaskEnd(GATE.task_id, "failed", "invoices waits for orders")
    outcome = decide_outcome(end(gate, blockers=("invoices waits for orders",)), now=NOW)
    assert len(outcome.reasons) == 1


def test_a_service_that_was_left_out_is_neither() -> None:
    assert decide_outcome(end(left_out=True), now=NOW).result == LEFT_OUT


@pytest.mark.parametrize(
    ("results", "state"),
    [
        ({"a": PROMOTED, "b": PROMOTED}, "success"),
        ({"a": PROMOTED, "b": LEFT_OUT}, "success"),
        ({"a": PROMOTED, "b": HELD}, "failed"),
        ({"a": PROMOTED}, "failed"),
        ({}, "failed"),
    ],
)
def test_the_release_is_red_unless_every_service_has_a_good_outcome(
    results: dict[str, str], state: str
) -> None:
    outcomes = {name: Outcome(name, result, "c", NOW) for name, result in results.items()}
    assert verdict_state(outcomes, ["a", "b"]) == state


def test_a_release_without_a_manifest_is_red() -> None:
    assert verdict_state({}, []) == "failed"
