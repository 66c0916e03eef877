"""When is a check green?"""

import pytest

from release_ops.domain.checks import Answer, Expectation, judge


@pytest.mark.parametrize(
    ("expected", "answer", "summary"),
    [
        (Expectation(200, None, "c1"), Answer(200, '{"commit": "c1"}'), "as expected, commit c1"),
        (Expectation(200), Answer(500, "boom"), "status 500, not 200; answered 'boom'"),
        (Expectation(200, "ready"), Answer(200, "no"), "does not contain 'ready'; answered 'no'"),
        (Expectation(200, None, "c2"), Answer(200, "c1"), "does not show commit c2; answered 'c1'"),
        (
            Expectation(204, "x", "c2"),
            Answer(200, ""),
            "status 200, not 204; does not contain 'x'; does not show commit c2; answered ''",
        ),
    ],
)
def test_judgement(expected: Expectation, answer: Answer, summary: str) -> None:
    judgement = judge(expected, answer)
    assert judgement.summary == summary
    assert judgement.passed is summary.startswith("as expected")
