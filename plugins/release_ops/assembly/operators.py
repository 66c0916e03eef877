"""Which operator carries out which kind of step.

Imported by name, and only when a step of its kind is built: every task's process parses the DAG file
again, and pays for each import.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from airflow.sdk import BaseOperator

from release_ops.plan.steps import StepKind

_OPERATORS = {
    StepKind.CUT: ("release_ops.operators.release_cut", "CutServiceOperator"),
    StepKind.BUILD: ("release_ops.operators.release_build", "ReleaseBuildOperator"),
    StepKind.UPLOAD: ("release_ops.operators.release_play", "UploadBundleOperator"),
    StepKind.PROMOTE: ("release_ops.operators.release_play", "PromoteVersionOperator"),
    StepKind.HTTP_CHECK: ("release_ops.operators.release_check", "HttpCheckOperator"),
    StepKind.INVOKE_CHECK: ("release_ops.operators.release_check", "InvokeCheckOperator"),
    StepKind.TRACK_CHECK: ("release_ops.operators.release_play", "TrackCheckOperator"),
    StepKind.SOAK: ("release_ops.sensors.soak", "SoakSensor"),
    StepKind.GATE: ("release_ops.operators.promotion", "PromotionGateOperator"),
    StepKind.OUTCOME: ("release_ops.operators.release_end", "OutcomeOperator"),
}
_RELEASE = {
    "cut": ("release_ops.operators.release_cut", "CutReleaseOperator"),
    "verdict": ("release_ops.operators.release_end", "ReleaseVerdictOperator"),
}


@cache
def operator_for(kind: StepKind) -> type[BaseOperator]:
    """Return the operator class of a kind of step."""
    return _imported(*_OPERATORS[kind])


def cut_release_operator() -> Any:
    return _imported(*_RELEASE["cut"])


def release_verdict_operator() -> Any:
    return _imported(*_RELEASE["verdict"])


def _imported(module: str, name: str) -> Any:
    return getattr(import_module(module), name)
