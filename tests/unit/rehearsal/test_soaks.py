"""When a soak is asked from when to when it lasts: each time that it may say something new."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from rehearsal.progress import Task
from rehearsal.soaks import Soak, Soaks

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Airflow:
    """One soak's XCom, as a task of that moment has left it."""

    deployed_at: datetime | None = None
    asked: int = 0

    def xcom(self, dag_id: str, run_id: str, task_id: str, *, key: str) -> dict[str, str] | None:
        assert (dag_id, run_id, task_id, key) == ("weekly_release", "r", "orders.soak", "soak")
        self.asked += 1
        if self.deployed_at is None:
            return None
        return {
            "deployed_at": self.deployed_at.isoformat(),
            "ends_at": (self.deployed_at + MINUTE).isoformat(),
        }


@pytest.mark.parametrize(
    ("looks", "told", "asked"),
    [
        pytest.param([("running", None)], [], 0, id="it has said nothing yet"),
        pytest.param([("deferred", 0)] * 3, [0], 1, id="asked once while it waits"),
        pytest.param([("deferred", 0), ("success", 0)], [0], 2, id="it says the same at its end"),
        pytest.param(
            [("deferred", 0), (None, None), ("deferred", 90), ("success", 90)],
            [0, 90],
            3,
            id="cleared: it soaks anew",
        ),
        pytest.param([("success", 0)], [0], 1, id="over before anybody looked"),
        pytest.param([("deferred", None), ("success", 0)], [0], 2, id="its words came late"),
    ],
)
def test_a_soak_is_noted_whenever_it_begins(
    looks: list[tuple[str | None, int | None]], told: list[int], asked: int
) -> None:
    airflow, soaks = Airflow(), Soaks()
    for state, seconds in looks:
        airflow.deployed_at = None if seconds is None else NOON + timedelta(seconds=seconds)
        soaks.learn(airflow, "r", "orders", {"orders.soak": Task(state)})
    begun = [NOON + timedelta(seconds=seconds) for seconds in told]
    assert soaks.told["orders"] == [Soak(at, at + MINUTE) for at in begun]
    assert airflow.asked == asked
