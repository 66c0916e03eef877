"""One release, followed from the click on *Trigger* to what is live in production."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx
from rich.console import Console

from rehearsal.airflow_api import RUN_IS_OVER, AirflowApi, AirflowApiError
from rehearsal.deeds import DAG, Act, Deed, Scene, due
from rehearsal.display import display_for
from rehearsal.errors import RehearsalError
from rehearsal.expectations import Course, Verdict, surprises
from rehearsal.production import Live
from rehearsal.progress import ServiceProgress, Task, service_progress, tasks_by_id
from rehearsal.soaks import Soaks
from rehearsal.sources import Look, Sources
from rehearsal.stack import Stack
from rehearsal.stories import Story
from release_ops.config import Catalog
from release_ops.plan.service import ServicePlan, plan_release
from release_ops.plan.steps import PRODUCTION, RELEASE_VERDICT, outcome_task_id

POLL_SECONDS = 1.0
SECONDS_TO_FIND_THE_DAG = 120.0
LOG_LINES = 12


@dataclass(frozen=True)
class Happening:
    """Something that a person of the story did; before the release began there are no seconds."""

    seconds: float | None
    sentence: str


@dataclass(frozen=True)
class Ending:
    """How a rehearsed release ended, and whether that was what its story says."""

    verdict: Verdict
    run_state: str
    seconds: float
    live: list[Live]
    surprises: list[str]
    chronicle: list[Happening]

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "run_id": self.verdict.run_id,
            "state": self.run_state,
            "promoted": dict(self.verdict.promoted),
            "held": {service: list(reasons) for service, reasons in self.verdict.held.items()},
            "seconds": round(self.seconds, 1),
        }


@dataclass
class Demo:
    """A release of the sample platform in a running stack, with a story's people in it."""

    stack: Stack
    catalog: Catalog
    story: Story
    console: Console
    seconds_at_most: float
    scene: Scene = field(init=False)
    _plans: Mapping[str, ServicePlan] = field(init=False)
    _outcomes: dict[str, str] = field(default_factory=dict, init=False)
    _soaks: Soaks = field(default_factory=Soaks, init=False)
    _chronicle: list[Happening] = field(default_factory=list, init=False)
    _began: float | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._plans = plan_release(self.catalog)
        self.scene = Scene(self.stack, self.catalog)

    def play(self) -> Ending:
        """Trigger a release, do what the story's people do, and return how it ended."""
        sources = Sources(self.stack.sandbox_url, self.catalog)
        acts = list(self.story.acts)
        with self.stack.api() as airflow:
            with self.stack.timings.step("DAG found"):
                self._wait_for_dag(airflow)
            airflow.unpause(DAG)
            self._act(acts, {})
            before = sources.look()
            began = self._began = time.monotonic()
            run_id = self.scene.run_id = airflow.trigger(DAG, conf=self.story.conf)["dag_run_id"]
            self.tell(f"Release {run_id} is on its way: {self.story.summary}.")
            with self.stack.timings.step("release"):
                run_state = self._follow(airflow, acts, began)
            seconds = time.monotonic() - began
            verdict = self._verdict(airflow, run_id)
            with self.stack.timings.step("production asked"):
                after = sources.look()
            course = self._course(verdict, run_state, before, after)
            found = [*surprises(self.story.expected, course), *undone(acts)]
            if found:
                self._show_failed_tasks(airflow, run_id)
            live = self._since_when(airflow, run_id, after.live)
        return Ending(verdict, run_state, seconds, live, found, self._chronicle)

    def _course(self, verdict: Verdict, run_state: str, before: Look, after: Look) -> Course:
        return Course(
            self.catalog,
            self.story.time_scale,
            verdict,
            run_state,
            before,
            after,
            self._soaks.told,
            self.scene.commits,
        )

    def _wait_for_dag(self, airflow: AirflowApi) -> None:
        deadline = time.monotonic() + SECONDS_TO_FIND_THE_DAG
        while airflow.dag(DAG) is None:
            self.stack.check()
            errors = airflow.import_errors()
            if errors:
                raise RehearsalError("\n".join(f"{file}: {error}" for file, error in errors.items()))
            if time.monotonic() > deadline:
                raise RehearsalError(
                    f"Airflow did not find the DAG {DAG} within {SECONDS_TO_FIND_THE_DAG:.0f} s; "
                    f"see {self.stack.logs / 'dag-processor.log'}"
                )
            time.sleep(POLL_SECONDS / 4)

    def _follow(self, airflow: AirflowApi, acts: list[Act], began: float) -> str:
        is_silent = False
        with display_for(self.console) as display:
            while True:
                self.stack.check()
                elapsed = time.monotonic() - began
                try:
                    tasks, run_state = self._look(airflow, acts)
                except (httpx.TransportError, AirflowApiError) as error:
                    if isinstance(error, AirflowApiError) and error.is_refusal:
                        raise
                    # The API server is being started again; the release itself goes on.
                    if not is_silent:
                        self.tell(f"Airflow's API does not answer ({error}); asking until it does")
                    is_silent = True
                else:
                    is_silent = False
                    display.show(self._progress(tasks), self._outcomes, elapsed)
                    if run_state in RUN_IS_OVER:
                        return run_state
                if elapsed > self.seconds_at_most:
                    raise RehearsalError(
                        f"The release is not over after {elapsed:.0f} s; the logs are in {self.stack.logs}"
                    )
                time.sleep(POLL_SECONDS)

    def _look(self, airflow: AirflowApi, acts: list[Act]) -> tuple[dict[str, Task], str]:
        """Do what is due by now; return the tasks, and the run's state once its last task is over."""
        run_id = self.scene.run_id
        tasks = tasks_by_id(airflow.task_instances(DAG, run_id))
        self._learn_outcomes(airflow, run_id, tasks)
        for service in self._plans:
            self._soaks.learn(airflow, run_id, service, tasks)
        self._act(acts, {task_id: task.state for task_id, task in tasks.items()})
        verdict = tasks.get(RELEASE_VERDICT)
        return tasks, airflow.run(DAG, run_id)["state"] if verdict and verdict.is_over else ""

    def _progress(self, tasks: Mapping[str, Task]) -> list[ServiceProgress]:
        now = datetime.now(UTC)
        return [
            service_progress(
                plan, tasks, soak=self.catalog.services[name].soak / self.story.time_scale, now=now
            )
            for name, plan in self._plans.items()
        ]

    def _learn_outcomes(self, airflow: AirflowApi, run_id: str, tasks: Mapping[str, Task]) -> None:
        for service in self._plans:
            task_id = outcome_task_id(service)
            if task_id not in tasks or tasks[task_id].state != "success":
                self._outcomes.pop(service, None)
            elif service not in self._outcomes:
                outcome = airflow.xcom(DAG, run_id, task_id) or {}
                self._outcomes[service] = outcome.get("result", "")

    def _act(self, acts: list[Act], states: Mapping[str, str | None]) -> None:
        while act := due(acts, states):
            sentence = self.do(act.deed)
            seconds = None if self._began is None else time.monotonic() - self._began
            self._chronicle.append(Happening(seconds, sentence))
            self.tell(sentence)
            acts.remove(act)

    def do(self, deed: Deed) -> str:
        return deed.do(self.scene)

    def tell(self, sentence: str) -> None:
        self.console.print(sentence, soft_wrap=True)

    def _verdict(self, airflow: AirflowApi, run_id: str) -> Verdict:
        found = airflow.xcom(DAG, run_id, RELEASE_VERDICT, key="verdict")
        if found is None:
            self._show_failed_tasks(airflow, run_id)
            raise RehearsalError(
                f"{run_id} is over, but {RELEASE_VERDICT} left no verdict; see its log in the UI"
            )
        return Verdict(run_id, found["state"], found["promoted"], found["held"], found["left_out"])

    def _since_when(self, airflow: AirflowApi, run_id: str, live: Sequence[Live]) -> list[Live]:
        tasks = tasks_by_id(airflow.task_instances(DAG, run_id))
        found = []
        for each in live:
            # Google Play does not tell since when; the task that put it there does.
            since = each.since or last_change(self._plans[each.service], each.where, tasks)
            found.append(replace(each, since=since if each.commit else None))
        return found

    def _show_failed_tasks(self, airflow: AirflowApi, run_id: str) -> None:
        """Print the end of each failed task's log: when all is stopped, nobody can look it up in the UI."""
        for task in airflow.task_instances(DAG, run_id):
            if task["state"] == "failed" and task["task_id"] != RELEASE_VERDICT:
                log = airflow.log(DAG, run_id, task["task_id"], try_number=task["try_number"])
                self.tell(f"\n{task['task_id']} failed. The end of its log:")
                self.console.out("\n".join(log.splitlines()[-LOG_LINES:]))


def last_change(plan: ServicePlan, region: str, tasks: Mapping[str, Task]) -> datetime | None:
    """Return when the last step ended that changed a region of production."""
    changes = [step for step in plan.of(PRODUCTION) if step.region == region and step.changes_target]
    ends = [tasks[step.task_id].ended_at for step in changes if step.task_id in tasks]
    return max((end for end in ends if end), default=None)


def undone(acts: Sequence[Act]) -> list[str]:
    """Return a sentence for each act whose moment never came."""
    return [f"{act.when} was never seen, so this did not happen: {act.deed}" for act in acts]
