"""What Google Play answers when it refuses, in its own words.

Google documents no list of these. They are collected from users' reports and from the tools that parse
them; where nobody has published the text, the comment says so. Play answers nearly every conflict with 400,
not with 409.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Wording:
    code: int
    status: str
    reason: str
    text: str


def _bad(text: str) -> Wording:
    return Wording(400, "INVALID_ARGUMENT", "badRequest", text)


def _precondition(text: str) -> Wording:
    return Wording(400, "FAILED_PRECONDITION", "failedPrecondition", text)


def _forbidden(text: str) -> Wording:
    return Wording(403, "PERMISSION_DENIED", "forbidden", text)


def _missing(text: str) -> Wording:
    return Wording(404, "NOT_FOUND", "notFound", text)


class Refusal(Exception):  # noqa: N818 - an answer of the API, not a fault of the stand-in
    """An answer other than success: raised anywhere below, told to the caller as Google would."""

    def __init__(self, wording: Wording, /, **values: object) -> None:
        self.wording = wording
        self.message = wording.text.format(**values)
        super().__init__(self.message)

    def as_json(self) -> dict[str, Any]:
        wording = self.wording
        detail = {"message": self.message, "domain": "global", "reason": wording.reason}
        return {
            "error": {
                "code": wording.code,
                "message": self.message,
                "status": wording.status,
                "errors": [detail],
            }
        }


def backend_error(code: int) -> Wording:
    """What a scripted fault says: the refusals that have that status for any method, or Google's shrug."""
    if code == QUOTA.code:
        return QUOTA
    if code == NO_PERMISSION.code:
        return NO_PERMISSION
    return Wording(code, "UNAVAILABLE", "backendError", "The service is currently unavailable.")


NO_CREDENTIALS = Wording(
    401, "UNAUTHENTICATED", "required", "Request is missing required authentication credential."
)
QUOTA = Wording(429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "Quota exceeded for quota metric 'Queries'.")
NO_PERMISSION = _forbidden("The caller does not have permission")
NOT_BUILT = Wording(501, "UNIMPLEMENTED", "notImplemented", "The sandbox's Play does not have {method}.")
ADMIN_INVALID = _bad("The sandbox cannot read this request; write {example}.")

URL_UNKNOWN = _missing("The requested URL was not found on this server.")
QUERY_UNKNOWN = _bad(
    'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter. Field not found.'
)
FIELD_UNKNOWN = _bad(
    "Invalid JSON payload received. Unknown name \"{name}\" at '{where}': Cannot find field."
)
VALUE_INVALID = _bad("Invalid value at '{where}' ({kind}), {value}")
BODY_INVALID = _bad("Invalid JSON payload received. Unexpected end of string.")

PACKAGE_UNKNOWN = _missing("Package not found: {package}.")
EDIT_UNKNOWN = _missing("No edit with the given ID was found.")  # wording not published
EDIT_COMMITTED = _precondition("This edit has already been successfully committed, please create a new Edit.")
EDIT_DELETED = _precondition("This Edit has been deleted.")
EDIT_EXPIRED = _precondition("This edit has expired, please create a new Edit.")
EDIT_OUTDATED = _precondition(
    "A change was made to the application outside of this Edit, please create a new edit."
)

REVIEW_NEEDS_FLAG = _bad(
    "Changes cannot be sent for review automatically. Please set the query parameter "
    "changesNotSentForReview to true. Once committed, the changes in this edit can be sent for review from "
    "the Google Play Console UI."
)
REVIEW_REFUSES_FLAG = _bad(
    "Changes are sent for review automatically. The query parameter changesNotSentForReview must not be set."
)
IN_REVIEW = _precondition("Changes are already in review.")  # wording not published

UPLOAD_NOT_ZIP = _forbidden("APK is not a valid ZIP archive.")
UPLOAD_NO_MANIFEST = _forbidden(
    "The app bundle has no readable manifest in its base module."
)  # not published
UPLOAD_OTHER_PACKAGE = _forbidden("APK has the wrong package name. Expected {expected}, found {found}.")
UPLOAD_CODE_USED = _forbidden("Version code {version_code} has already been used.")
UPLOAD_SESSION_UNKNOWN = _missing("No upload session with the given ID was found.")
UPLOAD_RANGE_INVALID = _bad("Invalid request. {problem}")

TRACK_UNKNOWN = _missing("Track not found: {track}.")  # wording not published
TRACK_NAMES_DIFFER = _bad("Track names in request path and request body must match.")
RELEASES_OF_ONE_STATUS = _bad("Too many {status} releases specified.")
CODES_UNKNOWN = _missing("The following APK version codes could not be found: {codes}.")
FRACTION_MISSING = _bad("{status} release must have fraction")
FRACTION_UNWANTED = _bad("{status} release must not have fraction")
FRACTION_RANGE = _bad("Rollout fraction must be greater than 0 and less than 1")
NOTHING_TO_HALT = _bad("Cannot halt release, no matching in progress release found.")
FIRST_CANNOT_BE_STAGED = _bad("The first release on a track cannot be staged")
FULL_CANNOT_BE_STAGED = _bad("Fully released can not be staged")
DRAFT_APP = _bad("Only releases with status draft may be created on draft app.")
DOWNGRADE = _forbidden(
    "You cannot rollout this release because it does not allow any existing users to upgrade to the newly "
    "added APKs."
)
