"""What Google Play's refusals mean for a release: try again, wait, or stop and tell somebody what to do.

Play answers nearly everything with 400 and one of two reasons; only the message tells an edit that somebody
else ended from a version that can never go out. Google's own text is always kept: it is the most precise
part.
"""

import re
from dataclasses import dataclass

from release_ops.domain.errors import ErroredError, FailedError, ReleaseError


class PlayError(ReleaseError):
    """Google Play did not do what was asked: a sentence of ours, and what Google said."""

    def __init__(self, sentence: str, *, said: str = "", status: int | None = None) -> None:
        self.sentence = sentence
        self.said = said
        self.status = status
        code = f" (HTTP {status})" if status else ""
        super().__init__(f"{sentence} Google's answer{code}: {said}" if said else sentence)


class PlayRefusedError(PlayError, FailedError):
    """No try will ever get another answer, until a person or a new build changes something."""


class EditLostError(PlayError, ErroredError):
    """The edit ended before our commit; nothing of it was published, and a fresh one may succeed."""


class ReviewRunningError(PlayError, ErroredError):
    """Google is reviewing other changes of the app; committing now would pull them back."""


class PlayUnavailableError(PlayError, ErroredError):
    """Google or the network is not able to answer now."""


class CommitUncertainError(PlayUnavailableError):
    """The answer to a commit was lost: only the track tells whether it took effect."""


class PlayCancelledError(PlayError, ErroredError):
    """This task was told to stop; its edit is deleted, and nothing was committed after that."""


@dataclass(frozen=True)
class _Rule:
    says: str
    error: type[PlayError]
    sentence: str


# First match wins. `{package}` and `{account}` are filled in.
_RULES = (
    _Rule(
        r"change was made .*outside of this edit",
        EditLostError,
        "Somebody changed {package} in Play Console, or another job did, while we worked; this try published "
        "nothing. Close open Console tabs if it repeats.",
    ),
    _Rule(
        r"edit has been deleted|no edit with|edit .*not found|editNotFound",
        EditLostError,
        "Another job of {account} opened an edit of {package} and so ended ours. Give such jobs a pool with "
        "one slot, or accounts of their own.",
    ),
    _Rule(r"edit has expired", EditLostError, "The edit of {package} timed out, perhaps on a slow upload."),
    _Rule(
        r"already been successfully committed",
        EditLostError,
        "This edit of {package} is committed already; the track tells by whom.",
    ),
    _Rule(r"upload session", EditLostError, "Google forgot the unfinished upload of {package}."),
    _Rule(
        r"cannot be sent for review automatically",
        PlayRefusedError,
        "Google rejected an earlier change of {package}, so nothing goes to review by itself. Settle it in "
        "Play Console > Publishing overview.",
    ),
    _Rule(
        r"changesNotSentForReview must not be set",
        PlayRefusedError,
        "Changes of {package} are sent for review automatically; changesNotSentForReview must not be set.",
    ),
    _Rule(
        r"\bin review\b",
        ReviewRunningError,
        "Google is reviewing other changes of {package}. Wait for the review, or pass "
        'changes_in_review="cancel" to pull them back and submit all again.',
    ),
    _Rule(
        r"version code .*already been used|specifies a version code that has already been used",
        PlayRefusedError,
        "Play has this version code of {package} already, with another file or from an upload that was "
        "never committed. Build with a higher version code.",
    ),
    _Rule(
        r"does not allow any existing users to upgrade",
        PlayRefusedError,
        "The track already serves a higher version code of {package}, and Play never goes back. Build the "
        "old code again with a higher one.",
    ),
    _Rule(
        r"version codes could not be found",
        PlayRefusedError,
        "Play has no bundle of {package} with this version code. Upload it first.",
    ),
    _Rule(
        r"track .*not found|track not found|trackEmpty",
        PlayRefusedError,
        "{package} has no such track. The usual ones are internal, alpha, beta and production.",
    ),
    _Rule(
        r"first release on a track cannot be staged",
        PlayRefusedError,
        "The first release on a track goes to everybody: set user_fraction to 1.0, or make it in Play "
        "Console.",
    ),
    _Rule(
        r"fully released can ?not be staged",
        PlayRefusedError,
        "This version of {package} is released to everybody already; all that is left is to halt it.",
    ),
    _Rule(
        r"cannot halt release",
        PlayRefusedError,
        "This version of {package} is not being rolled out, so there is nothing to halt.",
    ),
    _Rule(
        r"must (not )?have fraction|rollout fraction|too many \w+ releases|must match",
        PlayRefusedError,
        "We asked {package}'s track for something that Play has no place for: a fault of release_ops.",
    ),
    _Rule(
        r"draft app",
        PlayRefusedError,
        "{package} was never published; finish its set-up in Play Console first.",
    ),
    _Rule(
        r"package not found|applicationNotFound",
        PlayRefusedError,
        "{account} knows no app {package}: invite it to the app, or upload the app's first bundle by hand.",
    ),
    _Rule(
        r"wrong package name|not a valid zip|not signed|no readable manifest",
        PlayRefusedError,
        "Play does not take this file as a bundle of {package}; look at the build that made it.",
    ),
    _Rule(
        r"api has not been used in project|accessNotConfigured",
        PlayRefusedError,
        "Switch on androidpublisher.googleapis.com in the Google Cloud project of {account}.",
    ),
    _Rule(
        r"does not have permission|unauthorized|permissionDenied|insufficient permission",
        PlayRefusedError,
        "{account} may not do this. Play Console > Users and permissions: let it release {package}.",
    ),
    _Rule(
        r"declaration|account issues|targeting no countries|exact alarm|foreground service|AD_ID",
        PlayRefusedError,
        "Play Console wants something of a person before {package} can go out.",
    ),
)
_QUOTA = re.compile(r"rateLimitExceeded|userRateLimitExceeded|quotaExceeded")


def explain(status: int, said: str, *, reason: str = "", package: str, account: str) -> PlayError:
    """The error that one answer of Google stands for, with a sentence for whoever reads the task's log."""
    if status >= 500 and status != 501:
        return PlayUnavailableError(f"Google Play could not answer for {package}.", said=said, status=status)
    if status == 429 or _QUOTA.search(reason):
        return PlayUnavailableError("Google Play's quota is used up for now.", said=said, status=status)
    for rule in _RULES:
        if re.search(rule.says, f"{said} {reason}", re.IGNORECASE | re.DOTALL):
            sentence = rule.sentence.format(package=package, account=account)
            return rule.error(sentence, said=said, status=status)
    if status == 401:
        return PlayRefusedError(
            f"Google does not accept the credentials of {account}.", said=said, status=status
        )
    # Unknown is final: retrying what nobody understands hides it until the release has expired.
    return PlayRefusedError(
        f"Google Play refuses this for {package} with an answer that is new to us.", said=said, status=status
    )
