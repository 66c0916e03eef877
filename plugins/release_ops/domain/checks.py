"""When is a check green?"""

from __future__ import annotations

from dataclasses import dataclass

SHOWN = 300
"""How much of a wrong answer is kept: enough to recognise it."""


@dataclass(frozen=True)
class Expectation:
    """What an answer must be. An empty field asks nothing."""

    status: int | None = None
    contains: str | None = None
    commit: str | None = None


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int | None
    body: str


@dataclass(frozen=True)
class Judgement:
    """Whether the answer will do, and a sentence that says why not."""

    passed: bool
    summary: str


def judge(expected: Expectation, answer: Answer) -> Judgement:
    """Compare an answer with what was expected; all differences are named."""
    wrong = []
    if expected.status is not None and answer.status != expected.status:
        wrong.append(f"status {answer.status}, not {expected.status}")
    if expected.contains is not None and expected.contains not in answer.body:
        wrong.append(f"does not contain {expected.contains!r}")
    if expected.commit is not None and expected.commit not in answer.body:
        wrong.append(f"does not show commit {expected.commit}")
    if wrong:
        return Judgement(False, f"{'; '.join(wrong)}; answered {answer.body[:SHOWN]!r}")
    shown = f", commit {expected.commit}" if expected.commit else ""
    return Judgement(True, f"as expected{shown}")
