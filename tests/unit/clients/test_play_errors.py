"""Each answer of Google's, and what it means for a release."""

from collections import defaultdict

import pytest

from release_ops.clients.play_errors import (
    EditLostError,
    PlayError,
    PlayRefusedError,
    PlayUnavailableError,
    ReviewRunningError,
    explain,
)
from release_ops.domain.errors import ErroredError, FailedError
from sandbox.play import wordings
from sandbox.play.wordings import Wording

WORDINGS = {name: item for name, item in vars(wordings).items() if isinstance(item, Wording)}
# The client cannot cause these, or they are the sandbox's own.
NOT_OURS = {
    name
    for name in WORDINGS
    if name.startswith(("ADMIN", "NOT_BUILT", "URL", "QUERY", "FIELD", "VALUE", "BODY", "UPLOAD_RANGE"))
} | {"NO_CREDENTIALS"}
ANSWERS = {
    "QUOTA": PlayUnavailableError,
    "EDIT_UNKNOWN": EditLostError,
    "EDIT_COMMITTED": EditLostError,
    "EDIT_DELETED": EditLostError,
    "EDIT_EXPIRED": EditLostError,
    "EDIT_OUTDATED": EditLostError,
    "UPLOAD_SESSION_UNKNOWN": EditLostError,
    "IN_REVIEW": ReviewRunningError,
}


def heard(status: int, said: str, reason: str = "") -> PlayError:
    return explain(status, said, reason=reason, package="com.x", account="robot@x.com")


@pytest.mark.parametrize("name", sorted(WORDINGS.keys() - NOT_OURS))
def test_every_refusal_that_the_sandbox_knows_has_a_sentence_of_ours(name: str) -> None:
    wording = WORDINGS[name]
    said = wording.text.format_map(defaultdict(lambda: "101"))
    error = heard(wording.code, said, wording.reason)
    assert type(error) is ANSWERS.get(name, PlayRefusedError)
    assert "new to us" not in error.sentence
    assert str(error).endswith(f"Google's answer (HTTP {wording.code}): {said}")


@pytest.mark.parametrize(
    ("status", "said", "reason", "error", "sentence"),
    [
        pytest.param(500, "", "", PlayUnavailableError, "could not answer for com.x", id="an outage"),
        pytest.param(
            503, "in review", "", PlayUnavailableError, "could not", id="an outage, whatever it says"
        ),
        pytest.param(
            403,
            "Quota exceeded",
            "rateLimitExceeded",
            PlayUnavailableError,
            "quota",
            id="a quota told as 403",
        ),
        pytest.param(410, "Gone", "editNotFound", EditLostError, "opened an edit", id="the old error format"),
        pytest.param(404, "", "trackEmpty", PlayRefusedError, "no such track", id="another old one"),
        pytest.param(
            401, "Invalid Credentials", "authError", PlayRefusedError, "credentials", id="credentials"
        ),
        pytest.param(
            403,
            "Google Play Android Developer API has not been used in project 7 before",
            "accessNotConfigured",
            PlayRefusedError,
            "Switch on androidpublisher",
            id="the API is off",
        ),
        pytest.param(
            403,
            "APK specifies a version code that has already been used.",
            "",
            PlayRefusedError,
            "higher",
            id="used",
        ),
        pytest.param(
            403,
            "You must complete the declaration first",
            "",
            PlayRefusedError,
            "of a person",
            id="a declaration",
        ),
        pytest.param(418, "I'm a teapot", "", PlayRefusedError, "new to us", id="what nobody knows is final"),
        pytest.param(
            501, "no such method", "", PlayRefusedError, "new to us", id="what is not there is final"
        ),
    ],
)
def test_other_answers(status: int, said: str, reason: str, error: type[PlayError], sentence: str) -> None:
    found = heard(status, said, reason)
    assert type(found) is error
    assert sentence in found.sentence


def test_failed_and_errored_are_told_apart() -> None:
    assert isinstance(heard(403, "permission"), FailedError)
    assert not isinstance(heard(403, "permission"), ErroredError)
    assert isinstance(heard(503, ""), ErroredError)
    assert not isinstance(heard(503, ""), FailedError)
