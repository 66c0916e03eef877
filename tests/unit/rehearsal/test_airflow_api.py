"""What is sent to Airflow's API, and what is made of its answers."""

import json
from collections.abc import Callable

import httpx
import pytest

from rehearsal.airflow_api import AirflowApi, AirflowApiError

RUN = "manual__2026-11-23T12:00:00+00:00"
IN_A_PATH = "manual__2026-11-23T12%3A00%3A00%2B00%3A00"


def api(answer: Callable[[httpx.Request], httpx.Response]) -> AirflowApi:
    transport = httpx.MockTransport(answer)
    return AirflowApi("http://airflow", user="tester", password="pw", transport=transport)


def test_a_token_is_taken_once_and_sent_with_all_that_follows() -> None:
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, request.headers.get("Authorization")))
        return httpx.Response(201, json={"access_token": "t1", "state": "success"})

    airflow = api(answer)
    airflow.login()
    airflow.run("weekly_release", RUN)
    assert [header for _, header in seen] == [None, "Bearer t1"]


def test_reads_page_after_page_in_one_order() -> None:
    ids = [f"task_{number}" for number in range(250)]

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        assert request.url.raw_path.startswith(f"/api/v2/dags/d/dagRuns/{IN_A_PATH}/taskInstances?".encode())
        assert query["order_by"] == "id"
        offset, limit = int(query["offset"]), min(int(query["limit"]), 100)
        page = [{"task_id": each, "state": None} for each in ids[offset : offset + limit]]
        return httpx.Response(200, json={"task_instances": page, "total_entries": len(ids)})

    assert list(api(answer).task_states("d", RUN)) == ids


def test_a_mark_carries_its_note() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.method == "PATCH"
        assert json.loads(request.content) == {"new_state": "failed", "note": "loses one"}
        return httpx.Response(200, json={})

    api(answer).mark("d", RUN, "orders.soak", state="failed", note="loses one")


def test_a_clear_takes_what_succeeded_too() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        assert (body["only_failed"], body["dry_run"], body["include_downstream"]) == (False, False, True)
        return httpx.Response(200, json={"task_instances": [{"task_id": "orders.cut"}]})

    assert api(answer).clear("d", RUN, ["orders.cut"]) == ["orders.cut"]


def test_what_is_not_there_yet_is_no_error() -> None:
    airflow = api(lambda request: httpx.Response(404, json={"detail": "not found"}))
    assert airflow.dag("weekly_release") is None
    assert airflow.xcom("d", RUN, "orders.outcome") is None


def test_a_refusal_says_what_was_asked() -> None:
    airflow = api(lambda request: httpx.Response(403, text="Forbidden"))
    with pytest.raises(AirflowApiError, match="403 to PATCH /api/v2/dags/d: Forbidden"):
        airflow.unpause("d")


@pytest.mark.parametrize(("locked", "asked"), [(2, 3), (9, 3)], ids=["for a moment", "for good"])
def test_what_sqlites_lock_rolled_back_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, locked: int, asked: int
) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if len(seen) <= locked:
            return httpx.Response(500, json={"detail": {"reason": "Database error"}})
        return httpx.Response(200, json={})

    monkeypatch.setattr("rehearsal.airflow_api.time.sleep", lambda seconds: None)
    if locked < asked:
        api(answer).mark("d", RUN, "t", state="failed")
    else:
        with pytest.raises(AirflowApiError, match="Database error"):
            api(answer).mark("d", RUN, "t", state="failed")
    assert seen == ["PATCH"] * asked
