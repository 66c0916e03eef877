"""From when to when each service soaked, as its soak told while the release was on its way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from rehearsal.airflow_api import AirflowApi
from rehearsal.deeds import DAG
from rehearsal.progress import Task
from release_ops.plan.steps import StepKind


@dataclass(frozen=True)
class Soak:
    """From when to when a service soaked, as its task says."""

    deployed_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        return self.ends_at - self.deployed_at

    @classmethod
    def read(cls, xcom: Mapping[str, Any]) -> Self:
        return cls(
            datetime.fromisoformat(str(xcom["deployed_at"])), datetime.fromisoformat(str(xcom["ends_at"]))
        )


@dataclass
class Soaks:
    """What each service's soak says of itself; it says it again after a clear."""

    told: dict[str, list[Soak]] = field(default_factory=dict)
    _states: dict[str, str | None] = field(default_factory=dict)

    def learn(self, airflow: AirflowApi, run_id: str, service: str, tasks: Mapping[str, Task]) -> None:
        """Ask when the soak's task begins to wait and when it is over, and only then."""
        task_id = f"{service}.{StepKind.SOAK}"
        state = tasks[task_id].state if task_id in tasks else None
        if state == self._states.get(service):
            return
        found = airflow.xcom(DAG, run_id, task_id, key="soak") if state in ("deferred", "success") else None
        soaks = self.told.setdefault(service, [])
        if found and (soak := Soak.read(found)) not in soaks:
            soaks.append(soak)
        self._states[service] = state
