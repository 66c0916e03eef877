"""What the tests of several operators share."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance
from release_bench import RUN, Bench

from release_ops.clients.codebuild import CodeBuildClient
from release_ops.hooks import accounts
from release_ops.operators import promotion


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    hook = SimpleNamespace(builds=CodeBuildClient(bench.aws))
    monkeypatch.setattr(promotion, "CodeBuildHook", lambda **_: hook)
    monkeypatch.setattr(accounts, "ledger", lambda *_: bench.ledger)
    monkeypatch.setattr(
        RuntimeTaskInstance,
        "get_task_states",
        lambda *, task_ids, **_: {RUN: {i: bench.states[i] for i in task_ids if i in bench.states}},
    )
    bench.prove()
    return bench
