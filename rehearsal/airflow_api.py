"""What a person does in Airflow's UI, over its public REST API."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

import httpx

from rehearsal.errors import RehearsalError

RETRIES = 3
PAGE = 100  # [api] maximum_page_limit: asking for more returns no more
SECONDS_TO_ANSWER = 30.0
RUN_IS_OVER = frozenset({"success", "failed"})


class AirflowApiError(RehearsalError):
    """Airflow refused a request; `status` says how."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Whether asking again would bring the same answer."""
        return self.status < httpx.codes.INTERNAL_SERVER_ERROR


class AirflowApi:
    """One user's session with one API server."""

    def __init__(
        self, base_url: str, *, user: str, password: str, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.base_url = base_url
        self._credentials = {"username": user, "password": password}
        # Never through a proxy of the machine: the server is on this one.
        self._http = httpx.Client(
            base_url=base_url, timeout=SECONDS_TO_ANSWER, trust_env=False, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def login(self) -> None:
        """Take a token for all that follows; it holds for a day."""
        response = self._http.post("/auth/token", json=self._credentials)
        token = self._checked(response)["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def health(self) -> dict[str, str | None]:
        """Return each component's status, by its name."""
        components = self._get("/monitor/health")
        return {name: component["status"] for name, component in components.items()}

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        """Return the DAG, or None as long as the DAG processor has not brought it in."""
        try:
            return self._get(f"/dags/{dag_id}")
        except AirflowApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def import_errors(self) -> dict[str, str]:
        """Return the trace of each DAG file that could not be read, by its path."""
        errors = self._get("/importErrors", limit=PAGE)["import_errors"]
        return {error["filename"]: error["stack_trace"] for error in errors}

    def unpause(self, dag_id: str) -> None:
        self._send("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def trigger(
        self, dag_id: str, *, conf: Mapping[str, Any] | None = None, run_id: str | None = None
    ) -> dict[str, Any]:
        body: dict[str, Any] = {"logical_date": None, "conf": dict(conf or {})}
        if run_id is not None:
            body["dag_run_id"] = run_id
        return self._send("POST", f"/dags/{dag_id}/dagRuns", body)

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        return self._get(run_path(dag_id, run_id))

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return self._pages(f"/dags/{dag_id}/dagRuns", "dag_runs", order_by="id")

    def wait_for_run(self, dag_id: str, run_id: str, *, seconds: float) -> dict[str, Any]:
        """Return the run when it is over; raise TimeoutError if it is not in time."""
        deadline = time.monotonic() + seconds
        while (run := self.run(dag_id, run_id))["state"] not in RUN_IS_OVER:
            if time.monotonic() >= deadline:
                raise TimeoutError(f"{dag_id} {run_id} is still {run['state']} after {seconds:.0f} s")
            time.sleep(0.5)
        return run

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        # Without an order, pages of a run that moves on overlap and leave tasks out.
        return self._pages(f"{run_path(dag_id, run_id)}/taskInstances", "task_instances", order_by="id")

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        return {task["task_id"]: task["state"] for task in self.task_instances(dag_id, run_id)}

    def mark(
        self,
        dag_id: str,
        run_id: str,
        task_id: str,
        *,
        state: Literal["success", "failed", "skipped"],
        note: str | None = None,
    ) -> None:
        """Set a task's state by hand, as the UI's *Mark as* does, with the note typed into its dialog."""
        body = {"new_state": state} if note is None else {"new_state": state, "note": note}
        self._send("PATCH", f"{run_path(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}", body)

    def clear(
        self, dag_id: str, run_id: str, task_ids: Sequence[str], *, downstream: bool = True
    ) -> list[str]:
        """Clear tasks, whatever their state; return the ids of all that will run again."""
        body = {
            "dag_run_id": run_id,
            "task_ids": list(task_ids),
            "include_downstream": downstream,
            "dry_run": False,
            # Its default is True, and clears nothing that succeeded, runs or is deferred.
            "only_failed": False,
            "reset_dag_runs": True,
        }
        cleared = self._send("POST", f"/dags/{dag_id}/clearTaskInstances", body)
        return [task["task_id"] for task in cleared["task_instances"]]

    def xcom(self, dag_id: str, run_id: str, task_id: str, *, key: str = "return_value") -> Any:
        """Return what a task left under a key, or None if it left nothing."""
        path = f"{run_path(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}/xcomEntries/{key}"
        try:
            return self._get(path, deserialize=True)["value"]
        except AirflowApiError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def log(self, dag_id: str, run_id: str, task_id: str, *, try_number: int) -> str:
        """Return one try's log as text, one event a line."""
        path = f"{run_path(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}/logs/{try_number}"
        content = self._get(path, full_content=True)["content"]
        return "\n".join(event["event"] if isinstance(event, dict) else str(event) for event in content)

    def links(self, dag_id: str, run_id: str, task_id: str) -> dict[str, str | None]:
        """Return where a task's page leads to, by the names of its buttons."""
        path = f"{run_path(dag_id, run_id)}/taskInstances/{quote(task_id, safe='')}/links"
        found: dict[str, str | None] = self._get(path)["extra_links"]
        return found

    def event_logs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return who did what to the DAG by hand, oldest first."""
        return self._pages("/eventLogs", "event_logs", dag_id=dag_id)

    def _get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._checked(self._http.get(f"/api/v2{path}", params=query))

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        for _ in range(RETRIES):
            response = self._http.request(method, f"/api/v2{path}", json=body)
            if not _was_rolled_back(response):
                break
            time.sleep(1)
        return self._checked(response)

    def _pages(self, path: str, key: str, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._get(path, limit=PAGE, offset=len(found), **query)
            found += page[key]
            if not page[key] or len(found) >= page["total_entries"]:
                return found

    def _checked(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_success:
            return response.json() if response.content else {}
        request = response.request
        raise AirflowApiError(
            f"Airflow answered {response.status_code} to {request.method} {request.url.path}: "
            f"{response.text[:500]}",
            status=response.status_code,
        )


def _was_rolled_back(response: httpx.Response) -> bool:
    """Whether SQLite's one lock was held for too long: nothing was changed, and the next try may do."""
    return response.status_code == httpx.codes.INTERNAL_SERVER_ERROR and "Database error" in response.text


def run_path(dag_id: str, run_id: str) -> str:
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
