"""Whose build is it? A retry finds it, a clear builds again, production keeps what it has."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from release_ops.domain.build import Build, BuildRequest, BuildStatus, build_key
from release_ops.domain.intent import BuildIntent, Generation, find_own, find_rival, which_generation

THEN = datetime(2026, 11, 23, 9, tzinfo=UTC)
INTENT = BuildIntent("mine", 1, 3, BuildRequest("p", "c", {"RELEASE_REGION": "eu-west-1"}), THEN)
BUILD = Build("p:1", BuildStatus.IN_PROGRESS, "p", "c", key="mine", region="eu-west-1", started_at=THEN)

RETRY, CLEAR = 3, 5


@pytest.mark.parametrize(
    ("status", "clears", "keeps", "expected"),
    [
        ("IN_PROGRESS", RETRY, False, Generation.SAME),
        ("SUCCEEDED", RETRY, False, Generation.SAME),
        ("FAILED", RETRY, False, Generation.SAME),
        ("FAULT", RETRY, False, Generation.NEXT),
        ("SOMETHING_NEW", RETRY, False, Generation.SAME),
        (None, RETRY, False, Generation.SAME),
        ("IN_PROGRESS", CLEAR, False, Generation.NEXT),
        ("SUCCEEDED", CLEAR, False, Generation.NEXT),
        ("FAILED", CLEAR, False, Generation.NEXT),
        (None, CLEAR, False, Generation.NEXT),
        ("IN_PROGRESS", CLEAR, True, Generation.SAME),
        ("SUCCEEDED", CLEAR, True, Generation.SAME),
        ("FAILED", CLEAR, True, Generation.NEXT),
        ("STOPPED", CLEAR, True, Generation.NEXT),
        (None, CLEAR, True, Generation.SAME),
    ],
)
def test_generation(status: str | None, clears: int, keeps: bool, expected: Generation) -> None:
    build = None if status is None else replace(BUILD, status=BuildStatus(status))
    assert which_generation(INTENT, build, clears=clears, keeps_success=keeps) is expected


def test_the_first_try_opens_the_first_generation() -> None:
    assert which_generation(None, None, clears=3, keeps_success=True) is Generation.FIRST


def test_of_two_builds_with_our_marker_the_older_is_ours() -> None:
    younger = replace(BUILD, id="p:0", started_at=THEN + timedelta(seconds=1))
    assert find_own([younger, BUILD], "mine") is BUILD
    assert find_own([younger, BUILD], "other") is None


@pytest.mark.parametrize(
    ("rival", "is_one"),
    [
        pytest.param(replace(BUILD, key="other"), True, id="another key on the same region"),
        pytest.param(
            replace(BUILD, key="", region=""), True, id="somebody's own StartBuild may touch any region"
        ),
        pytest.param(replace(BUILD, key="other", region="us-east-1"), False, id="another region"),
        pytest.param(replace(BUILD, key="other", status=BuildStatus.SUCCEEDED), False, id="over"),
        pytest.param(BUILD, False, id="our own"),
    ],
)
def test_nothing_starts_beside_a_build_of_the_same_target(rival: Build, is_one: bool) -> None:
    assert (find_rival([rival], INTENT) is rival) is is_one


def test_a_key_tells_every_step_run_and_generation_apart() -> None:
    parts = {"dag_id": "d", "run_id": "r", "task_id": "t", "map_index": -1, "generation": 1}
    keys = {
        build_key(**{**parts, **change})
        for change in ({}, {"run_id": "s"}, {"generation": 2}, {"task_id": "u"})
    }
    assert len(keys) == 4
    assert all(len(key) == 64 for key in keys), "StartBuild allows 64 characters"
