"""A whole rehearsal on this machine: the sandbox, seeded, and Airflow's four components.

`make demo` and the e2e tests both use it:

    with Stack(tmp_path, dags_folder=CHECKOUT / "dags") as stack, stack.api("tester") as airflow:
        run = airflow.trigger("weekly_release")
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import psutil

from rehearsal.airflow_api import AirflowApi, AirflowApiError
from rehearsal.airflow_database import AirflowDatabase, Sqlite
from rehearsal.airflow_settings import AirflowSettings, User, clean_environment, users_of_a_rehearsal
from rehearsal.errors import RehearsalError
from rehearsal.ports import LOOPBACK, Ports
from rehearsal.supervision import CHECKOUT, Component, Supervision, cpu_seconds, in_sessions
from rehearsal.timings import Timings

AIRFLOW_COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")
SECONDS_TO_START = 180.0
POLL_SECONDS = 0.2
CACHE = CHECKOUT / ".run" / "cache"

# Given the sandbox's address, fill it and return the Airflow connections that lead there, by their id.
Seed = Callable[[str], Mapping[str, str]]


class Stack:
    """Context manager: everything runs and is healthy inside, nothing is left outside.

    `directory` takes all files, logs too, and is the caller's to remove. Without a `seed` there is no
    sandbox, only Airflow; without a `database`, Airflow keeps its state in a file. A component that dies is
    started again, up to `restarts` times. `tell` hears, in sentences, of what a person should know."""

    def __init__(  # noqa: PLR0913 - keywords, each one thing that rehearsals may differ in
        self,
        directory: Path,
        *,
        dags_folder: Path,
        seed: Seed | None = None,
        ports: Ports | None = None,
        environment: Mapping[str, str] | None = None,
        database: AirflowDatabase | None = None,
        restarts: int = 3,
        tell: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.directory = directory
        self.ports = ports or Ports.choose()
        self.users: Mapping[str, User] = users_of_a_rehearsal()
        self.connections: Mapping[str, str] = {}
        self.timings = Timings()
        self.cpu_seconds: Mapping[str, float] = {}
        """How much processor time each component took; known when all has stopped."""
        home = directory / "airflow"
        self._database = database or Sqlite(home / "airflow.db", cache=CACHE)
        self.settings = AirflowSettings(
            home=home,
            dags_folder=dags_folder,
            ports=self.ports,
            users=self.users,
            database_url=self._database.url,
        )
        self._restarts = restarts
        self._seed = seed
        self._extra_environment = dict(environment or {})
        self._supervision = Supervision(logs=self.logs, tell=tell)
        self._exits = ExitStack()

    @property
    def url(self) -> str:
        """Airflow's UI and API."""
        return self.settings.url

    @property
    def sandbox_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.sandbox}"

    @property
    def sandbox_state(self) -> Path:
        """The sandbox's files, its git repositories among them."""
        return self.directory / "sandbox"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this rehearsal, the supervisor apart."""
        return in_sessions(self._supervision.sessions)

    @property
    def environment(self) -> dict[str, str]:
        """What Airflow's components run with; with it, `airflow` commands see the same Airflow."""
        connections = {f"AIRFLOW_CONN_{name.upper()}": value for name, value in self.connections.items()}
        return {
            **self.settings.environment(),
            **connections,
            **self._extra_environment,
        }

    def api(self, user: str = "admin") -> AirflowApi:
        """Return a logged-in session of one of the rehearsal's users."""
        api = AirflowApi(self.url, user=user, password=self.users[user].password)
        api.login()
        return api

    def start_component(
        self, command: str, *, name: str = "", environment: Mapping[str, str] | None = None
    ) -> None:
        """Start one of Airflow's components; with a name of its own, beside the one that there is."""
        self._supervision.start(
            Component(
                name or command,
                [sys.executable, "-P", "-m", "airflow", command],
                {**self.environment, **(environment or {})},
                directory=self.settings.home,
                restarts=self._restarts,
            )
        )

    def component(self, name: str) -> psutil.Process | None:
        """Return a component's process, if it runs now."""
        return self._supervision.process(name)

    def check(self) -> None:
        """Raise if a component is gone for good."""
        self._supervision.check()

    def __enter__(self) -> Self:
        with self._exits as undo:
            undo.enter_context(self._database)
            undo.enter_context(self._supervision)
            self._start()
            # Started: from here on it is __exit__ that stops everything.
            self._exits = undo.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cpu_seconds = cpu_seconds(self._supervision.sessions)
        with self.timings.step("stop everything"):
            self._exits.close()

    def _start(self) -> None:
        self._write_files()
        migrated = self._database.in_preparation(
            self.settings.environment(), self._supervision.log("database")
        )
        with self.timings.step("sandbox, sample platform and database"), migrated:
            if self._seed is not None:
                self._prepare_platform(self._seed)
        for name in AIRFLOW_COMPONENTS:
            self.start_component(name)
        with self.timings.step("Airflow healthy"):
            self._wait(self._airflow_is_healthy, what="Airflow")
        with self.timings.step("first call of a task's API"):
            self._warm_up()

    def _write_files(self) -> None:
        home = self.settings.home
        (home / "plugins").mkdir(parents=True, exist_ok=True)
        self.settings.passwords_file.touch(mode=0o600)
        passwords = {user.name: user.password for user in self.users.values()}
        self.settings.passwords_file.write_text(json.dumps(passwords) + "\n")

    def _prepare_platform(self, seed: Seed) -> None:
        with self.timings.step("sandbox answers"):
            self._supervision.start(self._sandbox())
            self._wait(self._sandbox_is_healthy, what="The sandbox")
        with self.timings.step("sample platform seeded"):
            self.connections = dict(seed(self.sandbox_url))

    def _sandbox(self) -> Component:
        binaries = [Path(sys.executable).parent, CHECKOUT / "node_modules" / ".bin"]
        return Component(
            "sandbox",
            [
                *(sys.executable, "-m", "sandbox", "--iam", "--port", str(self.ports.sandbox)),
                *("--state", str(self.sandbox_state)),
                *(part for path in binaries for part in ("--path", str(path))),
            ],
            clean_environment(),
            # Its state lives as long as its process: another one would know nothing of this release.
            restarts=0,
        )

    def _wait(self, is_ready: Callable[[], bool], *, what: str) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise RehearsalError(
                    f"{what} did not answer within {SECONDS_TO_START:.0f} s; its logs are in {self.logs}"
                )
            time.sleep(POLL_SECONDS)

    def _sandbox_is_healthy(self) -> bool:
        try:
            return httpx.get(f"{self.sandbox_url}/_sandbox/health", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _airflow_is_healthy(self) -> bool:
        try:
            with AirflowApi(self.url, user="admin", password=self.users["admin"].password) as api:
                return all(status == "healthy" for status in api.health().values())
        except (httpx.TransportError, AirflowApiError):
            return False

    def _warm_up(self) -> None:
        # The API that tasks speak to is put together at the first request, for seconds; the first task
        # would wait for it while the scheduler thinks that it runs.
        httpx.get(f"{self.url}/execution/health", trust_env=False, timeout=SECONDS_TO_START)
